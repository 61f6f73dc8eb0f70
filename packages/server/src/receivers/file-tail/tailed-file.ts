import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { isKnownError, RetryableError } from '../../runtime/errors.ts';
import type { ListenerContext } from '../receiver.ts';
import { advance, type Place, readAt, TAIL_BYTES } from './identity.ts';
import { LAST } from './query.ts';

/** Bytes of a file that are under way at a time. Below the limit of one event, so that a line of this length fits. */
export const BODY_BYTES = 960 << 10;
/** What is read, with what is before it, and the body. */
const HELD_BYTES = 2 * BODY_BYTES + TAIL_BYTES;
/** How long an event is waited for that may go on. */
const OPEN_EVENT_MS = 2000;
/** How long a refused file is left alone: a key may be put right meanwhile. */
const REFUSED_MS = 30_000;
const RETRY_MS_MAX = 30_000;
const NEWLINE = 0x0a;

/** What a file needs of its surroundings. */
export interface FileSurroundings {
  context: ListenerContext;
  secret: string | null;
  now(): number;
  /** Resolves when the present places are durable. */
  save(): Promise<void>;
}

/** What came of a step: something was handed over, nothing is to be done now, or the file was cut short. */
export type StepResult = 'progress' | 'idle' | 'truncated';

/** A file that is read to its end again and again: from `place.offset`, a body at a time. */
export class TailedFile {
  readonly place: Place;
  readonly handle: FileHandle;
  /** Whether its writer is gone, so that a last line without a newline is one. */
  isFinished = false;
  /** When something was last seen to be new in it. */
  changedAt: number;
  /** Whether a search found it under one of the configured names. */
  isListed = true;
  private readonly around: FileSurroundings;
  private readonly query: string;
  private waitUntil = 0;
  private retries = 0;
  private size = -1;
  /** The size at which everything that can be handed over was; -1 when there may be more. */
  private doneSize = -1;
  /** Since when there has been an event at the offset that is not whole; 0 when there is none. */
  private openSince = 0;

  constructor(around: FileSurroundings, place: Place, handle: FileHandle, query: string) {
    this.around = around;
    this.place = place;
    this.handle = handle;
    this.query = query;
    this.changedAt = around.now();
  }

  get isAtEnd(): boolean {
    return this.place.offset === this.size;
  }

  /** Reads and hands over one body, if there is one. Rejects as the disk does. */
  async step(): Promise<StepResult> {
    const { around, place } = this;
    const now = around.now();
    if (now < this.waitUntil) return 'idle';
    const { size } = await this.handle.stat();
    // Also when nothing was read yet: what was there may be in a copy.
    if (size < place.offset || size < this.size) return 'truncated';
    if (size !== this.size) this.changedAt = now;
    this.size = size;
    const isLate = this.openSince !== 0 && now - this.openSince >= OPEN_EVENT_MS;
    if (size === place.offset || (size === this.doneSize && !isLate && !this.isFinished)) return 'idle';
    try {
      around.context.hold(HELD_BYTES);
    } catch (error) {
      this.postpone(error);
      return 'idle';
    }
    try {
      return await this.read(isLate || this.isFinished);
    } finally {
      around.context.release(HELD_BYTES);
    }
  }

  private async read(isLast: boolean): Promise<StepResult> {
    const { place, handle, size } = this;
    const before = Math.min(TAIL_BYTES, place.offset);
    const bytes = await readAt(handle, place.offset - before, before + BODY_BYTES);
    if (bytes.length < before || (before > 0 && crc32(bytes.subarray(0, before)) !== place.tail)) return 'truncated';
    const isFull = bytes.length === before + BODY_BYTES;
    const newline = bytes.lastIndexOf(NEWLINE);
    // A line longer than a body is handed over in pieces.
    const isPiece = newline < before && isFull;
    const end = isPiece || (this.isFinished && !isFull) ? bytes.length : Math.max(before, newline + 1);
    if (end === before) {
      this.doneSize = size;
      this.openSince = 0;
      return 'idle';
    }
    let consumed = await this.hand(bytes, before, end, isLast || isPiece);
    // One event fills the body: there is nothing to wait for.
    if (consumed === 0 && isFull) consumed = await this.hand(bytes, before, end, true);
    if (consumed < 0) return 'idle';
    const isOpen = consumed < end - before && !isFull;
    this.doneSize = isOpen ? size : -1;
    if (!isOpen || consumed > 0) this.openSince = 0;
    if (isOpen && this.openSince === 0) this.openSince = this.around.now();
    if (consumed === 0) return 'idle';
    advance(place, bytes, before, consumed);
    await this.around.save();
    return 'progress';
  }

  /** Its own memory: a body is given away, and may be moved to another thread. */
  private hand(bytes: Buffer, start: number, end: number, isLast: boolean): Promise<number> {
    const body = Buffer.allocUnsafeSlow(end - start);
    bytes.copy(body, 0, start, end);
    return this.accept(body, isLast);
  }

  /** The bytes that became events, -1 when they were not taken. */
  private async accept(body: Buffer, isLast: boolean): Promise<number> {
    const { context, secret } = this.around;
    const { length } = body;
    const query = isLast ? this.query + LAST : this.query;
    try {
      const receipt = await context.accept({ body, format: 'lines', query, secret, remoteAddress: '127.0.0.1' });
      this.retries = 0;
      const consumed = Number(receipt.reply ?? length);
      return consumed >= 0 && consumed <= length ? consumed : length;
    } catch (error) {
      this.postpone(error);
      return -1;
    }
  }

  /** Backpressure: what is not taken stays in the file, and is read again later. */
  private postpone(error: unknown): void {
    if (!isKnownError(error)) throw error;
    const { context, now } = this.around;
    if (error instanceof RetryableError) {
      const wait = Math.max(error.retryAfterMs, 100 * 2 ** Math.min(this.retries++, 10));
      this.waitUntil = now() + Math.min(wait, RETRY_MS_MAX);
      return;
    }
    this.waitUntil = now() + REFUSED_MS;
    context.count('file_refused');
    const { path, offset } = this.place;
    context.warn({ path, offset, code: error.code, reason: error.message }, 'a log file is not read on for now');
  }
}
