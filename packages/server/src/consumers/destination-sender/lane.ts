import { setTimeout as delay } from 'node:timers/promises';
import type { Event } from '@tailwater/schema';
import type { DeadLetterStore } from '../../dead-letters/store.ts';
import type { BatchLimits, Destination, DestinationType } from '../../destinations/destination.ts';
import type { DiskCursor } from '../../journal/cursor.ts';
import type { JournalReader } from '../../journal/journal.ts';
import { PermanentError } from '../../runtime/errors.ts';
import { Backlog } from './backlog.ts';
import { Courier, DestinationGone } from './courier.ts';
import { type Gate, RateLimit } from './gate.ts';
import { type Budget, memoryOf, type PendingEvent, PendingQueue, type Place, type RefusedEvent } from './queue.ts';
import { compileSelection, type Selection } from './selection.ts';
import type { IntegrationStatus, Redelivered, RunnableIntegration } from './sender.ts';
import type { LaneStats } from './stats.ts';
import { readBack, undeliveredLetter } from './undelivered.ts';
import type { SenderLimits } from './wire.ts';

/** Saved with a lane's cursor: the event of the frame that is next. */
export interface LaneState {
  index: number;
}

export interface LaneOptions {
  integration: RunnableIntegration;
  type: DestinationType;
  /** Checked. */
  config: unknown;
  destination: Destination;
  cursor: DiskCursor<LaneState>;
  gate: Gate;
  stats: LaneStats;
  budget: Budget;
  limits: SenderLimits;
  undelivered: Pick<DeadLetterStore, 'keep'>;
  reader: JournalReader;
  node: number;
  onFault(error: unknown): void;
  /** The destination wants nothing more. The lane delivers nothing from then on. */
  onGone(reason: string): void;
}

interface Batch {
  events: PendingEvent[];
  memory: number;
  isDone: boolean;
}

/** How long history waits for live events to leave a gap, ms. */
const REPLAY_WAIT_MS_MAX = 2000;
const KEEP_RETRY_MS = 1000;
const NO_BYTES = new Uint8Array();

/**
 * One integration: the events that wait for it, the batches under way, and how far it is. It is offered the journal's
 * events in order by the feed, which goes on without it while it has no room.
 */
export class Lane {
  readonly id: string;
  readonly orgId: string;
  readonly selection: Selection;
  readonly options: LaneOptions;
  /** Everything before was offered. */
  next: Place;
  /** What of the journal it was not offered yet. */
  readonly backlog = new Backlog();
  readonly batchLimits: BatchLimits;
  private readonly courier: Courier;
  private readonly queue = new PendingQueue();
  private readonly batches: Batch[] = [];
  private readonly memoryMax: number;
  private memory = 0;
  private running = 0;
  private ageTimer: NodeJS.Timeout | null = null;
  private freed = Promise.withResolvers<void>();
  private turn: { dueAtMs: number; resolve(): void } | null = null;
  private isGone = false;
  private readonly closing = new AbortController();
  private readonly abort = new AbortController();
  /** Calls and what follows them, to be waited for at the end. */
  private readonly work = new Set<Promise<void>>();
  private committing: Promise<void> = Promise.resolve();
  /** Whether a batch was done since the last commit, and when that was. */
  private isMoved = true;
  private committedAtMs = 0;

  constructor(options: LaneOptions) {
    const { integration, type, config, cursor, limits, destination, gate, stats } = options;
    this.options = options;
    this.id = integration.id;
    this.orgId = integration.orgId;
    this.selection = compileSelection(integration.filter);
    const saved = cursor.load();
    this.next = { position: saved?.position ?? integration.from, index: saved?.state.index ?? 0 };
    const rate = new RateLimit(integration.delivery.eventsPerSecondMax);
    const own = type.limits(config);
    this.memoryMax = Math.min(limits.laneBytesMax, Math.max(limits.laneBytesMin, 2 * own.bytesMax));
    this.batchLimits = { ...own, eventsMax: Math.min(own.eventsMax, rate.batchEventsMax) };
    const { retryAgeMsMax } = integration.delivery;
    const { orgId } = this;
    this.courier = new Courier({ orgId, destination, gate, rate, stats, retryAgeMsMax, onFault: options.onFault });
  }

  /** Aborts when the lane ends. */
  get signal(): AbortSignal {
    return this.closing.signal;
  }

  get hasRoom(): boolean {
    return this.memory < this.memoryMax && !(this.options.budget.isFull && this.memory > 0);
  }

  /** Resolves when there is room for a good deal, or the lane ends. */
  async room(): Promise<void> {
    while (!this.signal.aborted && !(this.memory < this.memoryMax / 2 && this.hasRoom)) {
      // Others may make room too, of which nobody tells.
      const over = new AbortController();
      const wait = delay(200, undefined, { signal: AbortSignal.any([over.signal, this.signal]) }).catch(
        () => undefined,
      );
      await Promise.race([this.freed.promise, wait]);
      over.abort();
    }
  }

