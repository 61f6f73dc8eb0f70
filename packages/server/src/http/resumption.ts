import { createHash } from 'node:crypto';
import type { Receipt } from '../receivers/receiver.ts';
import { RetryableError } from '../runtime/errors.ts';

/** What is durable of a body that broke off. */
export interface TakenPrefix {
  bytes: number;
  /** SHA-256 of these bytes, hex. */
  digest: string;
  receipt: Receipt;
}

/** Where prefixes are remembered, by what a body begins with. */
export interface PrefixMemory {
  recall(key: string): TakenPrefix | null;
  keep(key: string, prefix: TakenPrefix): Promise<void>;
  forget(key: string): Promise<void>;
}

/** A body that begins with fewer in its first chunk is not recognised. A journal entry's cursor alone has about 130. */
const KEY_BYTES = 256;

/**
 * A client whose request broke off sends all of it again. What of it is durable is passed over, and compared: were it
 * something else after all, the request is refused before it is answered, and taken whole when it comes once more.
 */
export class Resumption {
  private readonly memory: PrefixMemory;
  private readonly hash = createHash('sha256');
  private key: string | null = null;
  private known: TakenPrefix | null = null;
  private bytes = 0;

  /** `scope` keeps the bodies of one sender apart from those of others. `first` is the body's first chunk. */
  constructor(memory: PrefixMemory, scope: string, first: Buffer) {
    this.memory = memory;
    if (first.length < KEY_BYTES) return;
    this.key = createHash('sha256').update(`${scope}\n`).update(first.subarray(0, KEY_BYTES)).digest('hex');
    this.known = memory.recall(this.key);
  }

  /** What of the chunk is new. Throws RetryableError when the part before it is not what was taken. */
  async pass(chunk: Buffer): Promise<Buffer> {
    if (this.known === null || this.bytes === this.known.bytes) return chunk;
    const skipped = chunk.subarray(0, this.known.bytes - this.bytes);
    this.add(skipped);
    if (this.bytes === this.known.bytes && this.digest() !== this.known.digest) await this.refuse();
    return chunk.subarray(skipped.length);
  }

  /** What the part that was passed over came to; null while it is not all there, or when there is none. */
  get receipt(): Receipt | null {
    return this.known !== null && this.bytes >= this.known.bytes ? this.known.receipt : null;
  }

  /** Remembers that everything up to the end of the piece is durable. */
  async taken(piece: Buffer, receipt: Receipt): Promise<void> {
    if (this.key === null) return;
    this.add(piece);
    await this.memory.keep(this.key, {
      bytes: this.bytes,
      digest: this.digest(),
      receipt: { ...receipt, rejections: receipt.rejections.slice(0, 1) },
    });
  }

  /** The body has ended. Throws RetryableError when that is before the end of what was taken. */
  async end(): Promise<void> {
    if (this.known !== null && this.bytes < this.known.bytes) await this.refuse();
  }

  /** The client will not send it again. */
  async forget(): Promise<void> {
    if (this.key !== null) await this.memory.forget(this.key);
  }

  private add(bytes: Buffer): void {
    this.hash.update(bytes);
    this.bytes += bytes.length;
  }

  private digest(): string {
    return this.hash.copy().digest('hex');
  }

  private async refuse(): Promise<never> {
    await this.forget();
    throw new RetryableError('overloaded', 'the body goes on otherwise than when it broke off: send it again', 1000);
  }
}
