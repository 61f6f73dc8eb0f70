import type { EventBatch } from '../../batch/event-batch.ts';
import { type DecodedFrame, decodeFrame } from '../../batch/frame.ts';
import type { Cursor, JournalFrame, JournalPosition, JournalReader } from '../../journal/journal.ts';
import { PermanentError } from '../../runtime/errors.ts';
import type { EventStore } from '../../stores/store.ts';
import { append, completeRange, insertRange, type Pending, type Running, UnreadableFrame } from './insert-range.ts';

/**
 * The range whose insert was begun: [the cursor's position, `to`]. It is on disk before the insert, so that after a
 * crash exactly the same rows go out again under the same token, and the store drops what it has already.
 */
export interface StoreWriterState {
  inflightTo: JournalPosition | null;
  /** `StoreWriterOptions.boot` when it was begun; earlier versions did not write it. */
  boot?: string | null;
  /** The store took the token and lacks rows. They go out under other tokens, and the first one is of no use any more. */
  isTokenSpent?: boolean;
}

export interface StoreWriterOptions {
  reader: JournalReader;
  cursor: Cursor<StoreWriterState>;
  store: EventStore;
  node: number;
  /**
   * Another one after every start of the machine on which the embedded store runs: its tokens are not synced, so a power
   * cut may cost it the last ones. Null for a store elsewhere.
   */
  boot: string | null;
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

async function moveFrames(options: Running, signal: AbortSignal, flush: FlushSwitch): Promise<void> {
  const start = await finishInflight(options, signal);
  const frames = new FrameSource(options.reader.read(start, { follow: true, signal }));
  let lastInsertAt = Number.NEGATIVE_INFINITY;
  try {
    while (!signal.aborted) {
      const pending = await gather(options, frames, lastInsertAt, signal, flush);
      if (pending === null) return;
      await options.cursor.commit(pending.from, { inflightTo: pending.to, boot: options.boot });
      if (!(await insertRange(options, pending, { isRepeat: false, signal }))) return;
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

/**
 * Sends the range again that a crash may have cut short. Returns the first position behind it. When the store may have
 * forgotten the token, or it is spent, only what is missing is sent.
 */
async function finishInflight(options: Running, signal: AbortSignal): Promise<JournalPosition> {
  const saved = options.cursor.load();
  const position = saved?.position ?? options.reader.range().oldest;
  const to = saved?.state.inflightTo ?? null;
  if (to === null) return position;
  const pending = await readRange(options, position, to);
  const finish = isTokenKnown(saved!.state, options.boot) ? insertRange : completeRange;
  if (!(await finish(options, pending, { isRepeat: true, signal }))) return position;
  await finishRange(options, to + 1);
  return to + 1;
}

function isTokenKnown({ boot = null, isTokenSpent = false }: StoreWriterState, bootNow: string | null): boolean {
  return !isTokenSpent && (boot === null || bootNow === null || boot === bootNow);
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
