import { PermanentError } from '../../runtime/errors.ts';
import type { JsonBytes } from './json-bytes.ts';
import { CHAR, JSON_DEPTH_MAX } from './json-scanner.ts';

/**
 * MessagePack from bytes, without making values of it: where a value ends, and a value as JSON.
 * https://github.com/msgpack/msgpack/blob/master/spec.md
 */

/** What a value is. */
export const MSGPACK = { nil: 0, bool: 1, number: 2, string: 3, binary: 4, extension: 5, array: 6, map: 7 } as const;
export type MsgpackKind = (typeof MSGPACK)[keyof typeof MSGPACK];

/** More than an event may have, with the arrays around it: one that is too deep is refused alone. */
const DEPTH_MAX = 64;

/** The beginning of a value. */
export class MsgpackHead {
  kind: MsgpackKind = MSGPACK.nil;
  /** Where the content begins, behind the head. */
  start = 0;
  /** Bytes of the content; of an array or map the values in it, a name and its value being two. */
  size = 0;
  /** Type of an extension. */
  extension = 0;

  /** Reads the head at the position. False when the bytes end within it. Throws PermanentError when it is none. */
  read(bytes: Buffer, position: number): boolean {
    if (position >= bytes.length) return false;
    const tag = bytes[position];
    this.start = position + 1;
    if (tag < 0x80 || tag >= 0xe0) return this.fixed(MSGPACK.number, 0);
    if (tag < 0x90) return this.fixed(MSGPACK.map, (tag & 15) * 2);
    if (tag < 0xa0) return this.fixed(MSGPACK.array, tag & 15);
    if (tag < 0xc0) return this.fixed(MSGPACK.string, tag & 31);
    return this.tagged(bytes, position, tag);
  }

  private fixed(kind: MsgpackKind, size: number): true {
    this.kind = kind;
    this.size = size;
    return true;
  }

  private tagged(bytes: Buffer, position: number, tag: number): boolean {
    if (tag === 0xc0) return this.fixed(MSGPACK.nil, 0);
    if (tag === 0xc2 || tag === 0xc3) return this.fixed(MSGPACK.bool, 0);
    if (tag === 0xca || tag === 0xcb) return this.fixed(MSGPACK.number, tag === 0xca ? 4 : 8);
    if (tag >= 0xcc && tag <= 0xd3) return this.fixed(MSGPACK.number, 1 << (tag & 3));
    if (tag >= 0xc4 && tag <= 0xc6) return this.sized(bytes, position, MSGPACK.binary, 1 << (tag - 0xc4));
    if (tag >= 0xd9 && tag <= 0xdb) return this.sized(bytes, position, MSGPACK.string, 1 << (tag - 0xd9));
    if (tag >= 0xdc) return this.sized(bytes, position, tag < 0xde ? MSGPACK.array : MSGPACK.map, tag & 1 ? 4 : 2);
    if (tag >= 0xd4) {
      this.extension = bytes.length > position + 1 ? bytes.readInt8(position + 1) : 0;
      this.start = position + 2;
      this.fixed(MSGPACK.extension, 1 << (tag - 0xd4));
      return bytes.length >= this.start;
    }
    if (tag === 0xc1) throw new PermanentError('invalid_body', `no MessagePack value begins with 0xc1`);
    const isWhole = this.sized(bytes, position, MSGPACK.extension, 1 << (tag - 0xc7));
    if (!isWhole || bytes.length <= this.start) return false;
    this.extension = bytes.readInt8(this.start++);
    return true;
  }

  private sized(bytes: Buffer, position: number, kind: MsgpackKind, sizeBytes: number): boolean {
    this.start = position + 1 + sizeBytes;
    if (bytes.length < this.start) return false;
    const size = bytes.readUIntBE(position + 1, sizeBytes);
    return this.fixed(kind, kind === MSGPACK.map ? size * 2 : size);
  }
}

/** Finds the ends of values whose bytes come piece by piece, without looking at any byte of content twice. */
export class MsgpackSkipper {
  private readonly head = new MsgpackHead();
  /** How far it came, from the value's beginning. */
  private at = 0;
  private depth = 0;
  /** By depth, the values still to come. */
  private readonly left = new Float64Array(DEPTH_MAX + 1);

  constructor() {
    this.reset();
  }

  reset(): void {
    this.at = 0;
    this.depth = 0;
    this.left[0] = 1;
  }

  /**
   * The position behind the value that begins at `start`, -1 while it is not all there: the next call goes on where
   * this one stopped. Throws PermanentError when it is no MessagePack, or nested too deep.
   */
  end(bytes: Buffer, start: number): number {
    const { head, left } = this;
    for (;;) {
      while (left[this.depth] === 0 && this.depth > 0) this.depth--;
      if (left[this.depth] === 0) break;
      if (!head.read(bytes, start + this.at)) return -1;
      left[this.depth]--;
      this.at = head.start - start;
      if (head.kind < MSGPACK.array) {
        this.at += head.size;
      } else if (head.size > 0) {
        if (this.depth === DEPTH_MAX) {
          throw new PermanentError('invalid_body', `expected at most ${DEPTH_MAX} nested levels`);
        }
        left[++this.depth] = head.size;
      }
    }
    const end = start + this.at;
    if (end > bytes.length) return -1;
    this.reset();
    return end;
  }

