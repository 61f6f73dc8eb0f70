import type { EventBatch } from '../../batch/event-batch.ts';
import { appendFrame, type DecodedFrame, decodeFrame } from '../../batch/frame.ts';
import { encodeNative } from '../../batch/native-encode.ts';
import type { Cursor, JournalFrame, JournalPosition, JournalReader } from '../../journal/journal.ts';
import { PermanentError, RetryableError } from '../../runtime/errors.ts';
import { type EventStore, insertToken } from '../../stores/store.ts';

/**
 * The range whose insert was begun: [the cursor's position, `to`]. It is on disk before the insert, so that after a
 * crash exactly the same rows go out again under the same token, and the store drops what it has already.
 */
export interface StoreWriterState {
  inflightTo: JournalPosition | null;
}

export interface StoreWriterOptions {
  reader: JournalReader;
  cursor: Cursor<StoreWriterState>;
  store: EventStore;
  node: number;
  /** Reused for every insert. */
  batch: EventBatch;
  insertRowsMax: number;
  insertIntervalMs: number;
  /** Bytes of one insert, whatever its rows: it is held in memory whole, here and in the store. */
  insertBytesMax: number;
  /**
   * Keeps a frame that the store refuses for good, or, with code `internal`, that cannot be read. Durable when it
   * resolves; the same frame again changes nothing.
   */
  setAside(frame: JournalFrame, error: PermanentError): Promise<void>;
  onProgress(progress: StoreWriterProgress): void;
}

export interface StoreWriterProgress {
  /** Everything before it is in the store, or set aside. */
  position: JournalPosition;
  rows: number;
  setAside: number;
  /** Why the store did not take the last insert; null when it did. */
  error: string | null;
}

const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 5000;

/** A frame that waits for its insert. Payloads are only valid until the next read, so the batch holds the rows. */
interface Pending {
  from: JournalPosition;
  to: JournalPosition;
  bytes: number;
}

/**
 * Moves frames from the journal into the event store: exactly once, in order, and for as long as it takes. It ends
 * when `signal` aborts; what is in flight then is sent again at the next start, under the same token.
 */
export async function runStoreWriter(
  options: StoreWriterOptions,
  signal: AbortSignal,
  flush: FlushSwitch,
): Promise<void> {
  const unreadable = new Set<JournalPosition>();
  for (;;) {
    try {
      return await moveFrames({ ...options, unreadable }, signal, flush);
    } catch (error) {
      if (!(error instanceof UnreadableFrame)) throw error;
      await options.setAside(error.frame, new PermanentError('internal', error.message));
      unreadable.add(error.frame.position);
      const position = options.cursor.load()?.position ?? options.reader.range().oldest;
      options.onProgress({ position, rows: 0, setAside: 1, error: null });
    }
  }
}

interface Running extends StoreWriterOptions {
  /** Frames that are left out. */
  unreadable: ReadonlySet<JournalPosition>;
}

/** Its checksum is right and still it is none of our blocks: a fault of ours, or of the machine's memory. */
class UnreadableFrame extends Error {
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
function append({ batch, node, unreadable }: Running, frame: JournalFrame, decoded = decodeFrame(frame.payload)): void {
  if (unreadable.has(frame.position)) return;
  try {
    appendFrame(batch, decoded, node, frame.position);
  } catch (error) {
    throw new UnreadableFrame(frame, error);
  }
}

async function moveFrames(options: Running, signal: AbortSignal, flush: FlushSwitch): Promise<void> {
  const start = await finishInflight(options, signal);
  const frames = new FrameSource(options.reader.read(start, { follow: true, signal }));
  let lastInsertAt = Number.NEGATIVE_INFINITY;
  try {
    while (!signal.aborted) {
      const pending = await gather(options, frames, lastInsertAt, signal, flush);
      if (pending === null) return;
      await options.cursor.commit(pending.from, { inflightTo: pending.to });
      if (!(await insertRange(options, pending, signal))) return;
      lastInsertAt = performance.now();
      await finishRange(options, pending.to + 1);
    }
  } catch (error) {
    flush.cancel();
    if (error instanceof UnreadableFrame) await frames.close();
    throw error;
  }
}

async function finishRange(options: Running, position: JournalPosition): Promise<void> {
  await options.cursor.commit(position, { inflightTo: null });
  await options.reader.trim(position);
}

/** Sends the range again that a crash may have cut short. Returns the first position behind it. */
async function finishInflight(options: Running, signal: AbortSignal): Promise<JournalPosition> {
  const saved = options.cursor.load();
  const position = saved?.position ?? options.reader.range().oldest;
  const to = saved?.state.inflightTo ?? null;
  if (to === null) return position;
  const pending = await readRange(options, position, to);
  if (!(await insertRange(options, pending, signal))) return position;
  await finishRange(options, to + 1);
  return to + 1;
}

async function readRange(options: Running, from: JournalPosition, to: JournalPosition): Promise<Pending> {
  const { batch, reader } = options;
  batch.symbols.trimIfLarge();
  batch.clear();
  const pending = { from, to, bytes: 0 };
  for await (const frame of reader.read(from, { follow: false, signal: new AbortController().signal })) {
    if (frame.position > to) break;
    pending.bytes += frame.payload.length;
    append(options, frame);
  }
  return pending;
}

/** Ends the gathering early when someone waits for an event to be searchable. */
export class FlushSwitch {
  private wake: (() => void) | null = null;
  private wanted = false;

  flush(): void {
    this.wanted = true;
    this.wake?.();
  }

