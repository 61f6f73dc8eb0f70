import { CHAR } from './json-scanner.ts';

const HEX = Buffer.from('0123456789abcdef');
const NO_BYTES = Buffer.alloc(0);

/** JSON text that is put together from bytes, in memory that is used again and again. */
export class JsonBytes {
  private buffer = Buffer.allocUnsafeSlow(1 << 14);
  private view = new DataView(this.buffer.buffer);
  private source: Buffer = NO_BYTES;
  /** Over the same bytes as `source`. */
  private sourceView: DataView = new DataView(NO_BYTES.buffer, 0, 0);
  length = 0;

  /** What was written, valid until more is. */
  bytes(): Buffer {
    return this.buffer.subarray(0, this.length);
  }

  /** Lets go of the bytes that strings came from. */
  release(): void {
    this.setSource(NO_BYTES);
  }

  private setSource(source: Buffer): void {
    this.source = source;
    this.sourceView = new DataView(source.buffer, source.byteOffset, source.byteLength);
  }

  private room(count: number): void {
    if (this.length + count <= this.buffer.length) return;
    const grown = Buffer.allocUnsafeSlow((this.length + count) * 2);
    this.buffer.copy(grown, 0, 0, this.length);
    this.buffer = grown;
    this.view = new DataView(grown.buffer);
  }

  byte(byte: number): void {
    if (this.length === this.buffer.length) this.room(1);
    this.buffer[this.length++] = byte;
  }

  /** ASCII as it is. */
  ascii(text: string): void {
    this.room(text.length);
    for (let i = 0; i < text.length; i++) this.buffer[this.length++] = text.charCodeAt(i);
  }

  /** source[start, end) as a JSON string. Copies four bytes at a time, which for short texts beats a call to copy. */
  string(source: Buffer, start: number, end: number): void {
    this.room(end - start + 2);
    if (source !== this.source) this.setSource(source);
    const { buffer, view, sourceView } = this;
    let p = this.length;
    let i = start;
    buffer[p++] = CHAR.quote;
    for (; i + 4 <= end; i += 4, p += 4) {
      const word = sourceView.getInt32(i, true);
      if (needsEscape(word)) {
        this.escapedString(source, start, end);
        return;
      }
      view.setInt32(p, word, true);
    }
    for (; i < end; i++) {
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

/** Whether one of the four bytes is a quote, a backslash or a control character: as JsonScanner.stringEnd finds them. */
function needsEscape(word: number): boolean {
  const quote = word ^ 0x22222222;
  const backslash = word ^ 0x5c5c5c5c;
  const found =
    ((quote - 0x01010101) & ~quote) | ((backslash - 0x01010101) & ~backslash) | ((word - 0x20202020) & ~word);
  return (found & 0x80808080) !== 0;
}
