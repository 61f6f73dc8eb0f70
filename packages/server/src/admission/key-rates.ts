import { RetryableError } from '../runtime/errors.ts';

/** How much may come at once, in seconds of the rate. */
const BURST_S = 10;
/** A request counts as so many bytes at least: empty ones are work too. */
const REQUEST_BYTES_MIN = 1024;
/** Buckets are looked through when there are so many more: one that is full again says nothing. */
const SWEEP_AT = 10_000;

interface Bucket {
  left: number;
  atMs: number;
}

/**
 * A rate for each browser key. Such a key is public: whoever read it in a page could fill the org's daily quota, and
 * then the org's own servers would be refused.
 */
export class KeyRates {
  private readonly bytesPerSecond: number;
  private readonly nowMs: () => number;
  private readonly buckets = new Map<string, Bucket>();
  private sweepAt = SWEEP_AT;

  constructor(bytesPerSecond: number, nowMs: () => number = Date.now) {
    this.bytesPerSecond = bytesPerSecond;
    this.nowMs = nowMs;
  }

  /** Charges a request. @throws RetryableError `rate_limited`, and charges nothing, when the key has sent too much. */
  take(keyId: string, bytes: number): void {
    const nowMs = this.nowMs();
    const full = this.bytesPerSecond * BURST_S;
    const bucket = this.buckets.get(keyId) ?? { left: full, atMs: nowMs };
    const passedS = Math.max(0, nowMs - bucket.atMs) / 1000;
    const left = Math.min(full, bucket.left + passedS * this.bytesPerSecond);
    if (left <= 0) {
      const waitMs = Math.ceil((-left / this.bytesPerSecond) * 1000) + 1;
      const limit = `${this.bytesPerSecond} bytes a second (limits.browserKeyBytesPerSecond)`;
      throw new RetryableError('rate_limited', `this browser key may send ${limit}`, waitMs);
    }
    this.buckets.set(keyId, { left: left - Math.max(bytes, REQUEST_BYTES_MIN), atMs: nowMs });
    if (this.buckets.size >= this.sweepAt) this.sweep(nowMs);
  }

  private sweep(nowMs: number): void {
    for (const [keyId, { atMs }] of this.buckets) {
      if (nowMs - atMs > BURST_S * 2000) this.buckets.delete(keyId);
    }
    this.sweepAt = this.buckets.size + SWEEP_AT;
  }
}
