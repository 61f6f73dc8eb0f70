/** Longer memory is given back as soon as it holds nothing. */
const KEPT_BYTES_MAX = 256 << 10;

/** Bytes of a stream that are not dealt with yet, in one piece. Appending costs one copy, however many pieces come. */
export class ByteQueue {
  private buffer = Buffer.alloc(0);
  private start = 0;
  private end = 0;

  get length(): number {
    return this.end - this.start;
  }

  /** What is in it, valid until the next call of any other method. */
  bytes(): Buffer {
    return this.buffer.subarray(this.start, this.end);
  }

  append(chunk: Uint8Array): void {
    if (this.end + chunk.length > this.buffer.length) this.makeRoom(chunk.length);
    this.buffer.set(chunk, this.end);
    this.end += chunk.length;
  }

  private makeRoom(count: number): void {
    const held = this.bytes();
    const isEnough = held.length + count <= this.buffer.length / 2;
    const target = isEnough ? this.buffer : Buffer.allocUnsafeSlow(Math.max(4096, (held.length + count) * 2));
    held.copy(target);
    this.buffer = target;
    this.start = 0;
    this.end = held.length;
  }

  /** The first bytes, in memory of their own that may be given away. */
  copy(count: number): Buffer {
    const copied = Buffer.allocUnsafeSlow(count);
    this.buffer.copy(copied, 0, this.start, this.start + count);
    return copied;
  }

  /** Forgets the first bytes. */
  drop(count: number): void {
    this.start += count;
    if (this.start < this.end) return;
    this.start = 0;
    this.end = 0;
    if (this.buffer.length > KEPT_BYTES_MAX) this.buffer = Buffer.alloc(0);
  }
}
