import type { Framer, OnFrame } from '../util/framed-connection.ts';

const NUL = 0x00;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const LESS_THAN = 0x3c;

/** Longest message, in bytes; of longer ones the rest is skipped. rsyslog's is 8 KiB, syslog-ng's 64 KiB. */
export const FRAME_BYTES_MAX = 1 << 16;
/** Digits of an octet count. A line that begins with more of them is a line. */
const COUNT_DIGITS_MAX = 7;
const FIRST_BYTES = 8192;
/** Whether a frame begins with an octet count cannot be told before more bytes come. */
const UNKNOWN = -2;

/** The header of a message that begins in the middle of others, where a client writes nothing between them. */
const HEADER = /(?<=.)(?=<\d{1,3}>(?:1 \d{4}-\d\d-\d\dT|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d ))/s;

/**
 * Finds the messages of one connection (RFC 6587). Each may come in its own way: `LENGTH SP MSG`, or up to a line feed,
 * with or without carriage return, or up to a NUL.
 */
export class SyslogFramer implements Framer {
  private readonly onFrame: OnFrame;
  private buffer = Buffer.allocUnsafe(FIRST_BYTES);
  /** Where the frame that is not complete begins, up to where it was searched for its end, and the end of the bytes. */
  private start = 0;
  private searched = 0;
  private end = 0;
  /** Bytes still to come of a counted frame that was too long. */
  private skipBytes = 0;
  /** Whether the rest of a line that was too long is still to come. */
  private skipsLine = false;
  /** Whether the client has ever ended a message in one of the ways above. */
  private isDelimited = false;

  constructor(onFrame: OnFrame) {
    this.onFrame = onFrame;
  }

  get keptBytes(): number {
    return this.end - this.start;
  }

  push(chunk: Buffer): void {
    this.append(chunk);
    while (this.next());
    if (this.start === this.end) {
      this.start = 0;
      this.end = 0;
      this.searched = 0;
    }
  }

  /** Nothing came for a while: a client that ends no message has sent what it had. A counted frame is waited for. */
  flushIdle(): void {
    this.skipsLine = false;
    if (this.start < this.end && this.countedLength() === -1) this.flush();
    // There may be thousands of idle connections.
    if (this.start === this.end && this.buffer.length > FIRST_BYTES) this.buffer = Buffer.allocUnsafe(FIRST_BYTES);
  }

  /** The connection ends: what is there is all there will be. */
  flush(): void {
    const { buffer, start, end } = this;
    const counted = start < end ? this.countedLength() : -1;
    const first = counted === -1 ? start : Math.max(start, buffer.indexOf(SPACE, start) + 1);
    const isRest = this.skipsLine || this.skipBytes > 0;
    this.start = 0;
    this.end = 0;
    this.searched = 0;
    this.skipsLine = false;
    if (first >= end || isRest || counted === UNKNOWN) return;
    if (counted === -1) this.undelimited(buffer.subarray(first, end));
    else this.onFrame(buffer.subarray(first, end), true);
  }

  private append(chunk: Buffer): void {
    if (this.end + chunk.length > this.buffer.length) {
      const kept = this.end - this.start;
      const isRoomy = kept + chunk.length <= this.buffer.length;
      const target = isRoomy ? this.buffer : Buffer.allocUnsafe((kept + chunk.length) * 2);
      this.buffer.copy(target, 0, this.start, this.end);
      this.buffer = target;
      this.searched -= this.start;
      this.start = 0;
      this.end = kept;
    }
    chunk.copy(this.buffer, this.end);
    this.end += chunk.length;
  }

  /** Takes one step. False when there is nothing to do before more bytes come. */
  private next(): boolean {
    if (this.skipBytes > 0) return this.skipCounted();
    if (this.skipsLine) return this.skipLine();
    const { buffer, end } = this;
    while (this.start < end && isDelimiter(buffer[this.start])) this.start++;
    if (this.start === end) return false;
    const length = this.countedLength();
    if (length === UNKNOWN) return false;
    return length >= 0 ? this.counted(length) : this.line();
  }

