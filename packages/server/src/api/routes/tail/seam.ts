import type { LiveTail, TailChunk, TailRequest, TailSubscription } from '../../../consumers/live-tail/live-tail.ts';
import type { TailPlace } from '../../../consumers/live-tail/wire.ts';
import type { JournalPosition } from '../../../journal/journal.ts';

export interface SeamDeps {
  liveTail: LiveTail;
  /** The first journal position that is not searchable yet. Throws RetryableError while that is not known. */
  storePosition(): JournalPosition;
}

export interface SeamRequest extends TailRequest {
  /** `stored`: where the store's events end. */
  start: TailPlace | 'end' | 'stored';
  /** Gets one chunk at a time; the next waits until its promise resolves. */
  receive(chunk: TailChunk): Promise<void>;
}

export interface OpenSeam {
  subscription: TailSubscription;
  /** Where the subscription starts. */
  from: TailPlace;
  /** What lies before it is to be asked of the store; null unless `start` was `stored`. */
  seam: JournalPosition | null;
}

/**
 * Starts a subscription so that it and the store give every event once: it starts at the store's position S, and what
 * it gets has to wait while the store is asked for events that lie before S. It starts first, because the journal behind
 * S is trimmed as the store moves on.
 * @throws RetryableError `rate_limited`, `shutting_down`, `store_unavailable` …
 */
export async function openAtSeam(deps: SeamDeps, request: SeamRequest): Promise<OpenSeam> {
  for (let turn = 1; ; turn++) {
    const open = await begin(deps, request, turn === SEAM_TURNS);
    if (open !== null) return open;
  }
}

/** Tries to find S still in the journal. One is enough unless the journal is trimmed in that millisecond. */
const SEAM_TURNS = 5;

/** Null when the journal behind S was trimmed before the tail had hold of it: with the next S it will do. */
async function begin(deps: SeamDeps, request: SeamRequest, isLastTurn: boolean): Promise<OpenSeam | null> {
  const { start, receive } = request;
  const subscription = await deps.liveTail.open(request);
  try {
    const seam = start === 'stored' ? deps.storePosition() : null;
    const from = await subscription.start(
      seam === null ? (start as TailPlace | 'end') : { frame: seam, index: 0 },
      receive,
    );
    if (seam === null || from.frame === seam || isLastTurn) return { subscription, from, seam };
    subscription.close();
    return null;
  } catch (error) {
    subscription.close();
    throw error;
  }
}
