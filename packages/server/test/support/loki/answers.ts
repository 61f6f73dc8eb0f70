/**
 * Answers of query and query_range in one form, whoever gave them: for tests only.
 * https://grafana.com/docs/loki/latest/reference/loki-http-api/
 */
export type Answer =
  | { kind: 'logs'; entries: AnswerEntry[] }
  | { kind: 'vector' | 'matrix'; series: AnswerSeries[]; warnings: string[] }
  | { kind: 'scalar'; value: number }
  | { kind: 'error'; status: number; message: string };

export interface AnswerEntry {
  timeNs: bigint;
  line: string;
  labels: Record<string, string>;
  /** With `categorize-labels` only; then `labels` are the stream's alone. */
  metadata?: Record<string, string>;
  parsed?: Record<string, string>;
}

export interface AnswerSeries {
  labels: Record<string, string>;
  /** Milliseconds and value. */
  points: [timeMs: number, value: number][];
}

interface LokiBody {
  warnings?: string[];
  data: {
    resultType: string;
    encodingFlags?: string[];
    result: unknown;
  };
}

interface LokiStream {
  stream: Record<string, string>;
  values: [string, string, { structuredMetadata?: Record<string, string>; parsed?: Record<string, string> }?][];
}

interface LokiSeries {
  metric: Record<string, string>;
  value?: [number, string];
  values?: [number, string][];
}

/** Reads a response. @throws Error when a body of status 200 is none of Loki's. */
export function readAnswer(status: number, text: string, direction: 'forward' | 'backward' = 'forward'): Answer {
  if (status !== 200) return { kind: 'error', status, message: text.replace(/\n$/, '') };
  const { data, warnings = [] } = JSON.parse(text) as LokiBody;
  switch (data.resultType) {
    case 'streams':
      return { kind: 'logs', entries: entriesOf(data.result as LokiStream[], direction) };
    case 'scalar':
      return { kind: 'scalar', value: parseValue((data.result as [number, string])[1]) };
    case 'vector':
    case 'matrix':
      return { kind: data.resultType, series: (data.result as LokiSeries[]).map(seriesOf), warnings };
    default:
      throw new Error(`an answer of type ${data.resultType}`);
  }
}

/** Loki answers by stream; here all are merged by time, and of one time in the order of the streams. */
function entriesOf(streams: readonly LokiStream[], direction: 'forward' | 'backward'): AnswerEntry[] {
  const entries = streams.flatMap(({ stream, values }) =>
    values.map(([time, line, categories]): AnswerEntry => {
      const entry: AnswerEntry = { timeNs: BigInt(time), line, labels: stream };
      if (categories?.structuredMetadata !== undefined) entry.metadata = categories.structuredMetadata;
      if (categories?.parsed !== undefined) entry.parsed = categories.parsed;
      return entry;
    }),
  );
  const sign = direction === 'forward' ? 1 : -1;
  return entries.sort((a, b) => sign * Number(a.timeNs - b.timeNs));
}

function seriesOf({ metric, value, values }: LokiSeries): AnswerSeries {
  const points = values ?? (value === undefined ? [] : [value]);
  return { labels: metric, points: points.map(([seconds, text]) => [Math.round(seconds * 1000), parseValue(text)]) };
}

/** A sample's value, or that of an expectation. */
export function parseValue(text: string): number {
  if (text === '+Inf' || text === 'Inf') return Number.POSITIVE_INFINITY;
  if (text === '-Inf') return Number.NEGATIVE_INFINITY;
  const value = Number(text);
  if (text === '' || (Number.isNaN(value) && text !== 'NaN')) throw new Error(`no value: ${text}`);
  return value;
}

const TOLERANCE = 1e-9;

/** Equal but for the last bits that the order of additions decides; NaN equals NaN. */
export function sameValue(a: number, b: number, tolerance = TOLERANCE): boolean {
  if (Object.is(a, b) || a === b) return true;
  if (!Number.isFinite(a) || !Number.isFinite(b)) return false;
  const difference = Math.abs(a - b);
  return difference <= tolerance || difference / Math.max(Math.abs(a), Math.abs(b)) <= tolerance;
}
