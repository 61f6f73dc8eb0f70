/** GELF over UDP: `1e 0f`, 8 bytes id, number and count in one byte each, then a piece. */
const HEAD_BYTES = 12;
const CHUNKS_MAX = 128;
/** A message whose chunks do not come within this time is forgotten, as Graylog does it. */
export const CHUNKS_DEADLINE_MS = 5000;
/** Messages of which some chunks are there; of more the oldest is forgotten. */
const PENDING_MAX = 1000;
const PENDING_BYTES_MAX = 32 << 20;

interface Pending {
  chunks: (Buffer | undefined)[];
  missing: number;
  bytes: number;
  atMs: number;
}

/** Puts messages together from their chunks. Ids are told apart per sender: most clients make them from a clock. */
export class ChunkAssembler {
  private readonly pending = new Map<string, Pending>();
  private readonly onLost: (reason: string) => void;
  private bytes = 0;

  constructor(onLost: (reason: string) => void) {
    this.onLost = onLost;
  }

  get size(): number {
    return this.pending.size;
  }

  /** The message that the datagram completes, or is by itself; null while there is none. */
  add(datagram: Buffer, peer: string, nowMs: number): Buffer | null {
    if (datagram[0] !== 0x1e || datagram[1] !== 0x0f) return datagram;
    const number = datagram[10];
    const count = datagram[11];
    if (datagram.length < HEAD_BYTES || count === 0 || count > CHUNKS_MAX || number >= count) {
      this.onLost('chunk_invalid');
      return null;
    }
    if (count === 1) return datagram.subarray(HEAD_BYTES);
    const id = `${datagram.toString('latin1', 2, 10)}${peer}`;
    this.expire(nowMs);
    const message = this.pendingOf(id, count, nowMs);
    if (message === null || message.chunks[number] !== undefined) return null;
    message.chunks[number] = datagram.subarray(HEAD_BYTES);
    message.bytes += datagram.length;
    this.bytes += datagram.length;
    if (--message.missing > 0) return null;
    this.forget(id, message);
    return Buffer.concat(message.chunks.filter((chunk) => chunk !== undefined));
  }

  /** Forgets what has waited too long. Call now and then, also when nothing comes. */
  expire(nowMs: number): void {
    for (const [id, message] of this.pending) {
      if (nowMs - message.atMs < CHUNKS_DEADLINE_MS) return;
      this.forget(id, message);
      this.onLost('chunks_incomplete');
    }
  }

  private pendingOf(id: string, count: number, nowMs: number): Pending | null {
    const known = this.pending.get(id);
    if (known !== undefined) {
      if (known.chunks.length === count) return known;
      this.onLost('chunk_invalid');
      return null;
    }
    while (this.pending.size >= PENDING_MAX || this.bytes > PENDING_BYTES_MAX) this.forgetOldest();
    const chunks = Array.from({ length: count }, () => undefined);
    const message = { chunks, missing: count, bytes: 0, atMs: nowMs };
    this.pending.set(id, message);
    return message;
  }

  private forgetOldest(): void {
    for (const [id, message] of this.pending) {
      this.forget(id, message);
      this.onLost('chunks_incomplete');
      return;
    }
  }

  private forget(id: string, message: Pending): void {
    this.pending.delete(id);
    this.bytes -= message.bytes;
  }
}
