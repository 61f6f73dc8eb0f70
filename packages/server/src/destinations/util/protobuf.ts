/** Protocol Buffers by hand, as far as requests to destinations need them: https://protobuf.dev/programming-guides/encoding/ */

const EMPTY = Buffer.alloc(0);
const [VARINT, FIXED64, LENGTH, FIXED32] = [0, 1, 2, 5];

/** Bytes of an unsigned integer; of more than 2^31 only as BigInt. */
function varintBytes(value: number | bigint): number {
  if (typeof value === 'number')
    return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : value < 0x1000_0000 ? 4 : 5;
  let bytes = 1;
  for (let rest = value >> 7n; rest > 0n; rest >>= 7n) bytes++;
  return bytes;
}

/** Where it ends. */
function writeVarint(into: Buffer, at: number, value: number | bigint): number {
  let end = at;
  if (typeof value === 'number') {
    let rest = value;
    for (; rest >= 0x80; rest >>>= 7) into[end++] = (rest & 0x7f) | 0x80;
    into[end++] = rest;
    return end;
  }
  let rest = value;
  for (; rest >= 0x80n; rest >>= 7n) into[end++] = Number(rest & 0x7fn) | 0x80;
  into[end++] = Number(rest);
  return end;
}

/** Room for the content behind tag and length, which are written. */
function openField(field: number, length: number): { bytes: Buffer; at: number } {
  const tag = (field << 3) | LENGTH;
  const bytes = Buffer.allocUnsafe(varintBytes(tag) + varintBytes(length) + length);
  return { bytes, at: writeVarint(bytes, writeVarint(bytes, 0, tag), length) };
}

/** A message or bytes; of several parts that follow one another. */
export function lengthField(field: number, ...parts: readonly Uint8Array[]): Buffer {
  let length = 0;
  for (const part of parts) length += part.length;
  const { bytes, at } = openField(field, length);
  let end = at;
  for (const part of parts) {
    bytes.set(part, end);
    end += part.length;
  }
  return bytes;
}

/** A text, present though it may be empty. */
export function stringField(field: number, text: string): Buffer {
  const { bytes, at } = openField(field, Buffer.byteLength(text));
  bytes.write(text, at);
  return bytes;
}

/** Nothing for an empty text, which is what a missing one means. */
export function textField(field: number, text: string): Buffer {
  return text === '' ? EMPTY : stringField(field, text);
}

/** Negative numbers take ten bytes, as int64 has them. Numbers up to 2^31, beyond it BigInt. */
export function varintField(field: number, value: number | bigint): Buffer {
  const plain = typeof value === 'bigint' ? BigInt.asUintN(64, value) : value;
  const tag = (field << 3) | VARINT;
  const bytes = Buffer.allocUnsafe(varintBytes(tag) + varintBytes(plain));
  writeVarint(bytes, writeVarint(bytes, 0, tag), plain);
  return bytes;
}

/** Fields below 16. */
export function fixed64Field(field: number, value: bigint): Buffer {
  const bytes = Buffer.allocUnsafe(9);
  bytes[0] = (field << 3) | FIXED64;
  bytes.writeBigUInt64LE(BigInt.asUintN(64, value), 1);
  return bytes;
}

/** Fields below 16. */
export function doubleField(field: number, value: number): Buffer {
  const bytes = Buffer.allocUnsafe(9);
  bytes[0] = (field << 3) | FIXED64;
  bytes.writeDoubleLE(value, 1);
  return bytes;
}

export interface ReadField {
  field: number;
  /** Of a varint. */
  number: bigint;
  /** Of a message, bytes or a text. */
  bytes: Buffer;
}

/** The fields of a message, as far as it can be read: answers are for people, so what is broken ends it. */
export function* readFields(message: Buffer): Generator<ReadField> {
  let at = 0;
  const readVarint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = message[at++];
      if (byte === undefined) throw new RangeError('cut off');
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError('too long');
  };
  try {
    while (at < message.length) {
      const key = Number(readVarint());
      const read: ReadField = { field: key >>> 3, number: 0n, bytes: EMPTY };
      const wireType = key & 7;
      if (wireType === VARINT) read.number = readVarint();
      else {
        const length =
          { [FIXED64]: 8, [FIXED32]: 4 }[wireType] ?? (wireType === LENGTH ? Number(readVarint()) : Infinity);
        if (at + length > message.length) return;
        read.bytes = message.subarray(at, at + length);
        at += length;
      }
      yield read;
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
}
