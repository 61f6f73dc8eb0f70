import { CHAR } from './json-scanner.ts';

const HEX = Buffer.from('0123456789abcdef');

/** JSON text that is put together from bytes, in memory that is used again and again. */
export class JsonBytes {
  private buffer = Buffer.allocUnsafeSlow(1 << 14);
  length = 0;

  /** What was written, valid until more is. */
  bytes(): Buffer {
    return this.buffer.subarray(0, this.length);
  }

  private room(count: number): void {
    if (this.length + count <= this.buffer.length) return;
    const grown = Buffer.allocUnsafeSlow((this.length + count) * 2);
    this.buffer.copy(grown, 0, 0, this.length);
    this.buffer = grown;
  }

  byte(byte: number): void {
    if (this.length === this.buffer.length) this.room(1);
    this.buffer[this.length++] = byte;
  }

  /** ASCII as it is. */
  ascii(text: string): void {
    this.room(text.length);
    this.length += this.buffer.write(text, this.length, 'latin1');
  }

  /** source[start, end) as a JSON string. */
  string(source: Buffer, start: number, end: number): void {
    // At most six bytes each; enough for all that need no escape, and escape() makes room for more.
    this.room(end - start + 2);
    const { buffer } = this;
    let p = this.length;
    buffer[p++] = CHAR.quote;
    for (let i = start; i < end; i++) {
      const byte = source[i];
      if (byte < 0x20 || byte === CHAR.quote || byte === CHAR.backslash) {
        this.escapedString(source, start, end);
        return;
      }
      buffer[p++] = byte;
    }
    buffer[p++] = CHAR.quote;
    this.length = p;
  }

  private escapedString(source: Buffer, start: number, end: number): void {
    this.room((end - start) * 6 + 2);
    const { buffer } = this;
    let p = this.length;
    buffer[p++] = CHAR.quote;
    for (let i = start; i < end; i++) {
      const byte = source[i];
      if (byte < 0x20) {
        p += buffer.write('\\u00', p, 'latin1');
        buffer[p++] = HEX[byte >> 4];
        buffer[p++] = HEX[byte & 15];
        continue;
      }
      if (byte === CHAR.quote || byte === CHAR.backslash) buffer[p++] = CHAR.backslash;
      buffer[p++] = byte;
    }
    buffer[p++] = CHAR.quote;
    this.length = p;
  }
}
