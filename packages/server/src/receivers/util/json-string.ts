import { HEX_DIGIT } from './json-scanner.ts';

/** What stands for the character behind a backslash, 0 for `u`. */
const ESCAPED = new Uint8Array(256);
for (const [character, value] of [
  ['"', 0x22],
  ['\\', 0x5c],
  ['/', 0x2f],
  ['b', 0x08],
  ['f', 0x0c],
  ['n', 0x0a],
  ['r', 0x0d],
  ['t', 0x09],
] as const) {
  ESCAPED[character.charCodeAt(0)] = value;
}

/** Undoes the escapes of JSON strings, bytes to bytes, in memory of its own that the next call overwrites. */
export class JsonUnescaper {
  bytes = Buffer.allocUnsafeSlow(1 << 12);
  view = new DataView(this.bytes.buffer);
  length = 0;

  /**
   * Puts the content of the string source[start, end), which the scanner has checked, into bytes[0, length).
   * A surrogate without its other half becomes U+FFFD, as Buffer.from would have it.
   */
  unescape(source: Buffer, start: number, end: number): void {
    if (end - start > this.bytes.length) this.grow(end - start);
    const { bytes } = this;
    let p = 0;
    for (let i = start; i < end; ) {
      const byte = source[i];
      if (byte !== 0x5c) {
        bytes[p++] = byte;
        i++;
        continue;
      }
      const short = ESCAPED[source[i + 1]];
      if (short !== 0) {
        bytes[p++] = short;
        i += 2;
        continue;
      }
      let code = hex4(source, i + 2);
      i += 6;
      if (code >= 0xd800 && code <= 0xdfff) {
        const isPair = code < 0xdc00 && i + 6 <= end && source[i] === 0x5c && source[i + 1] === 0x75;
        const low = isPair ? hex4(source, i + 2) : 0;
        if (low >= 0xdc00 && low <= 0xdfff) {
          code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
          i += 6;
        } else {
          code = 0xfffd;
        }
      }
      p = writeUtf8(bytes, p, code);
    }
    this.length = p;
  }

  private grow(size: number): void {
    this.bytes = Buffer.allocUnsafeSlow(size * 2);
    this.view = new DataView(this.bytes.buffer);
  }
}

function hex4(source: Buffer, i: number): number {
  return (
    (HEX_DIGIT[source[i]] << 12) |
    (HEX_DIGIT[source[i + 1]] << 8) |
    (HEX_DIGIT[source[i + 2]] << 4) |
    HEX_DIGIT[source[i + 3]]
  );
}

/** An escape is never shorter than the UTF-8 it stands for, so there is room. */
function writeUtf8(bytes: Buffer, p: number, code: number): number {
  if (code < 0x80) {
    bytes[p++] = code;
  } else if (code < 0x800) {
    bytes[p++] = 0xc0 | (code >> 6);
    bytes[p++] = 0x80 | (code & 0x3f);
  } else if (code < 0x10000) {
    bytes[p++] = 0xe0 | (code >> 12);
    bytes[p++] = 0x80 | ((code >> 6) & 0x3f);
    bytes[p++] = 0x80 | (code & 0x3f);
  } else {
    bytes[p++] = 0xf0 | (code >> 18);
    bytes[p++] = 0x80 | ((code >> 12) & 0x3f);
    bytes[p++] = 0x80 | ((code >> 6) & 0x3f);
    bytes[p++] = 0x80 | (code & 0x3f);
  }
  return p;
}
