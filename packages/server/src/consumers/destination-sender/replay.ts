import { setTimeout as delay } from 'node:timers/promises';
import type { Event } from '@tailwater/schema';
import type { DiskCursor } from '../../journal/cursor.ts';
import { countQuery, type EventRow, eventOfRow, eventsQuery, keysetOf } from '../../query/events-sql.ts';
import type { EventsPlan, Keyset } from '../../query/plan.ts';
import { RetryableError } from '../../runtime/errors.ts';
import type { EventStore } from '../../stores/store.ts';
import type { Lane } from './lane.ts';
import type { PendingEvent } from './queue.ts';
import type { ReplayProgress, ReplayRange } from './sender.ts';

/** Saved after each part, so that a restart goes on. 64-bit numbers as text. */
export interface ReplayState {
  fromNs: string;
  toNs: string;
  state: ReplayProgress['state'];
  startedAtMs: number;
  endedAtMs: number | null;
  total: number | null;
  delivered: number;
  rejected: number;
  after: { timestampNs: string; node: number; frame: number; index: number } | null;
}

export interface ReplayOptions {
  cursor: DiskCursor<ReplayState>;
  /** Null while there is none. */
  store(): EventStore | null;
  onFault(error: unknown): void;
}

/** Events and bytes that are read from the store at once. */
const PART_EVENTS = 2000;
const PART_BYTES = 4 << 20;
const QUERY_TIMEOUT_MS = 600_000;
const RETRY_MS = 2000;
/** The store does not give it back with the event. */
const RETENTION_UNKNOWN = 0;

export const newReplay = ({ fromNs, toNs }: ReplayRange): ReplayState => ({
  fromNs: fromNs.toString(),
  toNs: toNs.toString(),
  state: 'running',
  startedAtMs: Date.now(),
  endedAtMs: null,
  total: null,
  delivered: 0,
  rejected: 0,
  after: null,
});

/** Sends an org's history from the event store to one integration, part by part. */
export class Replay {
  private readonly options: ReplayOptions;
  private state: ReplayState;
  private error: string | null = null;
  /** Ends the run of one lane; `cancel` ends it for good. */
  private running = new AbortController();
  private work: Promise<void> = Promise.resolve();

  constructor(options: ReplayOptions, state: ReplayState) {
    this.options = options;
    this.state = state;
  }

  progress(): ReplayProgress {
    const { fromNs, toNs, after, state, startedAtMs, endedAtMs, total, delivered, rejected } = this.state;
    return {
      fromNs: BigInt(fromNs),
      toNs: BigInt(toNs),
      state,
      startedAtMs,
      endedAtMs,
      total,
      delivered,
      rejected,
      reachedNs: after === null ? null : BigInt(after.timestampNs),
      error: this.error,
    };
  }

  /** Goes on, with a lane that may be another than before. */
  start(lane: Lane): void {
    if (this.state.state !== 'running') return;
    const running = new AbortController();
    this.running = running;
    const signal = AbortSignal.any([lane.signal, running.signal]);
    this.work = this.work.then(() => this.run(lane, signal));
  }

  async cancel(): Promise<void> {
    this.running.abort();
    await this.work;
    if (this.state.state === 'running') await this.end('cancelled').catch(this.options.onFault);
  }

  /** Stops until the next start. */
  async stop(): Promise<void> {
    this.running.abort();
    await this.work;
  }

  private async run(lane: Lane, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && this.state.state === 'running') {
      try {
        const store = this.options.store();
        if (store === null) throw new RetryableError('store_unavailable', 'the event store is not open yet', RETRY_MS);
        if (this.state.total === null) await this.count(store, lane, signal);
        await this.sendPart(store, lane, signal);
        this.error = null;
      } catch (error) {
        if (signal.aborted) return;
        await this.failed(error, signal);
      }
    }
  }

  private async failed(error: unknown, signal: AbortSignal): Promise<void> {
    this.error = error instanceof RetryableError ? error.message : 'a fault of the server, see its log';
    if (error instanceof RetryableError) await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
    else {
      this.options.onFault(error);
      await this.end('failed').catch(this.options.onFault);
    }
  }

  private async count(store: EventStore, lane: Lane, signal: AbortSignal): Promise<void> {
    const plan = this.plan(lane);
    for await (const rows of store.select<{ events: string }>(countQuery(plan), {
      signal,
      timeoutMs: QUERY_TIMEOUT_MS,
    })) {
      for (const { events } of rows) await this.save({ total: Number(events) });
    }
  }

  private async sendPart(store: EventStore, lane: Lane, signal: AbortSignal): Promise<void> {
    const { events, last, isEnd } = await this.readPart(store, lane, signal);
    for (let sent = 0; sent < events.length; ) {
      const size = fitting(events, sent, lane);
      signal.throwIfAborted();
      const rejected = await lane.replay(events.slice(sent, sent + size));
      sent += size;
      this.state = {
        ...this.state,
        delivered: this.state.delivered + size - rejected,
        rejected: this.state.rejected + rejected,
      };
    }
    if (last !== null) await this.save({ after: { ...last, timestampNs: last.timestampNs.toString() } });
    if (isEnd) await this.end('done');
  }

  private async readPart(store: EventStore, lane: Lane, signal: AbortSignal) {
    const events: PendingEvent[] = [];
    let bytes = 0;
    let rowCount = 0;
    let last: Keyset | null = null;
    const query = eventsQuery(this.plan(lane));
    for await (const rows of store.select<EventRow>(query, { signal, timeoutMs: QUERY_TIMEOUT_MS })) {
      for (const row of rows) {
        rowCount++;
        last = keysetOf(row);
        const event: Event = { ...eventOfRow(row, lane.orgId), retentionDays: RETENTION_UNKNOWN };
        if (!lane.selection.accepts(event)) continue;
        // The journal may not have it any more, should it be refused.
        const pending = lane.encode(event, { position: last.frame, index: last.index }, event.receivedAtMs);
        events.push({ ...pending, event });
        bytes += pending.bytes.length + event.message.length;
        if (bytes >= PART_BYTES) return { events, last, isEnd: false };
      }
    }
    return { events, last, isEnd: rowCount < PART_EVENTS };
  }

  private plan(lane: Lane): EventsPlan {
    const { fromNs, toNs, after } = this.state;
    return {
      orgId: lane.orgId,
      range: { fromNs: BigInt(fromNs), toNs: BigInt(toNs) },
      condition: lane.selection.condition,
      order: 'asc',
      limit: PART_EVENTS,
      offset: 0,
      after: after === null ? null : { ...after, timestampNs: BigInt(after.timestampNs) },
    };
  }

  private async end(state: ReplayProgress['state']): Promise<void> {
    await this.save({ state, endedAtMs: Date.now() });
  }

  /** In memory it counts at once; a disk that does not take it costs doubles after a restart. */
  private async save(change: Partial<ReplayState>): Promise<void> {
    this.state = { ...this.state, ...change };
    const { cursor } = this.options;
    await cursor.commit((cursor.load()?.position ?? 0) + 1, this.state);
  }
}

function fitting(events: readonly PendingEvent[], from: number, { batchLimits }: Lane): number {
  const { eventsMax, bytesMax, overheadBytes } = batchLimits;
  let bytes = 0;
  let size = 0;
  for (; from + size < events.length && size < eventsMax; size++) {
    const more = events[from + size].bytes.length + overheadBytes;
    if (size > 0 && bytes + more > bytesMax) break;
    bytes += more;
  }
  return size;
}
