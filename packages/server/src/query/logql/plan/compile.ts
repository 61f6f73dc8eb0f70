import type { LogExpr, Stage } from '@tailwater/schema/logql';
import { paramSearch } from '../../../stores/clickhouse/params.ts';
import { SqlParams, time } from '../../sql.ts';
import type { StreamSettings } from '../events/streams.ts';
import { fieldSql, labelFilterSql, selectorMatches } from './label-sql.ts';
import { lineFilterSql } from './line-sql.ts';
import { afterStage, labelPrefilter, type ParserState } from './prefilter.ts';
import { PARAM_BYTES_MAX, type Selection, streamsCondition } from './selection.ts';
import { clamp } from './universe.ts';

/** A log expression over the streams that it selects: what the store does of it, and what is left. */
export interface CompiledLog {
  selection: Selection;
  /** Conditions on the table `events` beside org and time, joined by AND. */
  conditions: readonly string[];
  params: SqlParams;
  /** Stages that rows still have to go through. */
  residual: readonly Stage[];
  /** SQL answers all stages, but for rows of which one of `odd` is true. */
  isExact: boolean;
  odd: readonly string[];
  /** False: the streams were too many to name, so each row's selector must be checked again. */
  isSelected: boolean;
  /** Stages that SQL answers whole, and those it only narrows. For explain. */
  pushed: readonly Stage[];
  narrowed: readonly Stage[];
}

export interface CompileOptions {
  settings: StreamSettings;
  /** False: the store is only asked for org, time and streams. */
  pushDown: boolean;
}

/** Plans the stages of a log expression; see docs/reference/logql.md for what is pushed down. */
export function compileLog(expr: LogExpr, selection: Selection, options: CompileOptions): CompiledLog {
  const params = new SqlParams();
  const selected = selectionSql(selection, params);
  const plan: Plan = {
    conditions: selected === null ? [] : [selected],
    residual: [],
    odd: [],
    pushed: [],
    narrowed: [],
  };
  if (options.pushDown) planStages(expr.stages, selection, options.settings, params, plan);
  else plan.residual.push(...expr.stages);
  if (options.pushDown && !canBeSent(params)) return compileLog(expr, selection, { ...options, pushDown: false });
  const isExact = selected !== null && plan.pushed.length === expr.stages.length;
  return { ...plan, selection, params, isExact, isSelected: selected !== null };
}

/** What ClickHouse takes, with room for what is added: 1,000 parameters (http_max_fields), 1 MiB of URL with 128 KiB each. */
const PARAMS_MAX = 900;
const URL_BYTES_MAX = 960 << 10;

function canBeSent({ values }: SqlParams): boolean {
  const sizes = Object.values(paramSearch(values)).map((p) => new URLSearchParams({ p }).toString().length);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  return sizes.length <= PARAMS_MAX && total <= URL_BYTES_MAX && sizes.every((size) => size < PARAM_BYTES_MAX);
}

interface Plan {
  conditions: string[];
  residual: Stage[];
  odd: string[];
  pushed: Stage[];
  narrowed: Stage[];
}

function selectionSql({ groups, universe }: Selection, params: SqlParams): string | null {
  const parts: string[] = [];
  for (const { streams, conditions } of groups) {
    const ofStreams = streamsCondition(streams, universe, params);
    if (ofStreams === null) return null;
    const ofFields = conditions.map(({ field, matcher }) => selectorMatches(fieldSql(field), matcher, params));
    parts.push([ofStreams, ...ofFields].filter((part) => part !== '1').join(' AND ') || '1');
  }
  if (parts.length === 0) return '0';
  return parts.length === 1 ? parts[0]! : `((${parts.join(') OR (')}))`;
}

/** Line filters commute with everything that leaves the line alone; label filters only stand where labels are as stored. */
function planStages(
  stages: readonly Stage[],
  selection: Selection,
  settings: StreamSettings,
  params: SqlParams,
  plan: Plan,
): void {
  let isLineStored = true;
  let areLabelsStored = true;
  let state: ParserState = { keys: false, texts: false, unknown: false };
  for (const stage of stages) {
    if (stage.kind === 'line-filter' && isLineStored) {
      const { sql, exact } = lineFilterSql(stage, params);
      if (sql !== null) plan.conditions.push(sql);
      settle(stage, sql !== null && exact, sql !== null);
    } else if (areLabelsStored && passesWithoutError(stage)) {
      // What SQL answers whole makes no errors; what is left for rows may.
      if (plan.residual.length > 0) plan.residual.push(stage);
      plan.pushed.push(stage);
    } else if (stage.kind === 'label-filter' && areLabelsStored) {
      const filter = labelFilterSql(stage.filter, selection, settings, params);
      if (filter !== null) plan.conditions.push(filter.sql);
      if (filter !== null && filter.odd !== null) {
        plan.odd.push(filter.odd);
        plan.residual.push(stage);
      }
      settle(stage, filter !== null, false);
    } else if (stage.kind === 'label-filter') {
      const sql = labelPrefilter(stage.filter, state, selection, settings, params);
      if (sql !== null) plan.conditions.push(sql);
      settle(stage, false, sql !== null);
    } else {
      settle(stage, false, false);
    }
    if (['line-format', 'unpack', 'decolorize'].includes(stage.kind)) isLineStored = false;
    if (!['line-filter', 'label-filter', 'decolorize'].includes(stage.kind)) {
      if (!passesWithoutError(stage)) areLabelsStored = false;
    }
    state = afterStage(state, stage);
  }

  function settle(stage: Stage, isPushed: boolean, isNarrowed: boolean): void {
    if (isPushed) plan.pushed.push(stage);
    else plan.residual.push(stage);
    if (!isPushed && isNarrowed) plan.narrowed.push(stage);
  }
}

/** `| drop __error__` and `| __error__=""`: events without an error pass as they are. */
function passesWithoutError(stage: Stage): boolean {
  if (stage.kind === 'drop') return stage.targets.every(({ name, matcher }) => matcher === null && isError(name));
  if (stage.kind !== 'label-filter' || stage.filter.kind !== 'matcher') return false;
  const { name, op, value } = stage.filter.matcher;
  return name === '__error__' && op === '=' && value === '';
}

function isError(name: string): boolean {
  return name === '__error__' || name === '__error_details__';
}

/** `org = … AND ts …` for the half-open range, or the metric one (startNs, endNs] given as [startNs + 1, endNs + 1). */
export function scopeSql(orgId: string, startNs: bigint, endNs: bigint, params: SqlParams): string {
  const org = params.add('String', orgId);
  return `org = ${org} AND ts >= ${time(clamp(startNs), params)} AND ts < ${time(clamp(endNs), params)}`;
}
