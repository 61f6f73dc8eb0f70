/** Protocol Buffers by hand, as far as requests to destinations need them: https://protobuf.dev/programming-guides/encoding/ */

const EMPTY = Buffer.alloc(0);
const [VARINT, FIXED64, LENGTH, FIXED32] = [0, 1, 2, 5];

/** An unsigned integer of up to 64 bits. */
export function varint(value: number | bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}

const tag = (field: number, wireType: number): Buffer => varint((field << 3) | wireType);

/** A message or bytes; of several parts that follow one another. */
export function lengthField(field: number, ...parts: readonly Uint8Array[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([tag(field, LENGTH), varint(length), ...parts]);
}

/** Nothing for an empty text, which is what a missing one means. */
export function textField(field: number, text: string): Buffer {
  return text === '' ? EMPTY : lengthField(field, Buffer.from(text));
}

/** Negative numbers take ten bytes, as int64 has them. */
export function varintField(field: number, value: number | bigint): Buffer {
  return Buffer.concat([tag(field, VARINT), varint(value)]);
}

export function fixed64Field(field: number, value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, value));
  return Buffer.concat([tag(field, FIXED64), bytes]);
}

export function doubleField(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return Buffer.concat([tag(field, FIXED64), bytes]);
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
