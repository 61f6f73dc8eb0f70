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

/** Kept of an org and receiver, newest last; and as many a receiver of those without a valid key. */
const KEPT_MAX = 200;
/** Beyond so many lists the one that was longest without news goes. */
const LISTS_MAX = 500;

/**
 * The newest refused attempts, in memory: a list for every org and receiver, so that none pushes out what another looks
 * for. What came without a valid key has lists of its own.
 */
export class Attempts {
  /** The last one had news last. */
  private readonly lists = new Map<string, Attempt[]>();

  note(attempt: Attempt): void {
    const name = `${attempt.receiver}\t${attempt.orgId ?? ''}`;
    const kept = this.lists.get(name) ?? [];
    this.lists.delete(name);
    this.lists.set(name, kept);
    kept.push(attempt);
    if (kept.length > KEPT_MAX) kept.shift();
    if (this.lists.size > LISTS_MAX) this.lists.delete(this.lists.keys().next().value ?? '');
  }

  /** Newest first: those of an org, and with `withUnknown` those of nobody known; of every org when it is null. */
  list(orgId: string | null, withUnknown: boolean): Attempt[] {
    return [...this.lists.values()]
      .filter(([first]) => (first?.orgId == null ? withUnknown : orgId === null || first.orgId === orgId))
      .flat()
      .sort((a, b) => b.atMs - a.atMs);
  }
}
