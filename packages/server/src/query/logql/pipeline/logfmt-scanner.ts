/** Reads the pairs of a logfmt line as Loki does: https://pkg.go.dev/github.com/go-logfmt/logfmt */

const BLANK = 32;
const QUOTE = 34;
const EQUALS = 61;
const BACKSLASH = 92;

export class LogfmtScanner {
  keyStart = 0;
  keyEnd = 0;
  /** The key of the last pair is the one that was expected. */
  isExpected = false;
  /** Null: the error of the last pair, with the place in the line, in UTF-8 bytes from 1 on. */
  problem: string | null = null;

  #text = '';
  #at = 0;
  #valueStart = 0;
  #valueEnd = 0;
  #hasEscape = false;

  reset(text: string): void {
    this.#text = text;
    this.#at = 0;
    this.problem = null;
  }

  atEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  /** The value, escapes resolved. */
  value(): string {
    if (this.#valueEnd <= this.#valueStart) return '';
    const raw = this.#text.slice(this.#valueStart, this.#valueEnd);
    return this.#hasEscape ? (unquote(raw) as string) : raw;
  }

  /**
   * The next pair; false where there is none or it is malformed, which `problem` then says. A valid key that is
   * `expected` need not be looked through.
   */
  next(expected: string | null = null): boolean {
    const text = this.#text;
    const { length } = text;
    this.#valueStart = 0;
    this.#valueEnd = 0;
    this.#hasEscape = false;
    let at = this.#at;
    while (at < length && text.charCodeAt(at) <= BLANK) at++;
    this.keyStart = at;
    this.isExpected = expected !== null && this.#startsWithKey(expected, at);
    if (this.isExpected) return this.#readValue(this.keyEnd + 1);
    return this.#readPair(at);
  }

  #startsWithKey(key: string, at: number): boolean {
    this.keyEnd = at + key.length;
    return this.#text.charCodeAt(this.keyEnd) === EQUALS && this.#text.startsWith(key, at);
  }

  #readPair(start: number): boolean {
    const text = this.#text;
    const { length } = text;
    let at = start;
    let code = BLANK;
    let isAscii = true;
    for (; at < length; at++) {
      code = text.charCodeAt(at);
      if (code <= BLANK || code === EQUALS || code === QUOTE) break;
      if (code > 127) isAscii = false;
    }
    this.#at = at;
    this.keyEnd = at;
    if (at < length && code === QUOTE) return this.#skip(`unexpected '"'`);
    const hasValue = at < length && code === EQUALS;
    if (this.keyEnd === this.keyStart) return hasValue ? this.#skip(`unexpected '='`) : false;
    if (!isAscii && text.slice(this.keyStart, at).includes('\ufffd')) {
      if (hasValue) return this.#skip('invalid key');
      return this.#fail('invalid key');
    }
    return hasValue ? this.#readValue(at + 1) : true;
  }

  #readValue(start: number): boolean {
    const text = this.#text;
    const { length } = text;
    this.#at = start;
    if (start >= length) return true;
    if (text.charCodeAt(start) === QUOTE) return this.#readQuoted(start);
    let at = start;
    for (; at < length; at++) {
      const code = text.charCodeAt(at);
      if (code <= BLANK) break;
      if (code === EQUALS || code === QUOTE) {
        this.#at = at;
        return this.#skip(code === EQUALS ? `unexpected '='` : `unexpected '"'`);
      }
    }
    this.#at = at;
    this.#valueStart = start;
    this.#valueEnd = at;
    return true;
  }

  #readQuoted(quote: number): boolean {
    const text = this.#text;
    let at = quote + 1;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) break;
      if (code !== BACKSLASH) continue;
      this.#hasEscape = true;
      at++;
    }
    if (at >= text.length) {
      this.#at = text.length;
      return this.#fail('unterminated quoted value');
    }
    this.#at = at + 1;
    this.#valueStart = quote + 1;
    this.#valueEnd = at;
    if (this.#hasEscape && unquote(text.slice(quote + 1, at)) === null) return this.#fail('invalid quoted value');
    return true;
  }

  #skip(problem: string): false {
    this.#fail(problem);
    const text = this.#text;
    let at = this.#at;
    while (at < text.length && text.charCodeAt(at) > BLANK) at++;
    this.#at = at;
    return false;
  }

  #fail(message: string): false {
    const place = Buffer.byteLength(this.#text.slice(0, this.#at)) + 1;
    this.problem = `logfmt syntax error at pos ${place} : ${message}`;
    return false;
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  "'": "'",
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/** Null where an escape is invalid; half a surrogate pair is U+FFFD. */
function unquote(raw: string): string | null {
  let text = '';
  let from = 0;
  for (let at = raw.indexOf('\\'); at !== -1; at = raw.indexOf('\\', from)) {
    text += raw.slice(from, at);
    const char = raw[at + 1] ?? '';
    const plain = ESCAPES[char];
    if (plain !== undefined) {
      text += plain;
      from = at + 2;
      continue;
    }
    const match = /^\\u([0-9a-fA-F]{4})/.exec(raw.slice(at, at + 6));
    if (match === null) return null;
    text += String.fromCharCode(Number.parseInt(match[1] as string, 16));
    from = at + 6;
  }
  return (text + raw.slice(from)).toWellFormed();
}
