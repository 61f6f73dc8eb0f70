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

/** Kept a receiver, newest last. */
const KEPT_MAX = 200;

/** The newest refused attempts of every receiver, in memory. */
export class Attempts {
  private readonly byReceiver = new Map<string, Attempt[]>();

  note(attempt: Attempt): void {
    let kept = this.byReceiver.get(attempt.receiver);
    if (kept === undefined) {
      kept = [];
      this.byReceiver.set(attempt.receiver, kept);
    }
    kept.push(attempt);
    if (kept.length > KEPT_MAX) kept.shift();
  }

  /** Newest first: those of an org, and with `withUnknown` those of nobody known; of every org when it is null. */
  list(orgId: string | null, withUnknown: boolean): Attempt[] {
    return [...this.byReceiver.values()]
      .flat()
      .filter((attempt) => (attempt.orgId === null ? withUnknown : orgId === null || attempt.orgId === orgId))
      .sort((a, b) => b.atMs - a.atMs);
  }
}
