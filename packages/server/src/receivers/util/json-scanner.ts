/**
 * Reads JSON (RFC 8259) from bytes without making strings or objects of it: it checks the syntax and says where values
 * end. It takes exactly what JSON.parse takes, but for nesting deeper than JSON_DEPTH_MAX. Bytes that are no UTF-8 are
 * not looked at: the columns replace them by U+FFFD, as Buffer.toString does.
 *
 * Positions are arguments and results, not state: kept in registers they cost half of what a field costs.
 */
export const JSON_DEPTH_MAX = 32;

/** The bytes of JSON's own characters. */
export const CHAR = {
  quote: 0x22,
  comma: 0x2c,
  minus: 0x2d,
  zero: 0x30,
  nine: 0x39,
  colon: 0x3a,
  openBracket: 0x5b,
  backslash: 0x5c,
  closeBracket: 0x5d,
  openBrace: 0x7b,
  closeBrace: 0x7d,
} as const;

/** What a value is. */
export const VALUE = { string: 0, number: 1, bool: 2, null: 3, array: 4, object: 5, none: 6 } as const;
export type ValueKind = (typeof VALUE)[keyof typeof VALUE];

/** What a value is, by its first byte. */
const VALUE_OF_BYTE = new Uint8Array(256).fill(VALUE.none);
for (const character of '-0123456789') VALUE_OF_BYTE[character.charCodeAt(0)] = VALUE.number;
VALUE_OF_BYTE[CHAR.quote] = VALUE.string;
VALUE_OF_BYTE[CHAR.openBrace] = VALUE.object;
VALUE_OF_BYTE[CHAR.openBracket] = VALUE.array;
VALUE_OF_BYTE['t'.charCodeAt(0)] = VALUE.bool;
VALUE_OF_BYTE['f'.charCodeAt(0)] = VALUE.bool;
VALUE_OF_BYTE['n'.charCodeAt(0)] = VALUE.null;

/** Bytes that may follow a backslash, but for `u`. */
const SHORT_ESCAPE = new Uint8Array(256);
for (const character of '"\\/bfnrt') SHORT_ESCAPE[character.charCodeAt(0)] = 1;

/** The value of a hex digit, -1 for any other byte. */
export const HEX_DIGIT = new Int8Array(256).fill(-1);
for (const character of '0123456789abcdefABCDEF') {
  HEX_DIGIT[character.charCodeAt(0)] = Number.parseInt(character, 16);
}

/**
 * Thrown at a syntax error; the scanner's `errorText` and `errorAt` say what and where. One object for all of them:
 * a body of broken lines must not cost a stack trace per line.
 */
export const JSON_SYNTAX_ERROR = new Error('JSON syntax error');

const NO_BYTES = Buffer.alloc(0);

export class JsonScanner {
  source: Buffer = NO_BYTES;
  /** Over the same bytes as `source`. */
  view: DataView = new DataView(NO_BYTES.buffer, 0, 0);
  end = 0;
  /** Whether the last string read has backslashes in it. */
  escaped = false;
  errorText = '';
  errorAt = 0;

  reset(source: Buffer): void {
    this.source = source;
    this.view = new DataView(source.buffer, source.byteOffset, source.byteLength);
    this.end = source.length;
  }

  /** Lets go of the body. */
  release(): void {
    this.reset(NO_BYTES);
  }

  /** Throws JSON_SYNTAX_ERROR. `text` says what was expected at the position. */
  fail(text: string, position: number): never {
    this.errorText = position >= this.end ? `${text}, found the end of the body` : text;
    this.errorAt = Math.min(position, this.end);
    throw JSON_SYNTAX_ERROR;
  }

  /** Where the error is, in words. */
  get error(): string {
    return `${this.errorText} at byte ${this.errorAt}`;
  }

