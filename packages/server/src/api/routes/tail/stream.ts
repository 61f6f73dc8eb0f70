import type { LiveTail, TailChunk, TailEnd } from '../../../consumers/live-tail/live-tail.ts';
import type { TailMissed } from '../../../consumers/live-tail/wire.ts';
import type { ApiCredentials } from '../../../control/authenticator.ts';
import type { JournalPosition } from '../../../journal/journal.ts';
import { type EventRow, eventsQuery } from '../../../query/events-sql.ts';
import type { EventsPlan } from '../../../query/plan.ts';
import { PermanentError } from '../../../runtime/errors.ts';
import type { ApiDeps } from '../../deps.ts';
import { renderRow } from '../../events.ts';
import { allRows } from '../../store-rows.ts';
import { placeId, type TailQuestion } from './question.ts';
import { openAtSeam } from './seam.ts';

export interface TailDeps extends Pick<ApiDeps, 'store' | 'authenticate' | 'onFault' | 'nowMs'> {
  liveTail: LiveTail;
  /** The first journal position that is not searchable yet. Throws RetryableError while that is not known. */
  storePosition(): JournalPosition;
  /** Of this server, as in event ids. */
  node: number;
  /** How often a stream's key is looked up again, so that a revoked one does not read on. Default 15 s. */
  recheckIntervalMs?: number;
}

/** `refused`: the key is no longer good. */
export type TailGoodbye = TailEnd | 'refused';

/** What a reader is sent, whatever it is sent by. */
export type TailMessage =
  /** `eventId` is null for an event of the backfill: those come in the order of time, so none is a place to resume. */
  | { kind: 'log'; json: string; eventId: string | null }
  | { kind: 'missed'; missed: TailMissed }
  | { kind: 'ready'; id: string }
  /** Nothing happened up to here. */
  | { kind: 'place'; id: string };

/** A reader's connection. */
export interface TailSink {
  /** Resolves when the reader has taken the messages, or is gone. */
  send(messages: readonly TailMessage[]): Promise<void>;
  /** Says goodbye and closes. */
  end(reason: TailGoodbye): void;
  /** Resolves when the connection is closed, by whomever. */
  readonly closed: Promise<void>;
}

export interface TailRequest {
  /** Whose events: what `credentials` were good for. */
  orgId: string;
  credentials: ApiCredentials;
  question: TailQuestion;
  /** Aborts when the client goes away. */
  signal: AbortSignal;
}

/** A tail that has begun and whose backfill is read. */
export interface OpenTail {
  /** Sends everything until the connection is closed or the tail ends. */
  run(sink: TailSink): Promise<void>;
  /** For when there is nobody to send to after all. */
  close(): void;
}

/**
 * Begins a tail. Everything that can be refused is refused here, before the connection becomes a stream.
 * @throws PermanentError or RetryableError (`rate_limited`, `shutting_down`, `store_unavailable` …)
 */
export async function openTail(deps: TailDeps, request: TailRequest): Promise<OpenTail> {
  const { orgId, question } = request;
  const { condition, resume, backfill } = question;
  const ended = Promise.withResolvers<TailGoodbye>();
  const connected = Promise.withResolvers<TailSink>();
  const { subscription, from, seam } = await openAtSeam(deps, {
    orgId,
    condition,
    start: resume === null && backfill > 0 ? 'stored' : resume === 'unknown' ? 'end' : (resume ?? 'end'),
    onEnd: ended.resolve,
    receive: async (chunk) => {
      const sink = await connected.promise;
      await sink.send(messagesOf(chunk, deps.node));
    },
  });
  try {
    const first: TailMessage[] = seam === null ? [] : await backfillOf(deps, request, seam);
    if (resume === 'unknown') first.push({ kind: 'missed', missed: { count: null, atMost: false } });
    first.push({ kind: 'ready', id: placeId(from, deps.node) });
    const run = async (sink: TailSink) => {
      const recheck = setInterval(
        () => void checkKey(deps, request, () => ended.resolve('refused')),
        deps.recheckIntervalMs ?? RECHECK_INTERVAL_MS,
      );
      try {
        await sink.send(first);
        connected.resolve(sink);
        const reason = await Promise.race([ended.promise, sink.closed.then(() => null)]);
        if (reason !== null) sink.end(reason);
      } finally {
        clearInterval(recheck);
        subscription.close();
      }
    };
    return { run, close: () => subscription.close() };
  } catch (error) {
    subscription.close();
    throw error;
  }
}

/** A control database that does not answer ends no stream; a key that is revoked or changed does. */
export async function checkKey(
  deps: Pick<TailDeps, 'authenticate'>,
  { orgId, credentials }: Pick<TailRequest, 'orgId' | 'credentials'>,
  refuse: () => void,
): Promise<void> {
  try {
    const identity = await deps.authenticate(credentials);
    if (identity.orgId !== orgId || !identity.scopes.has('query')) refuse();
  } catch (error) {
    if (error instanceof PermanentError) refuse();
  }
}

/** The newest events that the store has from before the journal position `seam`, oldest first. */
async function backfillOf(
  { store, node }: TailDeps,
  { orgId, question: { condition, range, backfill }, signal }: TailRequest,
  seam: JournalPosition,
): Promise<TailMessage[]> {
  const plan: EventsPlan = {
    orgId,
    range,
    condition,
    order: 'desc',
    limit: backfill,
    offset: 0,
    after: null,
    framesBefore: { node, frame: seam },
  };
  const rows = await allRows<EventRow>(store, eventsQuery(plan), { signal });
  return rows.reverse().map((row) => ({ kind: 'log', json: renderRow(row, orgId), eventId: null }));
}

function messagesOf({ missed, events, place }: TailChunk, node: number): TailMessage[] {
  const messages: TailMessage[] = missed === null ? [] : [{ kind: 'missed', missed }];
  for (const { json, eventId } of events) messages.push({ kind: 'log', json, eventId });
  if (events.length === 0) messages.push({ kind: 'place', id: placeId(place, node) });
  return messages;
}

/** What readers are told of events they missed: `count` is null when nobody knows, `at_most` marks an upper bound. */
export function missedFields({ count, atMost }: TailMissed): { count: number | null; at_most?: true } {
  return atMost && count !== null ? { count, at_most: true } : { count };
}

export const RECHECK_INTERVAL_MS = 15_000;
/** Between two signs of life: proxies cut connections that are silent for a minute. */
export const PING_INTERVAL_MS = 15_000;
/** A reader that takes nothing for so long is cut off: it holds a window of events and a place among the org's tails. */
export const STALLED_MS_MAX = 60_000;
/** What a closing connection may still take to send what it has. */
export const GOODBYE_MS = 1000;
