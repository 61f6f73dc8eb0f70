import { PermanentError } from '../../runtime/errors.ts';

/** Wire types. 3 and 4 are groups, which proto3 does not have; 6 and 7 are none. */
const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

const NO_BYTES = Buffer.alloc(0);

/**
 * Reads the protobuf wire format from a body. Every method takes the end of the message that it reads in and never
 * looks at a byte behind it. Positions are bytes from the start of the body. Throws PermanentError `invalid_body`,
 * with the position, on anything that is not protobuf.
 * https://protobuf.dev/programming-guides/encoding/
 */
export class ProtobufReader {
  source: Buffer = NO_BYTES;
  view: DataView = new DataView(NO_BYTES.buffer);
  /** Position behind what was read last; of a length-delimited field, its first byte. */
  next = 0;
  /** The last 64-bit varint, as two unsigned words. */
  low = 0;
  high = 0;

  open(source: Buffer): void {
    this.source = source;
    this.view = new DataView(source.buffer, source.byteOffset, source.length);
    this.next = 0;
  }

  close(): void {
    this.open(NO_BYTES);
  }

  fail(position: number, problem: string): PermanentError {
    return new PermanentError('invalid_body', `protobuf: ${problem} at byte ${position}`);
  }

  /** Reads the length at `position`; returns the end of the field's content, whose first byte is then `next`. */
  content(position: number, end: number): number {
    if (position < end) {
      const length = this.source[position];
      if (length < 0x80) {
        const contentEnd = position + 1 + length;
        if (contentEnd > end) throw this.fail(position, `a length of ${length} goes beyond its message`);
        this.next = position + 1;
        return contentEnd;
      }
    }
    const length = this.varint32(position, end);
    const contentEnd = this.next + length;
    if (contentEnd > end) throw this.fail(position, `a length of ${length} goes beyond its message`);
    return contentEnd;
  }

  /** Checks that `count` bytes are there; returns the position behind them. */
  fixed(position: number, end: number, count: number): number {
    if (position + count > end) throw this.fail(position, `a value of ${count} bytes goes beyond its message`);
    return position + count;
  }

  /** A varint whose value must be below 2^32: tags and lengths. */
  varint32(position: number, end: number): number {
    this.varint64(position, end);
    if (this.high !== 0) throw this.fail(position, 'a tag or length over 32 bits');
    return this.low;
  }

  /** A varint of up to 64 bits into `low` and `high`. */
  varint64(position: number, end: number): void {
    const { source } = this;
    const bytesMax = Math.min(10, end - position);
    let low = 0;
    let high = 0;
    for (let i = 0; i < bytesMax; i++) {
      const byte = source[position + i];
      const bits = byte & 0x7f;
      if (i < 4) low |= bits << (7 * i);
      else if (i === 4) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= bits << (7 * i - 32);
      if (byte < 0x80) {
        if (i === 9 && byte > 1) break;
        this.low = low >>> 0;
        this.high = high >>> 0;
        this.next = position + i + 1;
        return;
      }
    }
    throw this.fail(position, bytesMax < 10 ? 'a varint goes beyond its message' : 'a varint of more than 64 bits');
  }

  /**
   * Skips the field whose tag starts at `position`; returns the position behind it. A known field (number up to
   * `knownMax`) gets here only with a wire type that it does not have: then the bytes are not what they claim to be.
   */
  skip(position: number, end: number, knownMax: number): number {
    const tag = this.varint32(position, end);
    const field = tag >>> 3;
    if (field <= knownMax) throw this.fail(position, `field ${field} with wire type ${tag & 7}`);
    switch (tag & 7) {
      case WIRE.varint:
        this.varint64(this.next, end);
        return this.next;
      case WIRE.fixed64:
        return this.fixed(this.next, end, 8);
      case WIRE.bytes:
        return this.content(this.next, end);
      case WIRE.fixed32:
        return this.fixed(this.next, end, 4);
      default:
        throw this.fail(position, `unknown wire type ${tag & 7}`);
    }
  }
}