  /** Takes the event if the filter selects it. */
  offer(event: Event, place: Place, receivedAtMs: number): void {
    this.next = { position: place.position, index: place.index + 1 };
    if (!this.selection.accepts(event)) return;
    const pending = this.encode(event, place, receivedAtMs);
    const memory = memoryOf(pending);
    this.memory += memory;
    this.options.budget.bytes += memory;
    this.queue.push(pending);
    this.pump();
  }

  encode(event: Event, place: Place, receivedAtMs: number): PendingEvent {
    const { type, config, onFault } = this.options;
    const { eventId, timestampNs } = event;
    const queuedAtMs = Date.now();
    const rest = { eventId, timestampNs, place, receivedAtMs, queuedAtMs };
    try {
      return { ...rest, bytes: type.encode(event, config), refusal: null, event: null };
    } catch (error) {
      if (!(error instanceof PermanentError)) onFault(error);
      const reason = error instanceof PermanentError ? error.message : 'the event could not be encoded';
      return { ...rest, bytes: NO_BYTES, refusal: { code: 'destination_rejected', reason }, event };
    }
  }

  /** Starts as many calls as may be made now. */
  private pump(): void {
    if (this.isGone || this.closing.signal.aborted) return;
    const { concurrency, ageMsMax } = this.batchLimits;
    while (this.running < concurrency) {
      const isReady = this.isReady();
      if (this.turn !== null && (!isReady || performance.now() >= this.turn.dueAtMs)) {
        const { resolve } = this.turn;
        this.turn = null;
        this.running++;
        resolve();
      } else if (isReady) this.start();
      else break;
    }
    const first = this.queue.first;
    if (first === null || this.running >= concurrency || this.ageTimer !== null) return;
    const waitMs = Math.max(1, first.queuedAtMs + ageMsMax - Date.now());
    this.ageTimer = setTimeout(() => {
      this.ageTimer = null;
      this.pump();
    }, waitMs);
  }

  private isReady(): boolean {
    const { queue } = this;
    if (queue.first === null) return false;
    const { eventsMax, bytesMax, overheadBytes, ageMsMax } = this.batchLimits;
    if (queue.length >= eventsMax || queue.bytes + queue.length * overheadBytes >= bytesMax) return true;
    return !this.hasRoom || Date.now() - queue.first.queuedAtMs >= ageMsMax;
  }

  private start(): void {
    const events = this.queue.take(this.batchLimits);
    const batch = { events, memory: events.reduce((sum, event) => sum + memoryOf(event), 0), isDone: false };
    this.batches.push(batch);
    this.running++;
    this.track(this.run(batch));
  }

  private async run(batch: Batch): Promise<void> {
    // Unless it ends here the batch stays where it is, and the cursor before it.
    batch.isDone = (await this.deliverAll(batch.events, false)) !== null;
    while (this.batches[0]?.isDone === true) this.batches.shift();
    if (batch.isDone) {
      this.isMoved = true;
      this.free(batch.memory);
    }
    this.running--;
    this.pump();
  }

  /** Resolves with how many were refused for good, null when the lane ended before. */
  private async deliverAll(events: readonly PendingEvent[], isReplay: boolean): Promise<number | null> {
    for (;;) {
      try {
        return await this.deliver(events, isReplay);
      } catch (error) {
        if (error instanceof DestinationGone) this.gone(error.message);
        if (this.isGone || this.signal.aborted) return null;
        // A fault of ours. It may be gone with the settings or the version; nothing is lost meanwhile.
        this.options.onFault(error);
        this.options.gate.pause();
      }
    }
  }

  /** Delivers and keeps what was refused. */
  private async deliver(events: readonly PendingEvent[], isReplay: boolean): Promise<number> {
    const refused = await this.courier.deliver(events, { isReplay, ...this.signals() });
    if (refused.length > 0) await this.keep(refused);
    return refused.length;
  }

  private signals(): { closing: AbortSignal; abort: AbortSignal } {
    return { closing: this.closing.signal, abort: this.abort.signal };
  }

  /** Without its letter an event must not be passed by: it is tried until the disk takes it. */
  private async keep(refused: readonly RefusedEvent[]): Promise<void> {
    const { integration, undelivered, reader, node, stats, onFault } = this.options;
    for (;;) {
      try {
        const events = await readBack(refused, { reader, node, signal: this.abort.signal });
        await undelivered.keep(undeliveredLetter(integration, refused, events));
        stats.rejected += refused.length;
        stats.lastError = refused[0]!.reason;
        return;
      } catch (error) {
        this.signal.throwIfAborted();
        onFault(error);
        await delay(KEEP_RETRY_MS, undefined, { signal: this.signal });
      }
    }
  }

  private gone(reason: string): void {
    if (this.isGone) return;
    this.isGone = true;
    this.options.stats.lastError = reason;
    this.options.onGone(reason);
  }

