import type { ErrorCode } from '@tailwater/schema';

/** A request or message that was refused, whole or in part: what a user looks at when nothing arrives. */
export interface Attempt {
  atMs: number;
  receiver: string;
  /** Null when it is not known whose it was. */
  orgId: string | null;
  remoteAddress: string;
  /** Path of the request, or the listener's id. */
  path: string;
  /** HTTP status that was answered; null where the protocol has none. */
  status: number | null;
  code: ErrorCode;
  reason: string;
  /** Events refused of a request whose others were taken; null when nothing was taken. */
  rejectedEvents: number | null;
  /** First bytes of the body as text, secrets replaced; empty when it was not read. */
  firstBytes: string;
}

/** Kept a receiver, newest last: of requests with a key, and as many of those without. */
const KEPT_MAX = 200;

/**
 * The newest refused attempts of every receiver, in memory. What came without a valid key has a list of its own: anybody
 * can send that, and it shall not push out what an org looks for.
 */
export class Attempts {
  private readonly known = new Map<string, Attempt[]>();
  private readonly unknown = new Map<string, Attempt[]>();

  note(attempt: Attempt): void {
    const byReceiver = attempt.orgId === null ? this.unknown : this.known;
    let kept = byReceiver.get(attempt.receiver);
    if (kept === undefined) {
      kept = [];
      byReceiver.set(attempt.receiver, kept);
    }
    kept.push(attempt);
    if (kept.length > KEPT_MAX) kept.shift();
  }

  /** Newest first: those of an org, and with `withUnknown` those of nobody known; of every org when it is null. */
  list(orgId: string | null, withUnknown: boolean): Attempt[] {
    const known = [...this.known.values()].flat().filter((attempt) => orgId === null || attempt.orgId === orgId);
    const unknown = withUnknown ? [...this.unknown.values()].flat() : [];
    return [...known, ...unknown].sort((a, b) => b.atMs - a.atMs);
  }
}
