import type { FileHandle } from 'node:fs/promises';
import { isKnownError, RetryableError } from '../../runtime/errors.ts';
import type { ListenerContext } from '../receiver.ts';
import { Boundaries } from './boundaries.ts';
import { noteHead, type Place, readAt, TAIL_BYTES, tailOf } from './identity.ts';
import { type Gap, type Piece, Pieces } from './pieces.ts';
import { LAST, readQuery } from './query.ts';

/** Bytes of a body. Below the limit of one event, so that a line of this length fits. */
export const BODY_BYTES = 960 << 10;
/** What is read, with what is before it, and the body. */
const HELD_BYTES = 2 * BODY_BYTES + TAIL_BYTES;
/** Bodies of a file under way at a time: one is decoded, one is on its way to the disk, one waits. */
const PIPELINED = 3;
/** How long an event is waited for that may go on. */
const OPEN_EVENT_MS = 2000;
/** How long a refused file is left alone: a key may be put right meanwhile. */
const REFUSED_MS = 30_000;
const RETRY_MS_MAX = 30_000;
const NEWLINE = 0x0a;
const LOCAL = '127.0.0.1';

/** What a file needs of its surroundings. */
export interface FileSurroundings {
  context: ListenerContext;
  secret: string | null;
  now(): number;
  /** Saves the places in a while: what a crash leaves out the journal knows. */
  saveSoon(): void;
  /** Whether one more body may be under way, of a file that has so many. */
  mayStart(underWay: number): boolean;
  /** Counts bodies under way. */
  started(by: 1 | -1): void;
}

/**
 * What came of a step: something was handed over, nothing is to be done now, the file was cut short, or there is
 * something in a file of which nothing was known.
 */
export type StepResult = 'progress' | 'idle' | 'truncated' | 'begun';

/** What is cut from what was read. */
interface Cut {
  end: number;
  /** Nothing of the last event is to be waited for. */
  isLast: boolean;
  isFull: boolean;
}

const boundaries = new Boundaries();

/** A file that is read to its end again and again, from `place.offset`, some bodies at a time. */
export class TailedFile {
  readonly place: Place;
  readonly handle: FileHandle;
  /** Whether its writer is gone, so that a last line without a newline is one. */
  isFinished = false;
  /** When something was last seen to be new in it. */
  changedAt: number;
  /** Whether a search found it under one of the configured names. */
  isListed = true;
  private query: string;
  private readonly around: FileSurroundings;
  private readonly pieces: Pieces;
  private readonly rule: ReturnType<typeof readQuery>['multiline'];
  /** Until the journal was asked what it has of the file. */
  private isRecovered: boolean;
  private waitUntil = 0;
  private retries = 0;
  private fault: unknown = null;
  private size = -1;
  /** The size at which everything that can be handed over was; -1 when there may be more. */
  private doneSize = -1;
  /** Since when there has been an event at the offset that is not whole; 0 when there is none. */
  private openSince = 0;
  /** One event fills a body: there is nothing to wait for. */
  private isFilled = false;

  constructor(around: FileSurroundings, place: Place, handle: FileHandle, query: string) {
    this.around = around;
    this.place = place;
    this.handle = handle;
    this.query = query;
    this.rule = readQuery(query).multiline;
    this.pieces = new Pieces(place);
    this.isRecovered = place.offset === 0 && place.fingerprintBytes === 0;
    this.changedAt = around.now();
  }

  get isAtEnd(): boolean {
    return this.place.offset === this.size;
  }

  /** Not read before then, unless `describe` comes first. */
  waitFor(ms: number): void {
    this.waitUntil = this.around.now() + ms;
  }

  /** What is known of the file by now; bodies under way keep what was known before. */
  describe(query: string): void {
    this.query = query;
    this.waitUntil = 0;
  }

  /** Waits for the bodies under way. */
  async settle(): Promise<void> {
    await Promise.all(this.pieces.underWay.map(({ done }) => done));
    this.pieces.advance();
  }

  /** Hands over what there is, some bodies ahead, and waits for the first of them. Rejects as the disk does. */
  async step(): Promise<StepResult> {
    const { around, place, pieces } = this;
    const now = around.now();
    if (now < this.waitUntil || !(await this.recover())) return 'idle';
    const { size } = await this.handle.stat();
    if (place.offset === 0 && place.fingerprintBytes === 0 && size > 0) return 'begun';
    // Also when nothing was read yet: what was there may be in a copy.
    if (size < pieces.end || size < this.size) return 'truncated';
    if (size !== this.size) this.changedAt = now;
    this.size = size;
    const isLate = this.openSince !== 0 && now - this.openSince >= OPEN_EVENT_MS;
    if (!(await this.fill(isLate || this.isFinished))) return 'truncated';
    // With none under way the last ones may have been settled since the last look.
    await pieces.underWay.at(0)?.done;
    if (this.fault !== null) throw this.takeFault();
    if (!pieces.advance()) return 'idle';
    around.saveSoon();
    return 'progress';
  }

  /** Asks once what the journal has of the file behind its checkpoint. False when that is not known yet. */
  private async recover(): Promise<boolean> {
    if (this.isRecovered) return true;
    const { context, secret } = this.around;
    const { id: producer, offset: first } = this.place;
    try {
      const { size: next } = await this.handle.stat();
      if (next > first) {
        const missing = await context.missing({ secret, remoteAddress: LOCAL }, { producer, first, next });
        await this.pieces.recover(this.handle, missing, next);
      }
      this.isRecovered = true;
    } catch (error) {
      this.postpone(error);
    }
    return this.isRecovered;
  }