  /** The position of the next byte that is no white space, `end` when there is none. */
  skip(position: number): number {
    const { source, end } = this;
    let p = position;
    while (p < end) {
      const byte = source[p];
      if (byte > 0x20 || (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)) return p;
      p++;
    }
    return end;
  }

  /** What the value that begins at the position is; VALUE.none when no value begins so. */
  kindAt(position: number): ValueKind {
    return position < this.end ? (VALUE_OF_BYTE[this.source[position]] as ValueKind) : VALUE.none;
  }

  /** The position of the quote that ends the string whose content begins at the position. */
  stringEnd(position: number): number {
    const { source, view, end } = this;
    const wordsEnd = end - 4;
    let p = position;
    this.escaped = false;
    while (p <= wordsEnd) {
      // The high bits of those of the four bytes that are a quote, a backslash or a control character: the zero-byte
      // test of Hacker's Delight, §6-1. Only the lowest of the bits set is sure to be right.
      const word = view.getInt32(p, true);
      const quote = word ^ 0x22222222;
      const backslash = word ^ 0x5c5c5c5c;
      const found =
        (((quote - 0x01010101) & ~quote) | ((backslash - 0x01010101) & ~backslash) | ((word - 0x20202020) & ~word)) &
        0x80808080;
      if (found === 0) {
        p += 4;
        continue;
      }
      p += (31 - Math.clz32(found & -found)) >> 3;
      if (source[p] === CHAR.quote) return p;
      p = this.escapeEnd(p);
    }
    while (p < end) {
      const byte = source[p];
      if (byte === CHAR.quote) return p;
      if (byte === CHAR.backslash || byte < 0x20) p = this.escapeEnd(p);
      else p++;
    }
    this.fail('expected the end of a string', end);
  }

  /** The position behind the escape at the position. */
  private escapeEnd(position: number): number {
    const { source } = this;
    if (source[position] !== CHAR.backslash) this.fail('expected no control character in a string', position);
    this.escaped = true;
    if (position + 1 >= this.end) this.fail('expected a character behind the backslash', position + 1);
    const byte = source[position + 1];
    if (SHORT_ESCAPE[byte] === 1) return position + 2;
    if (byte !== 0x75) this.fail('expected one of "\\/bfnrtu behind the backslash', position + 1);
    if (position + 6 > this.end) this.fail('expected four hex digits behind \\u', this.end);
    for (let p = position + 2; p < position + 6; p++) {
      if (HEX_DIGIT[source[p]] < 0) this.fail('expected four hex digits behind \\u', p);
    }
    return position + 6;
  }

  /** The position behind the number that begins at the position. */
  numberEnd(position: number): number {
    const { source } = this;
    const first = source[position] === CHAR.minus ? position + 1 : position;
    let p = this.digitsEnd(first);
    if (p - first > 1 && source[first] === CHAR.zero) this.fail('expected no leading zero in a number', first);
    if (source[p] === 0x2e) p = this.digitsEnd(p + 1);
    if (source[p] === 0x65 || source[p] === 0x45) {
      const sign = source[p + 1];
      p = this.digitsEnd(sign === 0x2b || sign === CHAR.minus ? p + 2 : p + 1);
    }
    return p;
  }

  /** The position behind the digits at the position, of which there must be one. */
  private digitsEnd(position: number): number {
    const { source } = this;
    let p = position;
    while (source[p] >= CHAR.zero && source[p] <= CHAR.nine) p++;
    if (p === position) this.fail('expected a digit', p);
    return p;
  }

  /** The position behind the `true`, `false` or `null` that begins at the position. */
  literalEnd(position: number): number {
    const { source } = this;
    const a = source[position + 1];
    const b = source[position + 2];
    const c = source[position + 3];
    switch (source[position]) {
      case 0x74:
        if (a === 0x72 && b === 0x75 && c === 0x65) return position + 4;
        break;
      case 0x6e:
        if (a === 0x75 && b === 0x6c && c === 0x6c) return position + 4;
        break;
      case 0x66:
        if (a === 0x61 && b === 0x6c && c === 0x73 && source[position + 4] === 0x65) return position + 5;
        break;
    }
    this.fail('expected a JSON value', position);
  }

