import { setTimeout as delay } from 'node:timers/promises';
import { appendFrame, decodeFrame } from '../../batch/frame.ts';
import { encodeNative } from '../../batch/native-encode.ts';
import type { JournalFrame, JournalPosition } from '../../journal/journal.ts';
import { PermanentError, RetryableError } from '../../runtime/errors.ts';
import { insertToken } from '../../stores/store.ts';
import type { StoreWriterOptions } from './store-writer.ts';

export interface Running extends StoreWriterOptions {
  /** Frames that are left out. */
  unreadable: ReadonlySet<JournalPosition>;
}

/** A range that waits for its insert. Payloads are only valid until the next read, so the batch holds the rows. */
export interface Pending {
  from: JournalPosition;
  to: JournalPosition;
  bytes: number;
}

/** `isRepeat`: an earlier process may have sent the same. */
interface How {
  isRepeat: boolean;
  signal: AbortSignal;
}

const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 5000;
/** Of looking for what is missing, and sending it. What is missing then has expired or was deleted meanwhile. */
const ROUNDS_MAX = 3;

/** Its checksum is right and still it is none of our blocks: a fault of ours, or of the machine's memory. */
export class UnreadableFrame extends Error {
  readonly frame: JournalFrame;

  constructor({ position, payload }: JournalFrame, cause: unknown) {
    super(`the frame cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.frame = { position, payload: Buffer.from(payload) };
  }
}

/**
 * Adds a frame's rows to the batch. A frame of a later version than ours throws a plain Error: it has to wait for a
 * program that knows it.
 */
export function append(running: Running, frame: JournalFrame, decoded = decodeFrame(frame.payload)): void {
  const { batch, node, unreadable } = running;
  if (unreadable.has(frame.position)) return;
  try {
    appendFrame(batch, decoded, node, frame.position);
  } catch (error) {
    throw new UnreadableFrame(frame, error);
  }
}

/**
 * Inserts the batch, which holds the rows of `pending`, until it is in. Where an insert may have ended half way, the
 * store is asked what it has after the last one: a server that noted a token without its rows takes the token for known.
 * False when `signal` aborted before.
 */
export async function insertRange(running: Running, pending: Pending, { isRepeat, signal }: How): Promise<boolean> {
  const { rows } = running.batch;
  const result = await insertBatch(running, insertToken(running.node, pending.from, pending.to), pending.from, signal);
  if (result === 'stopped') return false;
  if (result instanceof PermanentError) {
    const stored = await storedFrames(running, pending, signal);
    return stored !== 'stopped' && insertOneByOne(running, pending, stored ?? NONE, { isRepeat, signal });
  }
  if (isRepeat || result === 'at last') return completeRange(running, pending, { isRepeat: true, signal });
  running.onProgress({ position: pending.to + 1, rows, setAside: 0, error: null });
  return true;
}

/**
 * Asks the store which frames of the range it has, and inserts the others, under tokens of their own. A frame is in the
 * store whole or not at all: it is of one org and one moment, so its rows are in one part. From then on the range's own
 * token is never sent again: a server that is started again may no longer know it. The views count again what they had
 * already. False when `signal` aborted before.
 */
export async function completeRange(running: Running, pending: Pending, how: How): Promise<boolean> {
  let rows = 0;
  for (let round = 1; round <= ROUNDS_MAX; round++) {
    const stored = await storedFrames(running, pending, how.signal);
    if (stored === 'stopped') return false;
    const frames = stored === null ? 0 : await readMissing(running, pending, stored);
    if (stored === null || frames === 0) break;
    await running.cursor.commit(pending.from, { inflightTo: pending.to, boot: running.boot, isTokenSpent: true });
    const token = `${insertToken(running.node, pending.from, pending.to)}!${round}`;
    const result = await insertBatch(running, token, pending.from, how.signal);
    if (result === 'stopped') return false;
    if (result instanceof PermanentError) return insertOneByOne(running, pending, stored, how);
    rows += running.batch.rows;
  }
  running.onProgress({ position: pending.to + 1, rows, setAside: 0, error: null });
  return true;
}

const NONE: ReadonlySet<JournalPosition> = new Set();

/** Asks until there is an answer: also a query that is refused is no fault of the rows. */
async function storedFrames({ store, node, onProgress }: Running, { from, to }: Pending, signal: AbortSignal) {
  for (let retryMs = RETRY_MS_MIN; !signal.aborted; retryMs = Math.min(retryMs * 2, RETRY_MS_MAX)) {
    try {
      return await store.storedFrames(node, from, to);
    } catch (error) {
      if (!(error instanceof RetryableError || error instanceof PermanentError)) throw error;
      onProgress({ position: from, rows: 0, setAside: 0, error: error.message });
      await sleep(retryMs, signal);
    }
  }
  return 'stopped';
}

/** Fills the batch with the range's frames that are not stored. Returns how many they are. */
async function readMissing(running: Running, { from, to }: Pending, stored: ReadonlySet<JournalPosition>) {
  running.batch.clear();
  let frames = 0;
  for await (const frame of framesOf(running, from, to)) {
    const decoded = decodeFrame(frame.payload);
    if (decoded.rows === 0 || stored.has(frame.position)) continue;
    append(running, frame, decoded);
    frames++;
  }
  return frames;
}

/** The frames of a range that can be read. */
async function* framesOf({ reader, unreadable }: Running, from: JournalPosition, to: JournalPosition) {
  for await (const frame of reader.read(from, { follow: false, signal: new AbortController().signal })) {
    if (frame.position > to) return;
    if (!unreadable.has(frame.position)) yield frame;
  }
}

/** Sends the batch until it is in ('at last' after a failure), refused for good, or `signal` aborts. */
async function insertBatch(
  { store, batch, onProgress }: Running,
  token: string,
  position: JournalPosition,
  signal: AbortSignal,
): Promise<'at once' | 'at last' | 'stopped' | PermanentError> {
  let result: 'at once' | 'at last' = 'at once';
  for (let retryMs = RETRY_MS_MIN; !signal.aborted; retryMs = Math.min(retryMs * 2, RETRY_MS_MAX)) {
    try {
      if (batch.rows > 0) await store.insert(encodeNative(batch, { position: true }).parts, batch.rows, token);
      return result;
    } catch (error) {
      if (error instanceof PermanentError) return error;
      if (!(error instanceof RetryableError)) throw error;
      result = 'at last';
      onProgress({ position, rows: 0, setAside: 0, error: error.message });
      await sleep(retryMs, signal);
    }
  }
  return 'stopped';
}

/**
 * The store refuses the range for good, so one of its frames is at fault: each that is not stored goes alone, under its
 * own token, and the guilty ones are set aside. After a crash the range is refused again and this runs again, to the
 * same end.
 */
async function insertOneByOne(
  running: Running,
  { from, to }: Pending,
  stored: ReadonlySet<JournalPosition>,
  { isRepeat, signal }: How,
): Promise<boolean> {
  const { batch } = running;
  let setAside = 0;
  let rows = 0;
  for await (const frame of framesOf(running, from, to)) {
    if (stored.has(frame.position)) continue;
    const kept = { position: frame.position, payload: Buffer.from(frame.payload) };
    const error = await insertAlone(running, kept, { isRepeat, signal });
    if (error === 'stopped') return false;
    rows += error === null ? batch.rows : 0;
    if (error === null) continue;
    await running.setAside(kept, error);
    setAside++;
  }
  running.onProgress({ position: to + 1, rows, setAside, error: null });
  return true;
}

/** Null when the frame is in, else why it was refused. */
async function insertAlone(running: Running, frame: JournalFrame, { isRepeat, signal }: How) {
  const { node, batch } = running;
  const { position } = frame;
  for (let round = 0; round <= ROUNDS_MAX; round++) {
    batch.clear();
    append(running, frame);
    const token = insertToken(node, position, position) + (round === 0 ? '' : `!${round}`);
    const result = await insertBatch(running, token, position, signal);
    if (result === 'stopped' || result instanceof PermanentError) return result;
    if (!isRepeat && result === 'at once') return null;
    const stored = await storedFrames(running, { from: position, to: position, bytes: 0 }, signal);
    if (stored === 'stopped') return stored;
    if (stored === null || stored.has(position)) return null;
  }
  return null;
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return delay(ms, undefined, { signal }).catch(() => {});
}