  /** The same for a value that must be all there. */
  endOfWhole(bytes: Buffer, start: number): number {
    this.reset();
    const end = this.end(bytes, start);
    if (end < 0) throw new PermanentError('invalid_body', 'the bytes end within a MessagePack value');
    return end;
  }
}

/** Writes MessagePack as JSON. Integers keep all their digits; binary is read as text. */
export class MsgpackJson {
  private readonly head = new MsgpackHead();
  private readonly out: JsonBytes;

  constructor(out: JsonBytes) {
    this.out = out;
  }

  /**
   * Appends the value at the position and returns the position behind it. Throws PermanentError when the bytes end
   * within it or it is nested deeper than JSON may be here.
   */
  write(bytes: Buffer, position: number, depth = 1): number {
    const { head, out } = this;
    if (!head.read(bytes, position)) throw endsWithin();
    const { kind, start, size } = head;
    if (kind >= MSGPACK.array) {
      if (depth > JSON_DEPTH_MAX) {
        throw new PermanentError('invalid_body', `expected at most ${JSON_DEPTH_MAX} nested levels`);
      }
      return kind === MSGPACK.map
        ? this.map(bytes, start, size / 2, depth + 1)
        : this.array(bytes, start, size, depth + 1);
    }
    const end = start + size;
    if (end > bytes.length) throw endsWithin();
    if (kind === MSGPACK.string || kind === MSGPACK.binary) out.string(bytes, start, end);
    else if (kind === MSGPACK.number) this.number(bytes, position);
    else if (kind === MSGPACK.nil) out.ascii('null');
    else if (kind === MSGPACK.bool) out.ascii(bytes[position] === 0xc3 ? 'true' : 'false');
    else out.ascii(`"${bytes.toString('base64', start, end)}"`);
    return end;
  }

  private array(bytes: Buffer, start: number, count: number, depth: number): number {
    const { out } = this;
    let p = start;
    out.byte(CHAR.openBracket);
    for (let i = 0; i < count; i++) {
      if (i > 0) out.byte(CHAR.comma);
      p = this.write(bytes, p, depth);
    }
    out.byte(CHAR.closeBracket);
    return p;
  }

  private map(bytes: Buffer, start: number, count: number, depth: number): number {
    const { out } = this;
    let p = start;
    out.byte(CHAR.openBrace);
    for (let i = 0; i < count; i++) {
      if (i > 0) out.byte(CHAR.comma);
      p = this.name(bytes, p);
      out.byte(CHAR.colon);
      p = this.write(bytes, p, depth);
    }
    out.byte(CHAR.closeBrace);
    return p;
  }

  /** Names may be of any type: what is no text becomes the text of its JSON. */
  private name(bytes: Buffer, position: number): number {
    const { head, out } = this;
    if (!head.read(bytes, position)) throw endsWithin();
    if (head.kind === MSGPACK.string || head.kind === MSGPACK.binary) return this.write(bytes, position);
    if (head.kind >= MSGPACK.array) throw new PermanentError('invalid_body', 'a name is no array and no map');
    const before = out.length;
    const end = this.write(bytes, position);
    const text = Buffer.from(out.bytes().subarray(before));
    out.length = before;
    out.string(text, 0, text.length);
    return end;
  }

  private number(bytes: Buffer, position: number): void {
    const value = readMsgpackNumber(bytes, position);
    const isText = typeof value === 'number' && !Number.isFinite(value);
    this.out.ascii(isText ? `"${value}"` : String(value));
  }
}

/** The number whose head, which has been read, is at the position; a bigint where a double would not hold it. */
export function readMsgpackNumber(bytes: Buffer, position: number): number | bigint {
  const tag = bytes[position];
  const start = position + 1;
  switch (tag) {
    case 0xca:
      return shortestOfSingle(bytes.readFloatBE(start));
    case 0xcb:
      return bytes.readDoubleBE(start);
    case 0xcc:
    case 0xcd:
    case 0xce:
      return bytes.readUIntBE(start, 1 << (tag & 3));
    case 0xcf:
      return bytes.readBigUInt64BE(start);
    case 0xd0:
    case 0xd1:
    case 0xd2:
      return bytes.readIntBE(start, 1 << (tag & 3));
    case 0xd3:
      return bytes.readBigInt64BE(start);
    default:
      return tag < 0x80 ? tag : tag - 0x100;
  }
}

/** The shortest decimal that is the same single: as a double it would have digits that nobody wrote. */
function shortestOfSingle(single: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const shorter = Number(single.toPrecision(digits));
    if (Math.fround(shorter) === single) return shorter;
  }
  return Number(single.toPrecision(9));
}

function endsWithin(): PermanentError {
  return new PermanentError('invalid_body', 'the bytes end within a MessagePack value');
}
