import { isUtf8 } from 'node:buffer';

/** Two lower-case hex digits of a byte as a little-endian pair of characters. */
const HEX_PAIRS = new Uint16Array(256);
for (let byte = 0; byte < 256; byte++) {
  const digits = byte.toString(16).padStart(2, '0');
  HEX_PAIRS[byte] = digits.charCodeAt(0) | (digits.charCodeAt(1) << 8);
}

/** Bytes of a varint that holds `value`, a length under 2^32. */
export function varintBytes(value: number): number {
  return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x200000 ? 3 : value < 0x10000000 ? 4 : 5;
}

/** Writes `value` as a varint and returns the position behind it. */
export function writeVarint(target: Uint8Array, position: number, value: number): number {
  while (value >= 0x80) {
    target[position++] = (value & 0x7f) | 0x80;
    value >>>= 7;
  }
  target[position++] = value;
  return position;
}

/**
 * A column of strings as ClickHouse's Native format lays it out: per value a varint length, then that many bytes of
 * UTF-8. Everything appended comes out as valid UTF-8: a broken sequence becomes U+FFFD.
 */
export class StringColumn {
  bytes: Buffer;
  view: DataView;
  /** Bytes in use. */
  position = 0;

  constructor(initialBytes = 1 << 12) {
    this.bytes = Buffer.allocUnsafeSlow(initialBytes);
    this.view = new DataView(this.bytes.buffer);
  }

  /** Makes room for `count` more bytes. */
  room(count: number): void {
    const needed = this.position + count;
    if (needed <= this.bytes.length) return;
    let size = this.bytes.length * 2;
    while (size < needed) size *= 2;
    const grown = Buffer.allocUnsafeSlow(size);
    this.bytes.copy(grown, 0, 0, this.position);
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }

  appendEmpty(): void {
    if (this.position === this.bytes.length) this.room(1);
    this.bytes[this.position++] = 0;
  }

  /**
   * Appends source[start, end). `view` is a DataView over the same bytes as `source`. Copies four ASCII bytes at a
   * time, which for the lengths of log fields beats a call into memcpy; anything else goes through the slow path.
   */
  appendUtf8(source: Buffer, view: DataView, start: number, end: number): void {
    const length = end - start;
    this.room(length + 8);
    const { bytes, view: target } = this;
    let p = writeVarint(bytes, this.position, length);
    let i = start;
    for (; i + 4 <= end; i += 4, p += 4) {
      const word = view.getUint32(i, true);
      if ((word & 0x80808080) !== 0) {
        this.appendNonAscii(source, start, end);
        return;
      }
      target.setUint32(p, word, true);
    }
    for (; i < end; i++) {
      const byte = source[i];
      if (byte > 0x7f) {
        this.appendNonAscii(source, start, end);
        return;
      }
      bytes[p++] = byte;
    }
    this.position = p;
  }

  private appendNonAscii(source: Buffer, start: number, end: number): void {
    const slice = source.subarray(start, end);
    if (isUtf8(slice)) this.appendRaw(slice);
    else this.appendText(source.toString('utf8', start, end));
  }

  /** Appends bytes that are known to be UTF-8. */
  appendRaw(value: Uint8Array): void {
    this.room(value.length + 8);
    const p = writeVarint(this.bytes, this.position, value.length);
    this.bytes.set(value, p);
    this.position = p + value.length;
  }

  appendText(text: string): void {
    const length = Buffer.byteLength(text);
    this.room(length + 8);
    const p = writeVarint(this.bytes, this.position, length);
    this.position = p + this.bytes.write(text, p, length, 'utf8');
  }

  /** Appends `count` bytes of the source as lower-case hex. */
  appendHex(source: Uint8Array, start: number, count: number): void {
    this.room(count * 2 + 8);
    let p = writeVarint(this.bytes, this.position, count * 2);
    const { view } = this;
    for (let i = start; i < start + count; i++, p += 2) view.setUint16(p, HEX_PAIRS[source[i]], true);
    this.position = p;
  }

  /** Appends values that are laid out as this column lays them out. */
  appendColumn(values: Uint8Array): void {
    this.room(values.length);
    this.bytes.set(values, this.position);
    this.position += values.length;
  }

  used(): Uint8Array {
    return this.bytes.subarray(0, this.position);
  }
}

/** Walks the values of a StringColumn in order: after `next()`, the value is bytes[start, end). */
export class StringCursor {
  start = 0;
  end = 0;
  private readonly column: StringColumn;

  constructor(column: StringColumn) {
    this.column = column;
  }

  next(): void {
    const { bytes } = this.column;
    let p = this.end;
    let length = bytes[p++];
    if (length >= 0x80) {
      length &= 0x7f;
      for (let shift = 7; ; shift += 7) {
        const byte = bytes[p++];
        length |= (byte & 0x7f) << shift;
        if (byte < 0x80) break;
      }
    }
    this.start = p;
    this.end = p + length;
  }

  text(): string {
    return this.column.bytes.toString('utf8', this.start, this.end);
  }
}
