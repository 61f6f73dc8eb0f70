import { setTimeout as delay } from 'node:timers/promises';
import type { SenderLimits } from './wire.ts';

type GateLimits = Pick<
  SenderLimits,
  'retryMsMin' | 'retryMsMax' | 'retryAfterMsMax' | 'pauseMsMin' | 'pauseMsMax' | 'circuitFailures' | 'probeEvents'
>;

/**
 * When a destination may be called. After a failure nobody calls it for a while that grows; after several, or when it
 * refuses the credentials, the circuit is open: one small probe goes alone, and the others wait for what becomes of it.
 */
export class Gate {
  readonly #limits: GateLimits;
  readonly #random: () => number;
  #changed = Promise.withResolvers<void>();
  #isProbing = false;
  #pauses = 0;
  failures = 0;
  circuit: 'closed' | 'open' | 'half-open' = 'closed';
  nextAttemptAtMs: number | null = null;
  /** Of the last attempt, null when it went well. */
  lastFailureAtMs: number | null = null;

  constructor(limits: GateLimits, random: () => number = Math.random) {
    this.#limits = limits;
    this.#random = random;
  }

  get isPaused(): boolean {
    return this.#pauses > 0;
  }

  /**
   * Resolves when a call may be made, with how many events it may have at most. It must be followed by `succeed`, `fail`,
   * `pause` or `leave`. Rejects when `signal` aborts.
   */
  async enter(signal: AbortSignal): Promise<number> {
    for (;;) {
      signal.throwIfAborted();
      const waitMs = (this.nextAttemptAtMs ?? 0) - Date.now();
      if (waitMs > 0) await this.#wait(waitMs, signal);
      else if (this.circuit === 'closed') return Number.POSITIVE_INFINITY;
      else if (this.#isProbing) await this.#wait(null, signal);
      else {
        this.#isProbing = true;
        this.circuit = 'half-open';
        return this.#limits.probeEvents;
      }
    }
  }

  /** The destination answered as it should. */
  succeed(): void {
    this.failures = 0;
    this.#pauses = 0;
    this.circuit = 'closed';
    this.nextAttemptAtMs = null;
    this.lastFailureAtMs = null;
    this.#settle();
  }

  /** It took a part and asks for the rest again a little later. */
  slowDown(): void {
    this.succeed();
    this.nextAttemptAtMs = Date.now() + this.#jitter(1);
  }

  fail(retryAfterMs: number): void {
    const { circuitFailures, retryAfterMsMax } = this.#limits;
    this.failures++;
    this.#pauses = 0;
    this.lastFailureAtMs = Date.now();
    if (this.failures >= circuitFailures) this.circuit = 'open';
    const delayMs = Math.max(this.#jitter(this.failures), Math.min(retryAfterMs, retryAfterMsMax));
    // Several calls at a time fail at different times: the latest wish counts.
    this.nextAttemptAtMs = Math.max(this.nextAttemptAtMs ?? 0, Date.now() + delayMs);
    this.#settle();
  }

  /** Nothing helps but new settings, or a change at the other end: it is asked now and then. */
  pause(): void {
    const { pauseMsMin, pauseMsMax } = this.#limits;
    this.lastFailureAtMs = Date.now();
    this.nextAttemptAtMs = Date.now() + Math.min(pauseMsMax, pauseMsMin * 2 ** Math.min(this.#pauses, 20));
    this.#pauses++;
    this.circuit = 'open';
    this.#settle();
  }

  /** No call was made, or its outcome says nothing. */
  leave(): void {
    if (this.#isProbing) this.circuit = 'open';
    this.#settle();
  }

  #settle(): void {
    this.#isProbing = false;
    if (this.circuit === 'half-open') this.circuit = 'open';
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  /** Full jitter, so that integrations which failed together do not come back together. */
  #jitter(failures: number): number {
    const { retryMsMin, retryMsMax } = this.#limits;
    const most = Math.min(retryMsMax, retryMsMin * 2 ** Math.min(failures - 1, 30));
    return Math.max(retryMsMin / 10, this.#random() * most);
  }

  async #wait(ms: number | null, signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    const either = AbortSignal.any([signal, over.signal]);
    const aborted = delay(ms ?? 0x7fff_ffff, undefined, { signal: either }).catch(() => undefined);
    await Promise.race([this.#changed.promise, aborted]);
    over.abort();
  }
}

/** Events a second. What goes at once may overdraw it, and the next waits the longer. */
export class RateLimit {
  readonly #perSecond: number | null;
  #freeAtMs = 0;

  constructor(perSecond: number | null) {
    this.#perSecond = perSecond;
  }

  /** Most events of one call. */
  get batchEventsMax(): number {
    return Math.max(1, Math.ceil(this.#perSecond ?? Number.POSITIVE_INFINITY));
  }

  async pass(events: number, signal: AbortSignal): Promise<void> {
    if (this.#perSecond === null) return;
    const nowMs = performance.now();
    const startMs = Math.max(nowMs, this.#freeAtMs);
    this.#freeAtMs = startMs + (events / this.#perSecond) * 1000;
    if (startMs > nowMs) await delay(startMs - nowMs, undefined, { signal });
  }
}