  /** Resolves after `ms`, or as soon as a flush is wanted or `signal` aborts. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    if (!this.wanted && !signal.aborted && ms > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
        signal.addEventListener('abort', this.wake, { once: true });
      });
      signal.removeEventListener('abort', this.wake!);
      this.wake = null;
    }
    this.wanted = false;
  }

  /** Ends a `wait` that is no longer of use. */
  cancel(): void {
    this.wake?.();
  }
}

/** Frames one at a time, with a look at the next one: it stays next until it is taken. */
class FrameSource {
  private readonly frames: AsyncIterator<JournalFrame>;
  private pending: Promise<JournalFrame | null> | null = null;

  constructor(frames: AsyncIterable<JournalFrame>) {
    this.frames = frames[Symbol.asyncIterator]();
  }

  /** The next frame, null at the end. */
  peek(): Promise<JournalFrame | null> {
    this.pending ??= this.frames.next().then((result) => (result.done === true ? null : result.value));
    return this.pending;
  }

  take(): void {
    this.pending = null;
  }

  /** Only while the next one is known: the end of the reading is waited for. */
  async close(): Promise<void> {
    await this.frames.return?.();
  }
}

/**
 * Waits for the first frame, gives others time to arrive, and fills the batch. An insert costs the store 20 to 50 ms
 * of CPU whatever its size, so under a trickle there is one per interval, and under load each is as large as allowed.
 * Null when the frames ended.
 */
async function gather(
  options: Running,
  frames: FrameSource,
  lastInsertAt: number,
  signal: AbortSignal,
  flush: FlushSwitch,
): Promise<Pending | null> {
  const { batch, insertIntervalMs } = options;
  batch.symbols.trimIfLarge();
  batch.clear();
  const first = await frames.peek();
  if (first === null) return null;
  const pending: Pending = { from: first.position, to: first.position, bytes: 0 };
  let isEmpty = true;
  const waitMs = Math.max(BURST_MS, lastInsertAt + insertIntervalMs - performance.now());
  const timeIsUp = flush.wait(waitMs, signal).then(() => 'time' as const);
  for (;;) {
    const next = await Promise.race([frames.peek(), timeIsUp]);
    if (next === 'time' || next === null) break;
    const frame = decodeFrame(next.payload);
    if (batch.rows > 0 && isFull(pending, batch, frame, next.payload.length, options)) break;
    append(options, next, frame);
    pending.to = next.position;
    pending.bytes += next.payload.length;
    isEmpty = false;
    frames.take();
  }
  flush.cancel();
  return isEmpty ? null : pending;
}

/** An event alone is searchable at once, a burst is taken together. */
const BURST_MS = 50;

function isFull(pending: Pending, batch: EventBatch, frame: DecodedFrame, bytes: number, options: Running) {
  return batch.rows + frame.rows > options.insertRowsMax || pending.bytes + bytes > options.insertBytesMax;
}

/** Inserts the batch until it is in. False when `signal` aborted before. */
async function insertRange(options: Running, pending: Pending, signal: AbortSignal): Promise<boolean> {
  const { batch } = options;
  const token = insertToken(options.node, pending.from, pending.to);
  for (let retryMs = RETRY_MS_MIN; !signal.aborted; retryMs = Math.min(retryMs * 2, RETRY_MS_MAX)) {
    try {
      if (batch.rows > 0) await options.store.insert(encodeNative(batch, { position: true }).parts, batch.rows, token);
      options.onProgress({ position: pending.to + 1, rows: batch.rows, setAside: 0, error: null });
      return true;
    } catch (error) {
      if (error instanceof PermanentError) return insertOneByOne(options, pending, signal);
      if (!(error instanceof RetryableError)) throw error;
      options.onProgress({ position: pending.from, rows: 0, setAside: 0, error: error.message });
      await sleep(retryMs, signal);
    }
  }
  return false;
}

/**
 * The store refuses the range for good, so one of its frames is at fault: each goes alone, under its own token, and
 * the guilty ones are set aside. After a crash the range is refused again and this runs again, to the same end.
 */
async function insertOneByOne(options: Running, range: Pending, signal: AbortSignal): Promise<boolean> {
  const { batch, reader } = options;
  let setAside = 0;
  let rows = 0;
  for await (const frame of reader.read(range.from, { follow: false, signal: new AbortController().signal })) {
    if (frame.position > range.to || signal.aborted) break;
    if (options.unreadable.has(frame.position)) continue;
    batch.clear();
    append(options, frame);
    const kept = { position: frame.position, payload: Buffer.from(frame.payload) };
    const error = await insertFrame(options, frame.position, signal);
    rows += error === null ? batch.rows : 0;
    if (error !== null) {
      await options.setAside(kept, error);
      setAside++;
    }
  }
  if (signal.aborted) return false;
  options.onProgress({ position: range.to + 1, rows, setAside, error: null });
  return true;
}

async function insertFrame(options: Running, position: JournalPosition, signal: AbortSignal) {
  const token = insertToken(options.node, position, position);
  for (let retryMs = RETRY_MS_MIN; !signal.aborted; retryMs = Math.min(retryMs * 2, RETRY_MS_MAX)) {
    try {
      const { parts } = encodeNative(options.batch, { position: true });
      await options.store.insert(parts, options.batch.rows, token);
      return null;
    } catch (error) {
      if (error instanceof PermanentError) return error;
      if (!(error instanceof RetryableError)) throw error;
      await sleep(retryMs, signal);
    }
  }
  return null;
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new FlushSwitch().wait(ms, signal);
}
