import type { RangeAggregation, Stage } from '@tailwater/schema/logql';
import { parse } from '../parse.ts';
import type { Labels, LogRow, StreamLabels } from '../row.ts';
import { compileExtractor, compilePipeline, type Extractor, type ProcessedLine } from './index.ts';

export interface RowParts {
  /** `{app="web"}` by default. */
  stream?: Record<string, string>;
  metadata?: Record<string, string>;
  timeMs?: number;
  timeNs?: number;
}

export function streamOf(labels: Record<string, string>): StreamLabels {
  const sorted = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return { labels: new Map(sorted), sorted };
}

export function rowOf(line: string, parts: RowParts = {}): LogRow {
  const { stream = { app: 'web' }, metadata = {}, timeMs = 0, timeNs = 0 } = parts;
  return { timeMs, timeNs, stream: streamOf(stream), metadata: Object.entries(metadata), line };
}

/** What a log query makes of one row; `stages` is the query behind its selector. */
export function runStages(stages: string, line: string, parts: RowParts = {}): ProcessedLine | null {
  const expr = parse(`{app=~".+"} ${stages}`);
  if (expr.kind !== 'log') throw new Error(`not a log query: ${stages}`);
  return compilePipeline(expr.stages).run(rowOf(line, parts));
}

/** The only stage of a pipeline text. */
export function stageOf(text: string): Stage {
  const expr = parse(`{app=~".+"} ${text}`);
  const [stage] = expr.kind === 'log' ? expr.stages : [];
  if (stage === undefined) throw new Error(`no stage: ${text}`);
  return stage;
}

/** `a=1 b="x y"`: quoted where the value is empty or has more than words. */
export function labelsText(labels: Labels): string {
  return labels
    .map(([name, value]) => `${name}=${/^[\w./:-]+$/.test(value) ? value : JSON.stringify(value)}`)
    .join(' ');
}

/** The parsed labels that stages make of a line, `dropped` where they filter it out. */
export function parsedText(stages: string, line: string, parts: RowParts = {}): string {
  const result = runStages(stages, line, parts);
  return result === null ? 'dropped' : labelsText(result.parsed);
}

/** The extractor of a query that is a range aggregation, or a `sum` around one that hands its grouping inside. */
export function extractorOf(query: string): Extractor {
  const expr = parse(query);
  if (expr.kind === 'vector-aggregation') {
    return compileExtractor(rangeAggregation(expr.inner), expr.grouping?.labels ?? []);
  }
  return compileExtractor(rangeAggregation(expr), null);
}

export function rangeAggregation(expr: { kind: string }): RangeAggregation {
  if (expr.kind !== 'range-aggregation') throw new Error(`not a range aggregation: ${expr.kind}`);
  return expr as RangeAggregation;
}

/** `value {labels}` of one row's sample, `none`, or the error's first line. */
export function sampleText(query: string, line: string, parts: RowParts = {}): string {
  try {
    const sample = extractorOf(query).run(rowOf(line, parts));
    return sample === null ? 'none' : `${sample.value} {${labelsText(sample.series.labels)}}`;
  } catch (error) {
    return `error: ${(error as Error).message.split('\n')[0]}`;
  }
}
