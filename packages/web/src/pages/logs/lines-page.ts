import { apiFetch } from '../../api/client.ts';
import { stringifySearch } from '../../app/search-params.ts';
import { resolveRange } from '../../lib/time.ts';
import type { LogsQuestion } from './logs-search.ts';
import { type LogRow, rowOfLine } from './table/row.ts';
import type { EventsPage } from './use-events.ts';

const LINES_MAX = 500;

/** Streams of an answer of Loki's API: labels, and lines with their time in nanoseconds. */
export interface LokiStream {
  stream: Record<string, string>;
  values: readonly (readonly [time: string, line: string, more?: unknown])[];
}

/** A page of lines of a LogQL query. `cursor` is the time at which the one before ended, and what it had of that time. */
export async function linesPage(question: LogsQuestion, cursor: string, signal: AbortSignal): Promise<EventsPage> {
  const { fromMs, toMs } = resolveRange(question.range, Date.now());
  const at = readCursor(cursor) ?? { fromNs: nanoseconds(fromMs), toNs: nanoseconds(toMs), time: '', seen: 0 };
  const isForward = question.order === 'asc';
  const search = stringifySearch({
    query: question.q,
    start: isForward && at.time !== '' ? at.time : at.fromNs,
    // The end is exclusive, and the last time of the page before may have more lines.
    end: !isForward && at.time !== '' ? String(BigInt(at.time) + 1n) : at.toNs,
    direction: isForward ? 'forward' : 'backward',
    limit: LINES_MAX + at.seen,
  });
  const response = await apiFetch(`/loki/api/v1/query_range${search}`, { signal });
  const { data } = (await response.json()) as { data: { resultType: string; result: LokiStream[] } };
  if (data.resultType !== 'streams') return { rows: [], next: null };
  const lines = linesOf(data.result, isForward);
  const fresh = lines.slice(at.seen);
  const rows = fresh.map(({ row }) => row);
  const last = lines.at(-1)?.time ?? '';
  const isFull = lines.length >= LINES_MAX + at.seen && fresh.length > 0;
  const seen = lines.filter(({ time }) => time === last).length;
  return { rows, next: isFull ? JSON.stringify({ ...at, time: last, seen }) : null };
}

interface LinesCursor {
  fromNs: string;
  toNs: string;
  /** In nanoseconds; empty on the first page. */
  time: string;
  /** Lines of that time that were had. */
  seen: number;
}

const readCursor = (text: string): LinesCursor | null => (text === '' ? null : (JSON.parse(text) as LinesCursor));
const nanoseconds = (ms: number): string => `${Math.round(ms)}000000`;

/** Lines of all streams in the order of their time. Their ids say the time and the stream's place. */
export function linesOf(streams: readonly LokiStream[], isForward: boolean): { time: string; row: LogRow }[] {
  const sign = isForward ? 1 : -1;
  const lines = streams.flatMap(({ stream, values }) =>
    values.map(([time, line], index) => ({
      time,
      row: rowOfLine(lineId(time, stream, index), isoOf(time), line, stream),
    })),
  );
  return lines.sort((a, b) => sign * (BigInt(a.time) < BigInt(b.time) ? -1 : a.time === b.time ? 0 : 1));
}

const lineId = (time: string, stream: Record<string, string>, index: number): string =>
  `line ${time} ${index} ${JSON.stringify(stream)}`;

/** Nanoseconds since the epoch as ISO 8601 with nine digits of a second. */
export function isoOf(nanoseconds: string): string {
  const padded = nanoseconds.padStart(10, '0');
  const second = new Date(Number(padded.slice(0, -9)) * 1000).toISOString();
  return `${second.slice(0, 19)}.${padded.slice(-9)}Z`;
}