  private skipCounted(): boolean {
    const bytes = Math.min(this.skipBytes, this.end - this.start);
    this.skipBytes -= bytes;
    this.moveTo(this.start + bytes);
    return bytes > 0;
  }

  private skipLine(): boolean {
    const found = this.delimiter();
    this.skipsLine = found < 0;
    this.moveTo(found < 0 ? this.end : found + 1);
    return found >= 0;
  }

  /** The octet count that the frame begins with, -1 when there is none, UNKNOWN when that cannot be told yet. */
  private countedLength(): number {
    const { buffer, start, end } = this;
    if (buffer[start] < 0x31 || buffer[start] > 0x39) return -1;
    let length = 0;
    let p = start;
    for (; p < end && buffer[p] >= 0x30 && buffer[p] <= 0x39; p++) length = length * 10 + buffer[p] - 0x30;
    if (p - start > COUNT_DIGITS_MAX) return -1;
    if (p === end) return UNKNOWN;
    if (buffer[p] !== SPACE) return -1;
    if (p + 1 === end) return UNKNOWN;
    // A line may begin with a number, too, but no line does with a number and a priority.
    return buffer[p + 1] === LESS_THAN ? length : -1;
  }

  private counted(length: number): boolean {
    const { buffer, end } = this;
    const first = buffer.indexOf(SPACE, this.start) + 1;
    const kept = Math.min(length, FRAME_BYTES_MAX);
    if (end - first < kept) return false;
    this.isDelimited = true;
    this.skipBytes = length - kept;
    this.moveTo(first + kept);
    this.onFrame(buffer.subarray(first, first + kept), kept < length);
    return true;
  }

  private line(): boolean {
    const { buffer, start, end } = this;
    const found = this.delimiter();
    const last = found < 0 ? end : found;
    if (found < 0 && end - start < FRAME_BYTES_MAX) return false;
    if (found >= 0) this.isDelimited = true;
    if (found < 0 && !this.isDelimited && this.allButLast(buffer.subarray(start, end))) return true;
    const isCut = last - start > FRAME_BYTES_MAX || found < 0;
    this.skipsLine = found < 0;
    this.moveTo(found < 0 ? end : found + 1);
    this.onFrame(buffer.subarray(start, isCut ? start + FRAME_BYTES_MAX : last), isCut);
    return true;
  }

  /**
   * A client that ends no message (winston-syslog without `eol`) may have sent several that arrive as one. They are
   * told by their headers; only here, since a message may quote another.
   */
  private undelimited(bytes: Buffer): void {
    for (const piece of this.pieces(bytes)) this.onFrame(Buffer.from(piece, 'latin1'), false);
  }

  /** The same while more may come: the last one is kept. False when there is only one. */
  private allButLast(bytes: Buffer): boolean {
    const pieces = this.pieces(bytes);
    const last = pieces.pop() ?? '';
    for (const piece of pieces) this.onFrame(Buffer.from(piece, 'latin1'), false);
    if (pieces.length > 0) this.moveTo(this.end - last.length);
    return pieces.length > 0;
  }

  private pieces(bytes: Buffer): string[] {
    const text = bytes.toString('latin1');
    return this.isDelimited ? [text] : text.split(HEADER);
  }

  /** The position of the next LF or NUL, -1 when there is none yet. */
  private delimiter(): number {
    const from = Math.max(this.start, this.searched);
    const { buffer, end } = this;
    for (let p = from; p < end; p++) {
      if (buffer[p] === LF || buffer[p] === NUL) return p;
    }
    this.searched = end;
    return -1;
  }

  private moveTo(position: number): void {
    this.start = position;
    this.searched = position;
  }
}

function isDelimiter(byte: number): boolean {
  return byte === LF || byte === CR || byte === NUL;
}