  /**
   * History: delivered when no live events wait, but a batch every other second in any case. Rejects when the lane ended
   * before, resolves with how many were refused.
   */
  async replay(events: readonly PendingEvent[]): Promise<number> {
    await this.takeTurn();
    const work = this.deliverAll(events, true);
    this.track(work.then(() => undefined));
    const refused = await work;
    this.running--;
    this.pump();
    if (refused === null) throw new DOMException('the lane ended', 'AbortError');
    return refused;
  }

  /** Once, without retries. What is refused stays in its letter. */
  async redeliver(events: readonly (Event | null)[]): Promise<Redelivered> {
    const rejected: { index: number; reason: string }[] = [];
    const waiting: PendingEvent[] = [];
    for (const [index, event] of events.entries()) {
      if (event === null) rejected.push({ index, reason: 'the event is not there any more' });
      else waiting.push(this.encode(event, { position: 0, index }, event.receivedAtMs));
    }
    const refused = await this.courier.deliver(waiting, { isReplay: true, once: true, ...this.signals() });
    for (const { pending, reason } of refused) rejected.push({ index: pending.place.index, reason });
    return { delivered: events.length - rejected.length, rejected: rejected.sort((a, b) => a.index - b.index) };
  }

  private async takeTurn(): Promise<void> {
    const mine = Promise.withResolvers<void>();
    this.turn = { dueAtMs: performance.now() + REPLAY_WAIT_MS_MAX, resolve: mine.resolve };
    this.pump();
    const onAbort = () => mine.reject(this.signal.reason);
    this.signal.addEventListener('abort', onAbort, { once: true });
    if (this.signal.aborted) onAbort();
    await mine.promise.finally(() => this.signal.removeEventListener('abort', onAbort));
  }

  private free(memory: number): void {
    this.memory -= memory;
    this.options.budget.bytes -= memory;
    this.freed.resolve();
    this.freed = Promise.withResolvers();
  }

  private track(work: Promise<void>): void {
    this.work.add(work);
    void work.finally(() => this.work.delete(work));
  }

  /** Before it nothing is needed any more. */
  get place(): Place {
    return this.batches[0]?.events[0]?.place ?? this.queue.first?.place ?? this.next;
  }

  /** Saves how far it is, if that has changed. One at a time. */
  commit(): Promise<void> {
    this.committing = this.committing.then(async () => {
      const isDue = Date.now() - this.committedAtMs >= this.options.limits.idleCommitIntervalMs;
      if (!this.isMoved && !isDue && !this.signal.aborted) return;
      this.isMoved = false;
      this.committedAtMs = Date.now();
      const { position, index } = this.place;
      const saved = this.options.cursor.load();
      const isBehind =
        saved !== null && (position < saved.position || (position === saved.position && index <= saved.state.index));
      if (isBehind) return;
      await this.options.cursor.commit(position, { index }).catch(this.options.onFault);
    });
    return this.committing;
  }

  status(nowMs: number): IntegrationStatus {
    const { gate, stats } = this.options;
    const { delivered, rejected, skipped, lastError, lastDeliveryAtMs } = stats;
    const waiting = this.queue.length + this.batches.reduce((sum, { events }) => sum + events.length, 0);
    const oldestMs = this.oldestReceivedAtMs();
    return {
      state: this.state(waiting),
      lagEvents: waiting + this.backlog.events,
      lagBytes: this.memory + this.backlog.bytes,
      lagSeconds: oldestMs === null ? 0 : Math.max(0, (nowMs - oldestMs) / 1000),
      delivered,
      rejected,
      skipped,
      lastError,
      lastDeliveryAtMs,
      nextAttemptAtMs: gate.nextAttemptAtMs,
      circuit: gate.circuit,
    };
  }

  private state(waiting: number): IntegrationStatus['state'] {
    const { gate } = this.options;
    if (this.isGone) return 'disabled';
    if (gate.isPaused) return 'paused';
    if (gate.failures > 0) return 'retrying';
    return waiting + this.backlog.events > 0 ? 'delivering' : 'idle';
  }

  private oldestReceivedAtMs(): number | null {
    const oldest = this.batches[0]?.events[0] ?? this.queue.first;
    return oldest?.receivedAtMs ?? this.backlog.oldestReceivedAtMs;
  }

  /** Gives calls under way `graceMs`, then ends them, and saves how far it is. Safe to call twice. */
  async close(graceMs: number): Promise<void> {
    if (!this.closing.signal.aborted) {
      this.closing.abort(new DOMException('the lane ends', 'AbortError'));
      if (this.ageTimer !== null) clearTimeout(this.ageTimer);
      const timer = setTimeout(() => this.abort.abort(new DOMException('the lane ends', 'AbortError')), graceMs);
      await Promise.allSettled(this.work);
      clearTimeout(timer);
      this.abort.abort();
      await this.commit();
      this.options.budget.bytes -= this.memory;
      this.memory = 0;
      await this.options.destination.close().catch(this.options.onFault);
    }
    await this.committing;
  }
}
