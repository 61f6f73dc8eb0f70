const CACHE_SLOTS = 8192;
const BLOCK_BYTES = 1 << 16;

/**
 * Texts that repeat (org, service, attribute names, whole label sets …) as small integers. Id 0 is the empty text.
 * Finding a known text from its bytes costs a hash of six of them and one comparison, and makes no string.
 *
 * A table lives as long as its thread and is shared by all batches there. `trimIfLarge` between two batches forgets
 * everything once it is too big, so callers that memoise by id compare `generation` first.
 */
export class SymbolTable {
  generation = 0;
  private texts: string[] = [''];
  private utf8: Buffer[] = [Buffer.alloc(0)];
  private ids = new Map<string, number>([['', 0]]);
  private readonly cache = new Int32Array(CACHE_SLOTS);
  private bytesHeld = 0;
  private block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  private blockUsed = 0;

  get size(): number {
    return this.texts.length;
  }

  text(id: number): string {
    return this.texts[id];
  }

  bytes(id: number): Buffer {
    return this.utf8[id];
  }

  /** The id of source[start, end), read as UTF-8. */
  internBytes(source: Buffer, start: number, end: number): number {
    const length = end - start;
    if (length === 0) return 0;
    const slot =
      (Math.imul(length, 0x9e3779b1) +
        Math.imul(source[start], 0x85ebca6b) +
        Math.imul(source[end - 1], 0xc2b2ae35) +
        Math.imul(source[start + (length >> 1)], 0x27d4eb2f) +
        Math.imul(source[start + (length >> 2)], 0x165667b1) +
        Math.imul(source[end - 1 - (length >> 2)], 0x9e4bd2c5)) >>>
      19;
    const cached = this.cache[slot];
    if (cached !== 0) {
      const known = this.utf8[cached];
      if (known.length === length) {
        let i = 0;
        while (i < length && known[i] === source[start + i]) i++;
        if (i === length) return cached;
      }
    }
    const id = this.internText(source.toString('utf8', start, end));
    this.cache[slot] = id;
    return id;
  }

  internText(text: string): number {
    const known = this.ids.get(text);
    if (known !== undefined) return known;
    const id = this.texts.length;
    const utf8 = this.encode(text);
    this.texts.push(text);
    this.utf8.push(utf8);
    this.ids.set(text, id);
    this.bytesHeld += utf8.length + 100;
    return id;
  }

  /**
   * The text's UTF-8, in memory that only symbols share: one of them would keep alive a whole block of Buffer's pool.
   * Lone surrogates become U+FFFD, as in the columns.
   */
  private encode(text: string): Buffer {
    const length = Buffer.byteLength(text);
    if (length > BLOCK_BYTES / 4) {
      const utf8 = Buffer.allocUnsafeSlow(length);
      utf8.write(text);
      return utf8;
    }
    if (this.blockUsed + length > BLOCK_BYTES) {
      this.block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
      this.blockUsed = 0;
    }
    const start = this.blockUsed;
    this.blockUsed += this.block.write(text, start);
    return this.block.subarray(start, this.blockUsed);
  }

  /** Forgets everything when the table holds more than `symbolsMax` texts or 32 MB. Call between batches only. */
  trimIfLarge(symbolsMax = 100_000): void {
    if (this.texts.length <= symbolsMax && this.bytesHeld <= 32 << 20) return;
    this.texts = [''];
    this.utf8 = [Buffer.alloc(0)];
    this.ids = new Map([['', 0]]);
    this.cache.fill(0);
    this.bytesHeld = 0;
    this.generation++;
  }
}
