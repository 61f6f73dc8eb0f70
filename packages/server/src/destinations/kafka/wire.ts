/** Kafka's primitive types: https://kafka.apache.org/protocol#protocol_types */

const part = (length: number, write: (buffer: Buffer) => void): Buffer => {
  const buffer = Buffer.alloc(length);
  write(buffer);
  return buffer;
};

export const int8 = (value: number): Buffer => part(1, (buffer) => buffer.writeInt8(value));
export const int16 = (value: number): Buffer => part(2, (buffer) => buffer.writeInt16BE(value));
export const int32 = (value: number): Buffer => part(4, (buffer) => buffer.writeInt32BE(value));
export const int64 = (value: bigint): Buffer => part(8, (buffer) => buffer.writeBigInt64BE(value));

export function string(text: string | null): Buffer {
  if (text === null) return int16(-1);
  const bytes = Buffer.from(text);
  return Buffer.concat([int16(bytes.length), bytes]);
}

export const bytes = (value: Buffer): Buffer => Buffer.concat([int32(value.length), value]);

export function array(items: readonly Buffer[]): Buffer {
  return Buffer.concat([int32(items.length), ...items]);
}

/** Zigzag, of up to 64 bits. */
export function varint(value: number | bigint): Buffer {
  const wide = BigInt(value);
  let rest = BigInt.asUintN(64, (wide << 1n) ^ (wide >> 63n));
  const out: number[] = [];
  for (; rest >= 0x80n; rest >>= 7n) out.push(Number(rest & 0x7fn) | 0x80);
  out.push(Number(rest));
  return Buffer.from(out);
}

/** Reads an answer from its beginning. Throws RangeError behind its end. */
export class Reader {
  private readonly buffer: Buffer;
  private at = 0;

  constructor(buffer: Buffer) {
    this.buffer = buffer;
  }

  int16(): number {
    return this.take(2).readInt16BE();
  }

  int32(): number {
    return this.take(4).readInt32BE();
  }

  int64(): bigint {
    return this.take(8).readBigInt64BE();
  }

  bool(): boolean {
    return this.take(1)[0] !== 0;
  }

  string(): string | null {
    const length = this.int16();
    return length < 0 ? null : this.take(length).toString();
  }

  bytes(): Buffer {
    return this.take(Math.max(0, this.int32()));
  }

  array<T>(read: () => T): T[] {
    const items: T[] = [];
    for (let left = this.int32(); left > 0; left--) items.push(read());
    return items;
  }

  private take(length: number): Buffer {
    if (this.at + length > this.buffer.length) throw new RangeError('the answer ends too early');
    this.at += length;
    return this.buffer.subarray(this.at - length, this.at);
  }
}
