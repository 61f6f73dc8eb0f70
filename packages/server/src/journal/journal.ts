/**
 * The journal in words. Every implementation (disk, later NATS JetStream) runs test/contracts/journal.contract.ts,
 * which names these rules.
 *
 * J1 `append` resolves only when the payload would survive a power cut. Sequence numbers start at 1, rise by one per
 *    payload in the order of the calls, and are never used again, also after a restart.
 * J2 A payload is there whole or not at all. What was not acknowledged may or may not be there after a crash.
 * J3 A failed append leaves no trace: its sequence number goes to the next payload.
 * J4 A torn tail is cut at open. Damage before the last good frame is skipped, counted and set aside in a file;
 *    the frames behind it are still read, under their own numbers.
 * J5 No space: `append` throws RetryableError `disk_full`, reading goes on, and appends work again once there is space.
 * J6 Any other write or sync error is final for the writer (fail-stop): every later `append` throws RetryableError
 *    `journal_unavailable` until the process is started again, because the disk's state is not known.
 * J7 A cursor is durable when `commit` resolves, and is read back whole or not at all.
 * J8 `trim(before)` removes whole segments whose frames all lie before `before`, never the segment being written.
 */

/** The number of a frame, from 1. Held in 48 bits, so it is exact as a JavaScript number. */
export type JournalPosition = number;

export interface JournalFrame {
  position: JournalPosition;
  /** The appended bytes. Valid until the next frame is asked for. */
  payload: Buffer;
}

export interface JournalWriter {
  /** `payload` parts are written one after another as one frame. They must not change until the promise settles. */
  append(payload: readonly Uint8Array[]): Promise<JournalPosition>;
  /** The position that the next successful append gets. */
  readonly next: JournalPosition;
  /** Why nothing can be appended right now, null when all is well. */
  readonly fault: 'disk_full' | 'journal_unavailable' | null;
  /** Waits for appends under way, then closes. Safe to call twice. */
  close(): Promise<void>;
}

export interface JournalReader {
  /**
   * Frames from `from` on, in order, only durable ones. With `follow` it waits for more at the end until `signal`
   * aborts, and ends then; without it, it ends there. Stopped before its end (by `signal` or `close`), a read without
   * `follow` throws RetryableError `shutting_down`, so that a range is never taken for whole when it is not. A position that was trimmed away starts at the oldest frame that is left.
   */
  read(from: JournalPosition, options: { follow: boolean; signal: AbortSignal }): AsyncIterable<JournalFrame>;
  /** First position that is still there, and the one after the last durable frame. */
  range(): { oldest: JournalPosition; next: JournalPosition };
  /** Bytes of all segments. */
  bytes(): number;
  /** Rule J8. */
  trim(before: JournalPosition): Promise<void>;
  close(): Promise<void>;
}

/** Durable named progress of one consumer. `state` is the consumer's own JSON (the store writer's range in flight). */
export interface Cursor<State = null> {
  readonly name: string;
  /** The first position not yet handled, and the state saved with it. */
  load(): { position: JournalPosition; state: State } | null;
  commit(position: JournalPosition, state: State): Promise<void>;
}
