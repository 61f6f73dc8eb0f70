import type { Framer, OnFrame } from '../util/framed-connection.ts';

const NUL = 0;

/** GELF over TCP: messages that end with a NUL. */
export class NulFramer implements Framer {
  private readonly onFrame: OnFrame;
  private readonly bytesMax: number;
  private buffer = Buffer.alloc(0);
  private length = 0;

  constructor(bytesMax: number, onFrame: OnFrame) {
    this.bytesMax = bytesMax;
    this.onFrame = onFrame;
  }

  push(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(NUL); end >= 0; end = chunk.indexOf(NUL, start)) {
      if (this.length === 0) this.emit(chunk.subarray(start, end), end - start);
      else {
        this.keep(chunk.subarray(start, end));
        this.flush();
      }
      start = end + 1;
    }
    this.keep(chunk.subarray(start));
  }

  get keptBytes(): number {
    return this.buffer.length;
  }

  /** A client that sends no NUL has gone silent. */
  flushIdle(): void {
    this.flush();
  }

  /** What is there is a message. */
  flush(): void {
    const { buffer, length } = this;
    this.length = 0;
    // An idle connection keeps no memory.
    this.buffer = Buffer.alloc(0);
    this.emit(buffer, length);
  }

  private emit(bytes: Buffer, length: number): void {
    if (length > 0) this.onFrame(bytes.subarray(0, Math.min(length, this.bytesMax)), length > this.bytesMax);
  }

  /** Of what is too long no more than the limit is kept. */
  private keep(piece: Buffer): void {
    const from = Math.min(this.length, this.bytesMax);
    const kept = piece.subarray(0, this.bytesMax - from);
    this.length += piece.length;
    const needed = from + kept.length;
    if (needed > this.buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, Math.min(this.buffer.length * 2, this.bytesMax)));
      this.buffer.copy(larger, 0, 0, from);
      this.buffer = larger;
    }
    kept.copy(this.buffer, from);
  }
}
