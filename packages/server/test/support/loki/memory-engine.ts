import type { Expr, LogExpr, RangeAggregation } from '@tailwater/schema/logql';
import {
  type AnswerStats,
  encodeMatrix,
  encodeScalar,
  encodeStreams,
  encodeVector,
} from '../../../src/query/logql/encode.ts';
import { parse } from '../../../src/query/logql/parse.ts';
import { compileExtractor, compilePipeline } from '../../../src/query/logql/pipeline/index.ts';
import { selectorTest } from '../../../src/query/logql/plan/row-selector.ts';
import { RangeWindows } from '../../../src/query/logql/range/index.ts';
import type { Labels, LogRow, StreamLabels } from '../../../src/query/logql/row.ts';
import { type RangeSource, type StepGrid, type StepSeries, stepCount } from '../../../src/query/logql/series.ts';
import { evaluate } from '../../../src/query/logql/vector/index.ts';
import { PermanentError } from '../../../src/runtime/errors.ts';
import type { PushStream } from '../loki-push.ts';
import { type Answer, readAnswer } from './answers.ts';
import type { RangeParameters } from './http-client.ts';
import { printLabels } from './label-text.ts';

/** LogQL over rows in this process: no store, no SQL, no HTTP. What is exact in SQL must answer alike. */
export interface MemoryEngine {
  load(streams: readonly PushStream[]): void;
  instant(query: string, timeMs: number): Promise<Answer>;
  range(parameters: RangeParameters): Promise<Answer>;
}

const NANOS_PER_MS = 1_000_000n;
const SETTINGS = { eventFields: false };
const NO_STATS: AnswerStats = { lines: 0, bytes: 0, execSeconds: 0, returned: 0 };

export function memoryEngine(): MemoryEngine {
  const streams = new Map<string, StreamLabels>();
  const rows: LogRow[] = [];
  const source: RangeSource = { evaluate: async (...leaf) => evaluateLeaf(rows, ...leaf) };
  return {
    load: (pushed) => {
      for (const { labels, entries } of pushed) {
        const stream = streamOf(streams, labels);
        for (const { nanos, line, metadata = {} } of entries) rows.push(rowOf(stream, nanos, line, metadata));
      }
      rows.sort((a, b) => a.timeMs - b.timeMs || a.timeNs - b.timeNs);
    },
    instant: (query, timeMs) => answer(() => instantQuery(parse(query), timeMs, source)),
    range: (parameters) => {
      const direction = parameters.direction ?? 'forward';
      return answer(() => rangeQuery(parse(parameters.query), parameters, rows, source), direction);
    },
  };
}

/** What the query is at fault for, as the API answers it. */
async function answer(run: () => Promise<string>, direction: 'forward' | 'backward' = 'forward'): Promise<Answer> {
  try {
    return readAnswer(200, await run(), direction);
  } catch (error) {
    if (!(error instanceof PermanentError) || error.code !== 'invalid_query') throw error;
    return { kind: 'error', status: 400, message: error.message };
  }
}

async function instantQuery(expr: Expr, timeMs: number, source: RangeSource): Promise<string> {
  if (expr.kind === 'log') throw new Error('a log query at one time');
  const result = await evaluate(expr, { startMs: timeMs, endMs: timeMs, stepMs: 0 }, source);
  if (result.kind === 'scalar') return encodeScalar(timeMs, result.values[0], NO_STATS);
  return encodeVector(result.series, timeMs, NO_STATS, []);
}

async function rangeQuery(
  expr: Expr,
  parameters: RangeParameters,
  rows: readonly LogRow[],
  source: RangeSource,
): Promise<string> {
  if (expr.kind === 'log') return logQuery(expr, parameters, rows);
  const { startNs, endNs, stepMs = 0 } = parameters;
  const grid = { startMs: Number(startNs / NANOS_PER_MS), endMs: Number(endNs / NANOS_PER_MS), stepMs };
  const result = await evaluate(expr, grid, source);
  if (result.kind === 'series') return encodeMatrix(result.series, grid, NO_STATS, []);
  const steps = Array.from({ length: stepCount(grid) }, (_, i) => i);
  return encodeMatrix([{ labels: [], steps, values: result.values }], grid, NO_STATS, []);
}

function logQuery(expr: LogExpr, parameters: RangeParameters, rows: readonly LogRow[]): string {
  const { startNs, endNs, limit = 1000, direction = 'forward', intervalMs = 0, categorize = false } = parameters;
  const pipeline = compilePipeline(expr.stages);
  const isSelected = selectorTest(expr.selector, SETTINGS);
  const lines = [];
  let lastMs: number | null = null;
  for (const row of direction === 'forward' ? rows : rows.toReversed()) {
    const nanos = BigInt(row.timeMs) * NANOS_PER_MS + BigInt(row.timeNs);
    if (nanos < startNs || nanos >= endNs || !isSelected(row)) continue;
    const labels = pipeline.run(row);
    if (labels === null || (lastMs !== null && Math.abs(row.timeMs - lastMs) < intervalMs)) continue;
    lastMs = row.timeMs;
    lines.push({ timeMs: row.timeMs, timeNs: row.timeNs, labels });
    if (lines.length === limit) break;
  }
  return encodeStreams(lines, categorize, NO_STATS);
}

function evaluateLeaf(
  rows: readonly LogRow[],
  leaf: RangeAggregation,
  grid: StepGrid,
  sumGrouping: readonly string[] | null,
): StepSeries[] {
  const extractor = compileExtractor(leaf, sumGrouping);
  const isSelected = selectorTest(leaf.range.log.selector, SETTINGS);
  const windows = new RangeWindows(leaf, grid);
  for (const row of rows) {
    // Rows that no window has are not looked at, as those that are not read from the store.
    if (!windows.covers(row.timeMs, row.timeNs) || !isSelected(row)) continue;
    const sample = extractor.run(row);
    if (sample !== null) windows.add(sample.series, row.timeMs, row.timeNs, sample.value);
  }
  return windows.finish();
}

/** Labels without a value are no labels. */
function streamOf(streams: Map<string, StreamLabels>, sent: Record<string, string>): StreamLabels {
  const labels = Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== ''));
  const key = printLabels(labels);
  let stream = streams.get(key);
  if (stream === undefined) {
    stream = { labels: new Map(Object.entries(labels)), sorted: sorted(Object.entries(labels)) };
    streams.set(key, stream);
  }
  return stream;
}

/** Structured metadata that is named as a stream label gets Loki's suffix. */
function rowOf(stream: StreamLabels, nanos: bigint, line: string, metadata: Record<string, string>): LogRow {
  const pairs = Object.entries(metadata).map(
    ([name, value]) => [stream.labels.has(name) ? `${name}_extracted` : name, value] as const,
  );
  const timeMs = Number(nanos / NANOS_PER_MS);
  return { timeMs, timeNs: Number(nanos % NANOS_PER_MS), stream, metadata: sorted(pairs), line };
}

function sorted(pairs: readonly (readonly [string, string])[]): Labels {
  return pairs.toSorted(([a], [b]) => (a < b ? -1 : 1));
}
