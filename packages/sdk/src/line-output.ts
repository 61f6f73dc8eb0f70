import { write, writeSync } from 'node:fs';

/** Bytes that wait for a slow reader; beyond it lines are dropped and counted. */
const WAITING_BYTES_MAX = 8 << 20;
const CHUNK_CHARACTERS = 64 << 10;
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
  private text = '';
  private lines = 0;
  private readonly chunks: Chunk[] = [];
  private waitingBytes = 0;
  private isWriting = false;
  private isBroken = false;

  constructor(fd: number) {
    this.fd = fd;
  }

  add(line: string): void {
    this.text += line;
    this.lines++;
    if (this.text.length >= CHUNK_CHARACTERS) this.flush();
  }

  /** Hands over what was added. Whole lines only. */
  flush(): void {
    const { text, lines } = this;
    if (lines === 0) return;
    this.text = '';
    this.lines = 0;
    if (this.isBroken || this.waitingBytes + text.length > WAITING_BYTES_MAX) {
      this.lost += lines;
      return;
    }
    const bytes = Buffer.from(text);
    this.chunks.push({ bytes, lines });
    this.waitingBytes += bytes.length;
    if (!this.isWriting) this.writeNext();
  }

  get isIdle(): boolean {
    return !this.isWriting && this.lines === 0;
  }

  private writeNext(): void {
    const [chunk] = this.chunks;
    if (chunk === undefined) return;
    this.isWriting = true;
    write(this.fd, chunk.bytes, 0, chunk.bytes.length, null, (error, written) => {
      this.isWriting = false;
      if (error?.code === 'EAGAIN') {
        this.isWriting = true;
        setTimeout(() => this.writeNext(), RETRY_MS);
        return;
      }
      if (error !== null) this.fail();
      else this.written(written);
      this.writeNext();
    });
  }

  private written(bytes: number): void {
    const [chunk] = this.chunks;
    if (chunk === undefined) return;
    this.waitingBytes -= bytes;
    if (bytes >= chunk.bytes.length) this.chunks.shift();
    else chunk.bytes = chunk.bytes.subarray(bytes);
  }

  /** Nobody reads any more, as when a pipe was closed. */
  private fail(): void {
    this.isBroken = true;
    for (const { lines } of this.chunks.splice(0)) this.lost += lines;
    this.waitingBytes = 0;
  }

  /** Writes what is left before the program ends, and waits for it a moment. What is being written is left to itself. */
  flushSync(): void {
    this.flush();
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
