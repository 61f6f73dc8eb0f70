import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { parseValue } from '../support/loki/answers.ts';
import { type LabelSet, parseLabels, readLabels } from '../support/loki/label-text.ts';
import type { PushStream } from '../support/loki-push.ts';

/**
 * Golden cases of LogQL, `golden/logql/*.yaml`: a topic a file. Times in them are durations behind `EPOCH_MS`.
 *
 * - `streams`: events by stream, each `<time> <line>` or `[time, line, structured metadata]`
 * - `queries`: `q` and what it answers. Of events: `selects`, the times of those that come in their order, unchanged
 *   unless `kept` has their labels and `lines` their lines. Of metrics: `vector` (at `at`), `matrix` (over `range`:
 *   from, to, step), `scalar`; a series is `{labels} value …`, `_` where there is no value; `ordered` if the order counts.
 *   `error` is the message: all of it when it begins with `parse error`, else a part. `differs` says why Loki answers
 *   otherwise.
 * - `lines`: `[stages, line, labels behind them or "dropped", {stream, metadata, line}]`, each with a stream of its own
 * - `categorized`: `[stages, line, stream labels, {stream, metadata, parsed, sent}]` with labels by category; `sent`
 *   is the structured metadata where it differs from what comes back
 * - `errors`: `[query, message]`, and why Loki's differs where it does
 */
export interface GoldenFile {
  topic: string;
  streams: PushStream[];
  cases: GoldenCase[];
}

export interface GoldenCase {
  name: string;
  query: string;
  ask: Ask;
  expected: Expected;
  /** Why Loki answers otherwise, null where it does not. */
  differs: string | null;
}

export type Ask =
  | { kind: 'instant'; timeMs: number }
  | { kind: 'range'; startMs: number; endMs: number; stepMs: number }
  | {
      kind: 'logs';
      startMs: number;
      endMs: number;
      limit: number;
      direction: 'forward' | 'backward';
      intervalMs: number | undefined;
      categorize: boolean;
    };

export interface ExpectedEntry {
  timeMs: number;
  /** Null: it is not looked at. */
  labels: LabelSet | null;
  line: string | null;
  metadata?: LabelSet | undefined;
  parsed?: LabelSet | undefined;
}

export type Expected =
  | { kind: 'logs'; entries: ExpectedEntry[] }
  | { kind: 'series'; ordered: boolean; series: { labels: LabelSet; values: (number | null)[] }[] }
  | { kind: 'scalar'; value: number }
  | { kind: 'error'; message: string };

/** 2026-01-01T00:00:00Z: what all times of golden cases are counted from. */
export const EPOCH_MS = Date.UTC(2026, 0, 1);

const NANOS_PER_MS = 1_000_000n;
const LINE_CASE_MS = 1000;

type EntrySource = string | [time: string, line: string, metadata?: LabelSet];

interface QuerySource {
  q: string;
  at?: string;
  range?: [string, string, string];
  from?: string;
  to?: string;
  limit?: number;
  direction?: 'forward' | 'backward';
  interval?: string;
  ordered?: boolean;
  selects?: number[];
  kept?: string[];
  lines?: string[];
  vector?: string[];
  matrix?: string[];
  scalar?: number;
  error?: string;
  differs?: string;
}

interface Parts {
  stream?: LabelSet;
  metadata?: LabelSet;
  sent?: LabelSet;
  parsed?: LabelSet;
  line?: string;
  differs?: string;
}

interface FileSource {
  about: string;
  at?: string;
  range?: [string, string, string];
  streams?: Record<string, EntrySource[]>;
  queries?: QuerySource[];
  lines?: [stages: string, line: string, labels: string, parts?: Parts][];
  categorized?: [stages: string, line: string, labels: string, parts?: Parts][];
  errors?: [query: string, message: string, differs?: string][];
}

/** All files of the folder. @throws Error with the file's name when one cannot be read. */
export function goldenFiles(): GoldenFile[] {
  let dir = join(import.meta.dirname, 'logql');
  // The cases lie in the sources, which are not copied into the build.
  dir = dir.replace('/dist/', '/');
  return readdirSync(dir)
    .filter((name) => name.endsWith('.yaml'))
    .toSorted()
    .map((name) => goldenFile(name.replace('.yaml', ''), readFileSync(join(dir, name), 'utf8')));
}

function goldenFile(topic: string, text: string): GoldenFile {
  const source = parse(text) as FileSource;
  const streams = Object.entries(source.streams ?? {}).map(([labels, entries]) => ({
    labels: parseLabels(labels),
    entries: entries.map(entryOf),
  }));
  const sent = new Map(
    streams.flatMap(({ labels, entries }) => entries.map((entry) => [entry.nanos, { labels, entry }])),
  );
  const cases = (source.queries ?? []).map((query) => queryCase(source, query, sent));
  for (const [i, row] of (source.lines ?? []).entries()) addLineCase(`${topic}-${i}`, row, false, streams, cases);
  for (const [i, row] of (source.categorized ?? []).entries()) addLineCase(`${topic}-c${i}`, row, true, streams, cases);
  for (const [query, message, differs = null] of source.errors ?? []) {
    const ask = logsAsk({ q: query });
    cases.push({ name: query, query, ask, expected: { kind: 'error', message }, differs });
  }
  return { topic, streams, cases };
}

