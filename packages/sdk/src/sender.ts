import type { Outcome, ServerClient } from './server-client.ts';
import { halvesOf, type Shipment } from './wire.ts';

/** Where shipments come from: memory or disk. */
export interface Source {
  /** The oldest events that wait; null when there are none. */
  take(): Promise<Shipment | null>;
  /** The last that was taken has arrived, or never will. */
  done(shipment: Shipment): Promise<void>;
  /** Events that wait. */
  readonly ready: number;
}

export interface SenderOptions {
  client: Pick<ServerClient, 'send'>;
  source: Source;
  /** So many are sent at once; fewer wait for flushIntervalMs. */
  batchEvents: number;
  flushIntervalMs: number;
  /** Told of what the server does not take, with a word for each kind. */
  onTrouble(kind: string, message: string): void;
  /** 0 to 1; for tests. */
  random?(): number;
}

/** Requests of fewer than LARGE_EVENTS events are made so often at most. */
const REQUEST_INTERVAL_MS = 100;
const LARGE_EVENTS = 1_000;
/** After the spool could not be read. */
const SOURCE_RETRY_MS = 1_000;
const BACKOFF_MS = 200;
const BACKOFF_MS_MAX = 30_000;

/** Takes shipments to the server, one at a time, until it has them. */
export class Sender {
  delivered = 0;
  rejected = 0;
  refused = 0;
  retries = 0;
  /** Why the last request failed; empty when it did not. */
  trouble = '';
  /** The shipment under way. */
  current: Shipment | null = null;
  private readonly options: SenderOptions;
  private isRunning = false;
  private isUrgent = false;
  private isClosed = false;
  private timer: NodeJS.Timeout | undefined;
  private timerDueAtMs = 0;
  private startedAtMs = Number.NEGATIVE_INFINITY;
  private endPause: () => void = () => {};
  private readonly idle: (() => void)[] = [];

  constructor(options: SenderOptions) {
    this.options = options;
  }

  /** Called whenever events came: sends them at once when there are enough. */
  notify(): void {
    if (this.isRunning || this.isClosed || this.options.source.ready === 0) return;
    const waitMs = this.waitMs();
    if (waitMs <= 0) {
      void this.run();
      return;
    }
    const dueAtMs = performance.now() + waitMs;
    if (this.timer !== undefined && this.timerDueAtMs <= dueAtMs) return;
    clearTimeout(this.timer);
    this.timerDueAtMs = dueAtMs;
    this.timer = setTimeout(() => void this.run(), waitMs);
    this.timer.unref();
  }

  /** How long what is there waits for more. Many requests a second would cost more than the events. */
  private waitMs(): number {
    const { source, batchEvents, flushIntervalMs } = this.options;
    if (source.ready < batchEvents) return flushIntervalMs;
    if (source.ready >= LARGE_EVENTS) return 0;
    return Math.max(0, Math.ceil(this.startedAtMs + REQUEST_INTERVAL_MS - performance.now()));
  }

  /** Sends all that waits now, and does not wait for the next attempt. */
  hurry(): void {
    if (this.isClosed) return;
    this.isUrgent = true;
    this.endPause();
    if (!this.isRunning) void this.run();
  }

  /** Nothing is under way and nothing waits. */
  get isIdle(): boolean {
    return !this.isRunning && this.options.source.ready === 0;
  }

  /** Resolves when a shipment arrived, the server did not take one, or the sender came to rest. */
  progress(): Promise<void> {
    return new Promise((resolve) => this.idle.push(resolve));
  }

  close(): void {
    this.isClosed = true;
    clearTimeout(this.timer);
    this.endPause();
  }

  private async run(): Promise<void> {
    this.isRunning = true;
    clearTimeout(this.timer);
    this.timer = undefined;
    const { source } = this.options;
    try {
      do {
        this.startedAtMs = performance.now();
        const shipment = await source.take();
        if (shipment === null) break;
        this.current = shipment;
        const isSettled = await this.deliver(shipment);
        if (!isSettled) break;
        this.current = null;
        await source.done(shipment);
        this.tell();
      } while (!this.isClosed && (this.isUrgent || this.waitMs() <= 0));
    } catch (error) {
      const why = `events cannot be read: ${(error as Error).message}`;
      await this.pauseAfter({ kind: 'later', afterMs: SOURCE_RETRY_MS, isSlow: false, why }, 0);
    }
    this.isUrgent = false;
    this.isRunning = false;
    this.tell();
    this.notify();
  }

  private tell(): void {
    for (const resolve of this.idle.splice(0)) resolve();
  }

  /** Until the shipment has arrived or is refused. False when the sender was closed before. */
  private async deliver(shipment: Shipment): Promise<boolean> {
    for (let attempt = 0; ; attempt++) {
      const outcome = await this.options.client.send(shipment);
      if (outcome.kind === 'too-large') {
        const halves = halvesOf(shipment);
        if (halves === null) return this.refuse(shipment, { isCounted: false, why: 'an event is too large' });
        return (await this.deliver(halves[0])) && (await this.deliver(halves[1]));
      }
      if (outcome.kind === 'taken') {
        this.trouble = '';
        this.delivered += shipment.count - outcome.rejected;
        this.rejected += outcome.rejected;
        return true;
      }
      if (outcome.kind === 'refused') return this.refuse(shipment, outcome);
      if (this.isClosed) return false;
      await this.pauseAfter(outcome, attempt);
      if (this.isClosed) return false;
    }
  }

  private refuse({ count }: Shipment, { isCounted, why }: { isCounted: boolean; why: string }): true {
    this.options.onTrouble('refused', `${count} events were refused: ${why}`);
    if (isCounted) this.rejected += count;
    else this.refused += count;
    return true;
  }

  /** Exponential backoff with full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ */
  private async pauseAfter(outcome: Extract<Outcome, { kind: 'later' }>, attempt: number): Promise<void> {
    this.retries++;
    this.trouble = outcome.why;
    this.tell();
    this.options.onTrouble(outcome.isSlow ? 'key' : 'server', `events wait: ${outcome.why}`);
    const random = (this.options.random ?? Math.random)();
    const ceilingMs = outcome.isSlow ? BACKOFF_MS_MAX : Math.min(BACKOFF_MS_MAX, BACKOFF_MS * 2 ** attempt);
    const jitterMs = outcome.isSlow ? ceilingMs / 2 + (random * ceilingMs) / 2 : random * ceilingMs;
    const afterMs = Math.min(BACKOFF_MS_MAX, Math.max(jitterMs, outcome.afterMs));
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, afterMs);
      timer.unref();
      this.endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.endPause = () => {};
  }
}
