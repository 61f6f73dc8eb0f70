import { write, writeSync } from 'node:fs';

/** Bytes that wait for a slow reader; beyond it lines are dropped and counted. */
const WAITING_BYTES_MAX = 8 << 20;
const CHUNK_BYTES = 64 << 10;
const BYTES_A_CHARACTER_MAX = 3;
/** How long lines wait for others: a write costs as much as many lines. */
const GATHER_MS = 5;
const RETRY_MS = 10;
/** How long the end of the program waits for a slow reader. */
const LAST_WAIT_MS = 500;

interface Chunk {
  bytes: Buffer;
  lines: number;
}

/**
 * Lines to a file descriptor, many at a time, without ever waiting for who reads them: `process.stdout` would stop the
 * whole program while a pipe is full.
 */
export class LineOutput {
  /** Lines that nobody took. */
  lost = 0;
  private readonly fd: number;
  private memory: Buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  private spare: Buffer | null = null;
  private length = 0;
  private lines = 0;
  private readonly chunks: Chunk[] = [];
  private waitingBytes = 0;
  private isWriting = false;
  private isBroken = false;
  private isEnding = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(fd: number) {
    this.fd = fd;
  }

  add(line: string): void {
    this.reserve(line.length * BYTES_A_CHARACTER_MAX);
    this.length += this.memory.write(line, this.length, 'utf8');
    this.lines++;
  }

  /** As add, for a line that is there as bytes[0, length). */
  addBytes(bytes: Buffer, length: number): void {
    this.reserve(length);
    bytes.copy(this.memory, this.length, 0, length);
    this.length += length;
    this.lines++;
  }

  private reserve(bytes: number): void {
    if (this.length + bytes > this.memory.length) this.handOver();
    if (bytes > this.memory.length) this.memory = Buffer.allocUnsafeSlow(bytes);
    if (this.timer === undefined) this.timer = setTimeout(this.gathered, GATHER_MS);
  }

  private readonly gathered = (): void => {
    this.timer = undefined;
    // While a write is under way, more is gathered for the next.
    if (!this.isWriting) this.handOver();
  };

  private handOver(): void {
    const { memory, length, lines } = this;
    if (lines === 0) return;
    this.length = 0;
    this.lines = 0;
    if (this.isBroken || this.waitingBytes + length > WAITING_BYTES_MAX) {
      this.lost += lines;
      return;
    }
    this.memory = this.spare ?? Buffer.allocUnsafeSlow(CHUNK_BYTES);
    this.spare = null;
    this.chunks.push({ bytes: memory.subarray(0, length), lines });
    this.waitingBytes += length;
    if (!this.isWriting && !this.isEnding) this.writeNext();
  }

  get isIdle(): boolean {
    return !this.isWriting && this.lines === 0;
  }

  private writeNext(): void {
    const [chunk] = this.chunks;
    if (chunk === undefined) return;
    this.isWriting = true;
    write(this.fd, chunk.bytes, 0, chunk.bytes.length, null, (error, written) => {
      if (error?.code === 'EAGAIN') {
        setTimeout(() => this.writeNext(), RETRY_MS);
        return;
      }
      this.isWriting = false;
      if (error !== null) this.fail();
      else this.written(chunk, written);
      if (this.chunks.length > 0) this.writeNext();
      else if (this.timer === undefined) this.handOver();
    });
  }

  private written(chunk: Chunk, bytes: number): void {
    this.waitingBytes -= bytes;
    if (bytes < chunk.bytes.length) {
      chunk.bytes = chunk.bytes.subarray(bytes);
      return;
    }
    this.chunks.shift();
    const { buffer } = chunk.bytes;
    if (buffer.byteLength === CHUNK_BYTES) this.spare = Buffer.from(buffer as ArrayBuffer);
  }

  /** Nobody reads any more, as when a pipe was closed. */
  private fail(): void {
    this.isBroken = true;
    for (const { lines } of this.chunks.splice(0)) this.lost += lines;
    this.waitingBytes = 0;
  }

  /** Writes what is left before the program ends, and waits for it a moment. What is being written is left to itself. */
  flushSync(): void {
    this.isEnding = true;
    this.handOver();
    const rest = this.chunks.splice(0).slice(this.isWriting ? 1 : 0);
    const deadline = performance.now() + LAST_WAIT_MS;
    for (const { bytes, lines } of rest) {
      if (!this.isBroken && writeAll(this.fd, bytes, deadline)) continue;
      this.isBroken = true;
      this.lost += lines;
    }
  }
}

function writeAll(fd: number, bytes: Buffer, deadline: number): boolean {
  let from = 0;
  while (from < bytes.length) {
    try {
      from += writeSync(fd, bytes, from);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN' || performance.now() > deadline) return false;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
    }
  }
  return true;
}