  /** The position behind the value that begins at the position. `depth` is how many objects and arrays it is in. */
  valueEnd(position: number, depth: number): number {
    const kind = this.kindAt(position);
    if (kind === VALUE.string) return this.stringEnd(position + 1) + 1;
    if (kind === VALUE.number) return this.numberEnd(position);
    if (kind === VALUE.object) return this.objectEnd(position, depth + 1);
    if (kind === VALUE.array) return this.arrayEnd(position, depth + 1);
    return this.literalEnd(position);
  }

  private objectEnd(position: number, depth: number): number {
    this.checkDepth(depth, position);
    let p = this.skip(position + 1);
    if (this.source[p] === CHAR.closeBrace) return p + 1;
    for (;;) {
      p = this.stringEnd(this.nameStart(p)) + 1;
      p = this.valueEnd(this.valueStart(p), depth);
      p = this.memberEnd(p);
      if (this.source[p - 1] === CHAR.closeBrace) return p;
    }
  }

  private arrayEnd(position: number, depth: number): number {
    this.checkDepth(depth, position);
    let p = this.skip(position + 1);
    if (this.source[p] === CHAR.closeBracket) return p + 1;
    for (;;) {
      p = this.elementEnd(this.valueEnd(this.skip(p), depth));
      if (this.source[p - 1] === CHAR.closeBracket) return p;
    }
  }

  /** Throws when a value at the position, in `depth` objects and arrays with itself, is nested too deep. */
  checkDepth(depth: number, position: number): void {
    if (depth > JSON_DEPTH_MAX) this.fail(`expected at most ${JSON_DEPTH_MAX} nested levels`, position);
  }

  /** The position of the content of the name that comes next. */
  nameStart(position: number): number {
    const { source } = this;
    const p = source[position] === CHAR.quote ? position : this.skip(position);
    if (source[p] !== CHAR.quote) this.fail('expected a name in double quotes', p);
    return p + 1;
  }

  /** The position of a member's value; the given one is behind the name's closing quote. */
  valueStart(position: number): number {
    const { source } = this;
    const p = source[position] === CHAR.colon ? position : this.skip(position);
    if (source[p] !== CHAR.colon) this.fail('expected ":"', p);
    return source[p + 1] > 0x20 ? p + 1 : this.skip(p + 1);
  }

  /** The position behind the comma or closing brace that follows a member's value. */
  memberEnd(position: number): number {
    const { source } = this;
    const p = source[position] === CHAR.comma ? position : this.skip(position);
    if (source[p] !== CHAR.comma && source[p] !== CHAR.closeBrace) this.fail('expected "," or "}"', p);
    return p + 1;
  }

  /** The position behind the comma or closing bracket that follows an array's element. */
  elementEnd(position: number): number {
    const { source } = this;
    const p = this.skip(position);
    if (source[p] !== CHAR.comma && source[p] !== CHAR.closeBracket) this.fail('expected "," or "]"', p);
    return p + 1;
  }

  /**
   * The position behind the object or array at the position, found by brackets and quotes alone, to go on behind a
   * broken one. -1 when it does not end.
   */
  bracketsEnd(position: number): number {
    const { source, end } = this;
    let depth = 0;
    for (let p = position; p < end; p++) {
      const byte = source[p];
      if (byte === CHAR.quote) {
        for (p++; p < end && source[p] !== CHAR.quote; p++) if (source[p] === CHAR.backslash) p++;
      } else if (byte === CHAR.openBrace || byte === CHAR.openBracket) {
        depth++;
      } else if ((byte === CHAR.closeBrace || byte === CHAR.closeBracket) && --depth <= 0) {
        return p + 1;
      }
    }
    return -1;
  }
}
