import { RetryableError } from '../runtime/errors.ts';

const FAILURES_MAX = 20;
const WINDOW_MS = 60_000;
/** Addresses that are remembered. With more of them all are forgiven. */
const ADDRESSES_MAX = 10_000;

/** Bounds how often one address may try in vain. */
export class FailureLimit {
  readonly #nowMs: () => number;
  readonly #failures = new Map<string, { count: number; untilMs: number }>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** @throws RetryableError `rate_limited` after FAILURES_MAX failures within a minute. */
  check(address: string): void {
    const failures = this.#failures.get(address);
    if (failures === undefined || failures.count < FAILURES_MAX) return;
    const waitMs = failures.untilMs - this.#nowMs();
    if (waitMs > 0) throw new RetryableError('rate_limited', 'too many sign-ins failed: wait a minute', waitMs);
    this.#failures.delete(address);
  }

  note(address: string): void {
    const nowMs = this.#nowMs();
    const failures = this.#failures.get(address);
    if (failures !== undefined && failures.untilMs > nowMs) {
      failures.count += 1;
      return;
    }
    if (this.#failures.size >= ADDRESSES_MAX) this.#failures.clear();
    this.#failures.set(address, { count: 1, untilMs: nowMs + WINDOW_MS });
  }
}
