import { stringifySearch } from '../../../app/search-params.ts';
import { plural } from '../../../lib/format.ts';
import { isRelative, resolveRange } from '../../../lib/time.ts';
import { type LokiStream, linesOf } from '../lines-page.ts';
import type { LogsQuestion } from '../logs-search.ts';
import type { LogRow } from '../table/row.ts';
import { LiveRow } from './live-row.ts';

/** What one message of a tail says. */
export type TailMessage =
  | { kind: 'row'; row: LogRow }
  /** What was stored before has come; from here on it is live. */
  | { kind: 'ready' }
  /** Events that this reader does not get; `count` is null when nobody knows how many. */
  | { kind: 'missed'; count: number | null; text: string };

/** Where live events come from: how to ask, and how to read what comes. */
export interface TailSource {
  /** The path to connect to. `newest`: the row that an earlier connection ended with. */
  path(newest: LogRow | null): string;
  read(text: string): TailMessage[];
  /** How many stored events a connection begins with at most. */
  backfillMax: number;
}

const FIRST_BACKFILL = 200;
/** As many as the server gives. */
const AGAIN_BACKFILL = 1000;

/** `/api/logs/tail`: docs/reference/tail.md. */
export function eventTail({ q, range }: Pick<LogsQuestion, 'q' | 'range'>): TailSource {
  const from = isRelative(range.from) && range.from !== 'now' ? range.from : '';
  return {
    path: (newest) =>
      `/api/logs/tail${stringifySearch({ q, from, backfill: newest === null ? FIRST_BACKFILL : AGAIN_BACKFILL })}`,
    read: readEventMessage,
    backfillMax: AGAIN_BACKFILL,
  };
}

const EVENT_ID = /^\{"type":"log","event":\{"event_id":"([0-9a-f]+)"/;

function readEventMessage(text: string): TailMessage[] {
  const id = EVENT_ID.exec(text)?.[1];
  if (id !== undefined) return [{ kind: 'row', row: new LiveRow(text, id) }];
  const message = JSON.parse(text) as {
    type: string;
    count?: number | null;
    at_most?: boolean;
    event?: { event_id: string };
  };
  switch (message.type) {
    case 'log':
      return [{ kind: 'row', row: new LiveRow(text, message.event!.event_id) }];
    case 'ready':
      return [{ kind: 'ready' }];
    case 'missed':
      return [missed(message.count ?? null, message.at_most === true)];
    default:
      return [];
  }
}

/** What is missing, and why, in words. */
export function missed(count: number | null, isAtMost: boolean): TailMessage {
  if (count === null)
    return {
      kind: 'missed',
      count,
      text: 'Events are missing here, and nobody knows how many: the server no longer had them in its journal.',
    };
  const events = plural(count, 'event');
  const text = isAtMost
    ? `At most ${events} are missing here: the server had fallen behind, and counted them without looking whether they match.`
    : `${events} ${count === 1 ? 'was' : 'were'} skipped here: they came faster than this page could read. Pause and search to see them.`;
  return { kind: 'missed', count, text };
}

/** `/loki/api/v1/tail`: the lines of a LogQL query. It goes on at a time, so that it needs no backfill to be complete. */
export function lineTail({ q, range }: Pick<LogsQuestion, 'q' | 'range'>): TailSource {
  let isReady = false;
  return {
    path: (newest) => {
      isReady = false;
      const fromMs = resolveRange(range, Date.now()).fromMs;
      const start = newest === null ? `${Math.round(fromMs)}000000` : String(BigInt(newest.id.split(' ')[1]!) + 1n);
      return `/loki/api/v1/tail${stringifySearch({ query: q, start, limit: newest === null ? FIRST_BACKFILL : AGAIN_BACKFILL })}`;
    },
    read: (text) => {
      const { streams, dropped_entries } = JSON.parse(text) as LokiFrame;
      const messages: TailMessage[] = (dropped_entries ?? []).map(({ labels }) => {
        const count = Number(/\d+/.exec(labels.dropped_events ?? '')?.[0] ?? Number.NaN);
        return missed(Number.isNaN(count) ? null : count, true);
      });
      for (const { row } of linesOf(streams ?? [], true)) messages.push({ kind: 'row', row });
      if (!isReady) messages.push({ kind: 'ready' });
      isReady = true;
      return messages;
    },
    backfillMax: AGAIN_BACKFILL,
  };
}

interface LokiFrame {
  streams?: readonly LokiStream[];
  dropped_entries?: readonly { labels: { dropped_events?: string } }[] | null;
}
