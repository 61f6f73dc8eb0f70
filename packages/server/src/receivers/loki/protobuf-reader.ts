import { PermanentError } from '../../runtime/errors.ts';

/** Wire types: https://protobuf.dev/programming-guides/encoding/#structure */
const VARINT = 0;
const I64 = 1;
const LENGTH = 2;
const I32 = 5;

/** Reads protobuf from bytes, field by field, never beyond the end of the message that it is in. */
export class ProtobufReader {
  source: Buffer = Buffer.alloc(0);
  view: DataView = new DataView(this.source.buffer, 0, 0);
  position = 0;
  /** The low and high 32 bits of the last varint read by `varint64`. */
  low = 0;
  high = 0;

  reset(source: Buffer): void {
    this.source = source;
    this.view = new DataView(source.buffer, source.byteOffset, source.byteLength);
    this.position = 0;
  }

  /** Throws PermanentError invalid_body. */
  fail(what: string): never {
    throw new PermanentError('invalid_body', `the body is no valid protobuf: ${what} at byte ${this.position}`);
  }

  /** A tag or a length: a varint of at most 32 bits. */
  varint(end: number): number {
    const { source } = this;
    let p = this.position;
    if (p >= end) this.fail('expected more bytes');
    let byte = source[p++];
    let value = byte & 0x7f;
    for (let shift = 7; byte >= 0x80; shift += 7) {
      if (p >= end) this.fail('expected more bytes');
      byte = source[p++];
      if (shift > 28 || (shift === 28 && byte > 0x0f)) this.fail('expected a number of at most 32 bits');
      value |= (byte & 0x7f) << shift;
    }
    this.position = p;
    return value >>> 0;
  }

  /** Reads a varint of at most 64 bits into `low` and `high`. */
  varint64(end: number): void {
    const { source } = this;
    this.low = 0;
    this.high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.position >= end) this.fail('expected more bytes');
      const byte = source[this.position++];
      const bits = byte & 0x7f;
      if (shift < 28) this.low |= bits << shift;
      else if (shift === 28) {
        this.low |= bits << 28;
        this.high |= bits >>> 4;
      } else this.high |= bits << (shift - 32);
      if (byte < 0x80) return;
    }
    this.fail('expected a number of at most 64 bits');
  }

  /** A length, and that many bytes are there. Returns where they end; they begin at the position. */
  lengthEnd(end: number): number {
    const length = this.varint(end);
    if (length > end - this.position) this.fail(`expected ${length} more bytes`);
    return this.position + length;
  }

  /** Moves over the value of a field that is not known. */
  skip(tag: number, end: number): void {
    if (tag >>> 3 === 0) this.fail('expected a field number');
    switch (tag & 7) {
      case VARINT:
        this.varint64(end);
        break;
      case I64:
        this.advance(8, end);
        break;
      case LENGTH:
        this.position = this.lengthEnd(end);
        break;
      case I32:
        this.advance(4, end);
        break;
      default:
        this.fail('expected a wire type');
    }
  }

  private advance(count: number, end: number): void {
    if (count > end - this.position) this.fail(`expected ${count} more bytes`);
    this.position += count;
  }
}