function entryOf(source: EntrySource) {
  const [time, line, metadata] = typeof source === 'string' ? splitOnce(source) : source;
  const nanos = BigInt(EPOCH_MS + goldenMs(time)) * NANOS_PER_MS;
  return metadata === undefined ? { nanos, line } : { nanos, line, metadata };
}

function splitOnce(text: string): [string, string] {
  const blank = text.indexOf(' ');
  return [text.slice(0, blank), text.slice(blank + 1)];
}

type Sent = ReadonlyMap<bigint, { labels: LabelSet; entry: { line: string; metadata?: LabelSet } }>;

function queryCase(source: FileSource, query: QuerySource, sent: Sent): GoldenCase {
  const { q, selects, error, range = source.range, differs = null } = query;
  const name = `${q}${query.direction === undefined ? '' : ` ${query.direction}`}`;
  if (selects !== undefined) {
    const entries = selects.map((seconds, i) => expectedEntry(query, i, EPOCH_MS + seconds * 1000, sent));
    return { name, query: q, ask: logsAsk(query), expected: { kind: 'logs', entries }, differs };
  }
  const asksRange = query.matrix !== undefined || (error !== undefined && query.range !== undefined);
  const expected = expectedOf(query);
  if (!asksRange) {
    const timeMs = EPOCH_MS + goldenMs(query.at ?? source.at ?? '60s');
    return { name, query: q, ask: { kind: 'instant', timeMs }, expected, differs };
  }
  const [startMs, endMs, stepMs] = (range ?? []).map(goldenMs);
  const ask: Ask = { kind: 'range', startMs: EPOCH_MS + startMs, endMs: EPOCH_MS + endMs, stepMs };
  return { name, query: q, ask, expected, differs };
}

function expectedOf({ q, vector, matrix, scalar, ordered = false, error }: QuerySource): Expected {
  if (error !== undefined) return { kind: 'error', message: error };
  if (scalar !== undefined) return { kind: 'scalar', value: scalar };
  const lines = vector ?? matrix;
  if (lines === undefined) throw new Error(`nothing is expected of ${q}`);
  return { kind: 'series', ordered, series: lines.map(seriesOf) };
}

function seriesOf(text: string) {
  const { labels, rest } = readLabels(text);
  const values = rest.trim().split(/\s+/);
  return { labels, values: values.map((value) => (value === '_' ? null : parseValue(value))) };
}

/** Of times that two events have, labels and lines are those of the last: such cases say `kept`. */
function expectedEntry({ kept, lines }: QuerySource, i: number, timeMs: number, sent: Sent): ExpectedEntry {
  const found = sent.get(BigInt(timeMs) * NANOS_PER_MS);
  if (found === undefined) throw new Error(`no event at ${timeMs - EPOCH_MS} ms`);
  const { labels, entry } = found;
  if (kept !== undefined) return { timeMs, labels: parseLabels(kept[i]), line: null };
  return { timeMs, labels: { ...labels, ...entry.metadata }, line: lines?.[i] ?? entry.line };
}

const HOUR_MS = 3_600_000;

function logsAsk({ from, to, limit = 1000, direction = 'forward', interval }: QuerySource, categorize = false): Ask {
  return {
    kind: 'logs',
    startMs: EPOCH_MS + (from === undefined ? -HOUR_MS : goldenMs(from)),
    endMs: EPOCH_MS + (to === undefined ? HOUR_MS : goldenMs(to)),
    limit,
    direction,
    intervalMs: interval === undefined ? undefined : goldenMs(interval),
    categorize,
  };
}

function addLineCase(
  name: string,
  [stages, line, labels, parts = {}]: NonNullable<FileSource['lines']>[number],
  categorize: boolean,
  streams: PushStream[],
  cases: GoldenCase[],
): void {
  const metadata = parts.sent ?? parts.metadata;
  const timeMs = EPOCH_MS + LINE_CASE_MS;
  streams.push({
    labels: { case: name, ...parts.stream },
    entries: [{ nanos: BigInt(timeMs) * NANOS_PER_MS, line, ...(metadata !== undefined && { metadata }) }],
  });
  const query = `{case="${name}"} ${stages}`;
  const entry: ExpectedEntry = {
    timeMs,
    labels: labels === 'dropped' ? null : { case: name, ...parseLabels(labels) },
    line: parts.line ?? line,
  };
  if (categorize) Object.assign(entry, { metadata: parts.metadata ?? {}, parsed: parts.parsed ?? {} });
  const entries = labels === 'dropped' ? [] : [entry];
  const expected: Expected = { kind: 'logs', entries };
  const differs = parts.differs ?? null;
  cases.push({ name: `${stages} of ${line}`, query, ask: logsAsk({ q: query }, categorize), expected, differs });
}

const UNIT_MS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: HOUR_MS };

/** `90s`, `250ms` as milliseconds. */
function goldenMs(text: string): number {
  const [, amount, unit] = /^(-?\d+)(ms|s|m|h)$/.exec(text) ?? [];
  if (amount === undefined || unit === undefined) throw new Error(`no duration: ${text}`);
  return Number(amount) * UNIT_MS[unit];
}
