import type { Expr, LogExpr } from '@tailwater/schema/logql';
import type { EventStore } from '../../stores/store.ts';
import {
  type AnswerLine,
  type AnswerStats,
  encodeMatrix,
  encodeScalar,
  encodeStreams,
  encodeVector,
} from './encode.ts';
import { badQuery, seriesReached, tooManySeries } from './errors.ts';
import { parse } from './parse.ts';
import { compilePipeline } from './pipeline/index.ts';
import { readPages } from './plan/read-rows.ts';
import { selectorTest } from './plan/row-selector.ts';
import { StoreSource } from './plan/source.ts';
import type { Span } from './plan/universe.ts';
import type { LogRow } from './row.ts';
import { type StepGrid, type StepSeries, stepCount } from './series.ts';
import type { Direction, InstantQueryTask, LogqlSettings, RangeQueryTask } from './tasks.ts';
import { evaluate, type MetricResult } from './vector/index.ts';

interface Context {
  store: EventStore;
  signal: AbortSignal;
}

/** Lines and bytes that came from the store into this process. */
class Work {
  lines = 0;
  bytes = 0;
  readonly #startedAtMs = performance.now();

  add(lines: number, bytes: number): void {
    this.lines += lines;
    this.bytes += bytes;
  }

  stats(returned: number): AnswerStats {
    return {
      lines: this.lines,
      bytes: this.bytes,
      execSeconds: (performance.now() - this.#startedAtMs) / 1000,
      returned,
    };
  }
}

function sourceOf(
  expr: Expr,
  task: RangeQueryTask | InstantQueryTask,
  { store, signal }: Context,
  work: Work,
): StoreSource {
  const { orgId, settings, pushDown } = task;
  const isBare = expr.kind === 'range-aggregation' && !task.partialSeries;
  const timeoutMs = settings.queryTimeoutMs;
  const onRows = (lines: number, bytes: number) => work.add(lines, bytes);
  const limit = isBare ? { seriesMax: settings.seriesMax } : {};
  return new StoreSource({ store, orgId, settings, pushDown, signal, timeoutMs, onRows, ...limit });
}

/** The answer of `/loki/api/v1/query_range`. */
export async function runRangeQuery(task: RangeQueryTask, context: Context): Promise<string> {
  const expr = parse(task.query);
  const work = new Work();
  const source = sourceOf(expr, task, context, work);
  if (expr.kind === 'log') {
    const lines = await readLines(expr, source, task, work);
    return encodeStreams(lines, task.categorizeLabels, work.stats(lines.length));
  }
  const grid = gridOf(task);
  const result = await evaluate(expr, grid, source);
  const { series, warnings } = limitSeries(seriesOf(result, grid), task);
  return encodeMatrix(series, grid, work.stats(0), warnings);
}

/** The answer of `/loki/api/v1/query`. */
export async function runInstantQuery(task: InstantQueryTask, context: Context): Promise<string> {
  const expr: Expr = parse(task.query);
  if (expr.kind === 'log') {
    throw badQuery(
      'log queries are not supported as an instant query type, please change your query to a range query type',
    );
  }
  const work = new Work();
  // Up to the end of the millisecond, so that an event of that very time counts.
  const timeMs = Number((task.timeNs + 999_999n) / 1_000_000n);
  const grid = { startMs: timeMs, endMs: timeMs, stepMs: 0 };
  const result = await evaluate(expr, grid, sourceOf(expr, task, context, work));
  if (result.kind === 'scalar') return encodeScalar(timeMs, result.values[0]!, work.stats(1));
  const { series, warnings } = limitSeries(result.series, task);
  return encodeVector(series, timeMs, work.stats(series.length), warnings);
}

/** Loki splits range queries by the hour and aligns them for that, so that its answers lie on multiples of the step. */
export function gridOf(task: Pick<RangeQueryTask, 'startNs' | 'endNs' | 'stepMs' | 'settings'>): StepGrid {
  const { stepMs, settings } = task;
  const startMs = Number(task.startNs / 1_000_000n);
  const endMs = Number(task.endNs / 1_000_000n);
  if (!settings.alignMetricQueries) return { startMs, endMs, stepMs };
  return { startMs: Math.floor(startMs / stepMs) * stepMs, endMs: Math.ceil(endMs / stepMs) * stepMs, stepMs };
}

function seriesOf(result: MetricResult, grid: StepGrid): StepSeries[] {
  if (result.kind === 'series') return result.series;
  return [{ labels: [], steps: Array.from({ length: stepCount(grid) }, (_, i) => i), values: result.values }];
}

function limitSeries(
  series: StepSeries[],
  { settings, partialSeries }: { settings: LogqlSettings; partialSeries: boolean },
): { series: StepSeries[]; warnings: string[] } {
  const max = settings.seriesMax;
  if (series.length <= max) return { series, warnings: [] };
  if (!partialSeries) throw tooManySeries(max);
  return { series: series.slice(0, max), warnings: [`${seriesReached(max)}; returning partial results`] };
}

interface LinesTask extends Span {
  limit: number;
  direction: Direction;
  intervalMs: number;
  settings: LogqlSettings;
}

/** The first `limit` lines of a log query in its direction. */
export async function readLines(
  expr: LogExpr,
  source: StoreSource,
  task: LinesTask,
  work: { add(lines: number, bytes: number): void },
): Promise<AnswerLine[]> {
  const { limit, direction, intervalMs } = task;
  const span = { startNs: task.startNs, endNs: task.endNs };
  const compiled = await source.compile(expr, span);
  if (compiled.selection.groups.length === 0) return [];
  const pipeline = compilePipeline(compiled.residual);
  const isSelected = compiled.isSelected ? null : selectorTest(expr.selector, task.settings);
  const isWhole = compiled.residual.length === 0 && isSelected === null && intervalMs === 0;
  const lines: AnswerLine[] = [];
  let last: Pick<LogRow, 'timeMs' | 'timeNs'> | null = null;
  for await (const rows of readPages(source.readRequest(compiled, span), direction, isWhole ? limit : null)) {
    work.add(
      rows.length,
      rows.reduce((sum, { line }) => sum + line.length, 0),
    );
    for (const row of rows) {
      if (isSelected !== null && !isSelected(row)) continue;
      const labels = pipeline.run(row);
      if (labels === null) continue;
      if (last !== null && intervalMs > 0 && distanceNs(row, last) < intervalMs * 1e6) continue;
      last = row;
      lines.push({ timeMs: row.timeMs, timeNs: row.timeNs, labels });
      if (lines.length === limit) return lines;
    }
  }
  return lines;
}

/** Exact up to three months, so for every interval that makes sense. */
function distanceNs(one: Pick<LogRow, 'timeMs' | 'timeNs'>, other: Pick<LogRow, 'timeMs' | 'timeNs'>): number {
  return Math.abs((one.timeMs - other.timeMs) * 1e6 + (one.timeNs - other.timeNs));
}