  private takeFault(): unknown {
    const { fault } = this;
    this.fault = null;
    return fault;
  }

  /** Sends bodies until enough are under way, or there is nothing to send. False when the file was cut short. */
  private async fill(isLast: boolean): Promise<boolean> {
    const { around, pieces } = this;
    for (let underWay = pieces.underWay.length; underWay < PIPELINED; underWay++) {
      const gap = pieces.gap();
      if (gap === null || !around.mayStart(underWay) || around.now() < this.waitUntil) return true;
      const isEnd = gap.end === Number.POSITIVE_INFINITY;
      if (isEnd && (gap.start === this.size || (this.size === this.doneSize && !isLast))) return true;
      const sent = await this.send(gap, isLast);
      if (sent !== 'sent') return sent === 'nothing';
    }
    return true;
  }

  private async send(gap: Gap, isLast: boolean): Promise<'sent' | 'nothing' | 'truncated'> {
    const { context } = this.around;
    try {
      context.hold(HELD_BYTES);
    } catch (error) {
      this.postpone(error);
      return 'nothing';
    }
    let isHeld = true;
    try {
      const before = Math.min(TAIL_BYTES, gap.start);
      const length = Math.min(BODY_BYTES, gap.end - gap.start);
      const bytes = await readAt(this.handle, gap.start - before, before + length);
      if (bytes.length < before || (before > 0 && tailOf(bytes, before) !== gap.tail)) return 'truncated';
      const isShort = bytes.length < before + length;
      if (isShort && gap.end !== Number.POSITIVE_INFINITY) return 'truncated';
      const cut = this.cut(bytes, before, gap, isLast);
      if (cut.end === before) {
        this.doneSize = this.size;
        this.openSince = 0;
        return 'nothing';
      }
      isHeld = false;
      this.start(gap, bytes, before, cut);
      return 'sent';
    } finally {
      if (isHeld) context.release(HELD_BYTES);
    }
  }

  /** Whole lines, and where more follows whole events: so the next body need not wait for this one to be decoded. */
  private cut(bytes: Buffer, before: number, gap: Gap, isLast: boolean): Cut {
    const length = bytes.length - before;
    if (length === gap.end - gap.start) return { end: bytes.length, isLast: true, isFull: true };
    const isFull = length === BODY_BYTES;
    const lines = bytes.lastIndexOf(NEWLINE) + 1;
    // A line longer than a body is handed over in pieces.
    if (isFull && lines <= before) return { end: bytes.length, isLast: true, isFull };
    if (!isFull) return { end: this.isFinished ? bytes.length : Math.max(before, lines), isLast, isFull };
    const events = boundaries.lastEventEnd(bytes, before, lines, this.rule);
    if (events > before) return { end: events, isLast: true, isFull };
    return { end: lines, isLast: this.isFilled, isFull };
  }

  private start(gap: Gap, bytes: Buffer, before: number, cut: Cut): void {
    const { pieces, around } = this;
    const from = gap.start;
    const to = from + cut.end - before;
    const isOpen = !cut.isLast;
    const piece: Piece = { from, to, tail: tailOf(bytes, cut.end), done: null, isOpen };
    // Its own memory: a body is given away, and moved to another thread.
    const body = Buffer.allocUnsafeSlow(to - from);
    bytes.copy(body, 0, before, cut.end);
    this.isFilled = false;
    around.started(1);
    piece.done = this.hand(piece, body)
      .then((consumed) => this.taken(piece, consumed, bytes, before, cut))
      .catch((error: unknown) => {
        pieces.remove(piece);
        this.fault = error;
      })
      .finally(() => {
        piece.done = null;
        piece.isOpen = false;
        around.started(-1);
        around.context.release(HELD_BYTES);
      });
    pieces.add(piece);
  }

  /** The bytes that became events, -1 when they were not taken. */
  private async hand(piece: Piece, body: Buffer): Promise<number> {
    const { context, secret } = this.around;
    const { length } = body;
    const sequence = { producer: this.place.id, first: piece.from, next: piece.to };
    const query = piece.isOpen ? this.query : this.query + LAST;
    const message = { body, format: 'lines', query, secret, remoteAddress: LOCAL, sequence };
    try {
      const receipt = await context.accept(message);
      this.retries = 0;
      const consumed = Number(receipt.reply ?? length);
      return consumed >= 0 && consumed <= length ? consumed : length;
    } catch (error) {
      this.postpone(error);
      return -1;
    }
  }

  /** What was not taken, or not all of it, is a gap again. */
  private taken(piece: Piece, consumed: number, bytes: Buffer, before: number, cut: Cut): void {
    const { pieces, place } = this;
    if (consumed > 0) {
      piece.to = piece.from + consumed;
      piece.tail = tailOf(bytes, before + consumed);
      // Up to 1024 bytes, what is before it is all of the file.
      if (before === piece.from) noteHead(place, bytes, before + consumed);
    } else {
      pieces.remove(piece);
    }
    if (consumed < 0) return;
    const isOpen = consumed < cut.end - before;
    this.isFilled = isOpen && consumed === 0 && cut.isFull;
    if (cut.isFull) return;
    this.doneSize = isOpen ? this.size : -1;
    if (!isOpen || consumed > 0) this.openSince = 0;
    if (isOpen && this.openSince === 0) this.openSince = this.around.now();
  }

  /** Backpressure: what is not taken stays in the file, and is read again later. */
  private postpone(error: unknown): void {
    if (!isKnownError(error)) throw error;
    const { context, now } = this.around;
    // Bodies that were refused together.
    if (now() < this.waitUntil) return;
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
