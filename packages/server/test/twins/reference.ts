import type { MetricExpr, RangeAggregation } from '@tailwater/schema/logql';
import { EVENTS } from '../../src/query/events-sql.ts';
import {
  type AnswerLine,
  encodeMatrix,
  encodeScalar,
  encodeStreams,
  encodeVector,
} from '../../src/query/logql/encode.ts';
import { seriesReached, tooManySeries } from '../../src/query/logql/errors.ts';
import type { StoredRow } from '../../src/query/logql/events/fields.ts';
import { rowMapper } from '../../src/query/logql/events/row-mapper.ts';
import type { StreamSettings } from '../../src/query/logql/events/streams.ts';
import { parse } from '../../src/query/logql/parse.ts';
import { compileExtractor, compilePipeline } from '../../src/query/logql/pipeline/index.ts';
import { selectorTest } from '../../src/query/logql/plan/row-selector.ts';
import { RangeWindows } from '../../src/query/logql/range/index.ts';
import type { LogRow } from '../../src/query/logql/row.ts';
import { gridOf } from '../../src/query/logql/run-query.ts';
import type { RangeSource, StepGrid, StepSeries } from '../../src/query/logql/series.ts';
import type { RangeQueryTask } from '../../src/query/logql/tasks.ts';
import { compareLabels, evaluate } from '../../src/query/logql/vector/index.ts';
import type { EventStore } from '../../src/stores/store.ts';
import type { TwinTask } from './tasks.ts';

const COLUMNS =
  'toUnixTimestamp64Nano(ts) AS ts_ns, labels, service, message, attributes, severity_number, log_type, event_type, ' +
  "host, logger, user_id, resource_id, resource_type, action, trace_id, span_id, request_id, ifNull(toString(duration_ms), '') AS duration_ms, " +
  "ifNull(toString(cost), '') AS cost";

/** All rows of an org in their order, as the store has them. */
export async function readOrg(store: EventStore, orgId: string): Promise<StoredRow[]> {
  const sql = `SELECT ${COLUMNS} FROM ${EVENTS} WHERE org = {org:String} ORDER BY ts, frame, frame_index`;
  const rows: StoredRow[] = [];
  for await (const chunk of store.select<StoredRow>({ sql, params: { org: orgId } }, {})) rows.push(...chunk);
  return rows;
}

/** The answer without SQL, without streams and without plans: each row is looked at. */
export async function runInMemory(task: TwinTask, stored: readonly StoredRow[]): Promise<string> {
  const expr = parse(task.query);
  const rows = mapped(stored, task.settings);
  if (expr.kind === 'log') {
    if (task.kind === 'query') throw new Error('log queries are range queries here');
    return encodeStreams(linesOf(rows, task), task.categorizeLabels, NO_STATS);
  }
  const source = sourceOver(rows, task);
  if (task.kind === 'query') {
    const timeMs = Number((task.timeNs + 999_999n) / 1_000_000n);
    const result = await evaluate(expr, { startMs: timeMs, endMs: timeMs, stepMs: 0 }, source);
    if (result.kind === 'scalar') return encodeScalar(timeMs, result.values[0]!, NO_STATS);
    const { series, warnings } = cut(result.series, task);
    return encodeVector(series, timeMs, NO_STATS, warnings);
  }
  return metricRange(expr, source, task);
}

const mappedRows = new WeakMap<readonly StoredRow[], Map<string, LogRow[]>>();

function mapped(stored: readonly StoredRow[], settings: StreamSettings): readonly LogRow[] {
  const known = mappedRows.get(stored) ?? new Map<string, LogRow[]>();
  mappedRows.set(stored, known);
  const key = `${settings.eventFields} ${settings.discoverServiceName}`;
  let rows = known.get(key);
  if (rows === undefined) {
    const mapper = rowMapper(settings);
    rows = stored.map((row) => mapper.map(row));
    known.set(key, rows);
  }
  return rows;
}

const NO_STATS = { lines: 0, bytes: 0, execSeconds: 0, returned: 0 };

async function metricRange(expr: MetricExpr, source: RangeSource, task: RangeQueryTask): Promise<string> {
  const grid = gridOf(task);
  const result = await evaluate(expr, grid, source);
  if (result.kind === 'scalar') throw new Error('no scalars are generated');
  const { series, warnings } = cut(result.series, task);
  return encodeMatrix(series, grid, NO_STATS, warnings);
}

function cut(series: StepSeries[], { settings: { seriesMax }, partialSeries }: TwinTask) {
  if (series.length <= seriesMax) return { series, warnings: [] };
  if (!partialSeries) throw tooManySeries(seriesMax);
  return { series: series.slice(0, seriesMax), warnings: [`${seriesReached(seriesMax)}; returning partial results`] };
}

function timeNsOf({ timeMs, timeNs }: LogRow): bigint {
  return BigInt(timeMs) * 1_000_000n + BigInt(timeNs);
}

function linesOf(rows: readonly LogRow[], task: RangeQueryTask): AnswerLine[] {
  const expr = parse(task.query);
  if (expr.kind !== 'log') throw new Error('no log query');
  const isSelected = selectorTest(expr.selector, task.settings);
  const pipeline = compilePipeline(expr.stages);
  const lines: AnswerLine[] = [];
  let lastNs: bigint | null = null;
  for (const row of task.direction === 'forward' ? rows : [...rows].reverse()) {
    const timeNs = timeNsOf(row);
    if (timeNs < task.startNs || timeNs >= task.endNs || !isSelected(row)) continue;
    const labels = pipeline.run(row);
    if (labels === null) continue;
    const distance = lastNs === null ? null : timeNs > lastNs ? timeNs - lastNs : lastNs - timeNs;
    if (distance !== null && distance < BigInt(task.intervalMs) * 1_000_000n) continue;
    lastNs = timeNs;
    lines.push({ timeMs: row.timeMs, timeNs: row.timeNs, labels });
    if (lines.length === task.limit) break;
  }
  return lines;
}

function sourceOver(rows: readonly LogRow[], { settings }: TwinTask): RangeSource {
  return {
    async evaluate(leaf: RangeAggregation, grid: StepGrid, sumGrouping): Promise<StepSeries[]> {
      const isSelected = selectorTest(leaf.range.log.selector, settings);
      const extractor = compileExtractor(leaf, sumGrouping);
      const windows = new RangeWindows(leaf, grid);
      for (const row of rows) {
        if (!windows.covers(row.timeMs, row.timeNs) || !isSelected(row)) continue;
        const sample = extractor.run(row);
        if (sample !== null) windows.add(sample.series, row.timeMs, row.timeNs, sample.value);
      }
      return windows.finish().sort((left, right) => compareLabels(left.labels, right.labels));
    },
  };
}
