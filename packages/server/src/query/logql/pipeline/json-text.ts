/**
 * Where values of JSON text begin and end. As lenient as the scanner that Loki uses: numbers are what begins like one,
 * and brackets of the other kind are not looked at. https://github.com/grafana/jsonparser
 */

export const MALFORMED_JSON = 'Malformed JSON error';
export const MALFORMED_STRING = `Value is string, but can't find closing '"' symbol`;
export const MALFORMED_ARRAY = `Value is array, but can't find closing ']' symbol`;
export const MALFORMED_OBJECT = `Value looks like object, but can't find closing '}' symbol`;
export const MALFORMED_ESCAPE = 'Encountered an invalid escape sequence in a string';
export const UNKNOWN_TYPE = 'Unknown value type';

export const QUOTE = 34;
export const COMMA = 44;
export const COLON = 58;
export const OPEN_BRACKET = 91;
export const BACKSLASH = 92;
export const CLOSE_BRACKET = 93;
export const OPEN_BRACE = 123;
export const CLOSE_BRACE = 125;

export type JsonType = 'string' | 'number' | 'boolean' | 'null' | 'object' | 'array';

/** The first character that is no white space, `end` where there is none. */
export function skipSpace(text: string, start: number, end: number): number {
  let at = start;
  while (at < end) {
    const code = text.charCodeAt(at);
    if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return at;
    at++;
  }
  return end;
}

/** Of a string whose first character is at `start`, the place of its closing quote; -1 where there is none. */
export function closingQuote(text: string, start: number, end: number): number {
  let at = text.indexOf('"', start);
  while (at !== -1 && at < end) {
    let backslashes = 0;
    while (at - backslashes > start && text.charCodeAt(at - backslashes - 1) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return at;
    at = text.indexOf('"', at + 1);
  }
  return -1;
}

/** The place behind the bracket that closes the one at `start`; -1 where there is none. */
export function blockEnd(text: string, start: number, end: number): number {
  const open = text.charCodeAt(start);
  const close = open === OPEN_BRACE ? CLOSE_BRACE : CLOSE_BRACKET;
  let level = 0;
  let at = start;
  while (at < end) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = closingQuote(text, at + 1, end);
      if (at === -1) return -1;
    } else if (code === open) {
      level++;
    } else if (code === close && --level === 0) {
      return at + 1;
    }
    at++;
  }
  return -1;
}

/** One value's type and end, or what is wrong with it; overwritten by each call of `scan`. */
export class ValueScanner {
  type: JsonType = 'null';
  /** Behind the value's last character. */
  end = 0;
  problem = '';

  /** Of the value whose first character is at `start`; false where it is malformed. */
  scan(text: string, start: number, end: number): boolean {
    const code = text.charCodeAt(start);
    if (code === QUOTE) return this.#ends('string', closingQuote(text, start + 1, end) + 1, MALFORMED_STRING);
    if (code === OPEN_BRACE) return this.#ends('object', blockEnd(text, start, end), MALFORMED_OBJECT);
    if (code === OPEN_BRACKET) return this.#ends('array', blockEnd(text, start, end), MALFORMED_ARRAY);
    let at = start;
    while (at < end && !endsToken(text.charCodeAt(at))) at++;
    this.end = at;
    if ((code >= 48 && code <= 57) || code === 45) {
      this.type = 'number';
      return true;
    }
    return this.#scanWord(text, start, at);
  }

  #ends(type: JsonType, end: number, problem: string): boolean {
    this.type = type;
    this.end = end;
    if (end > 0) return true;
    this.problem = problem;
    return false;
  }

  #scanWord(text: string, start: number, end: number): boolean {
    const length = end - start;
    if ((length === 4 && text.startsWith('true', start)) || (length === 5 && text.startsWith('false', start))) {
      this.type = 'boolean';
      return true;
    }
    if (length === 4 && text.startsWith('null', start)) {
      this.type = 'null';
      return true;
    }
    this.problem = UNKNOWN_TYPE;
    return false;
  }
}

function endsToken(code: number): boolean {
  return (
    code === COMMA ||
    code === CLOSE_BRACE ||
    code === CLOSE_BRACKET ||
    code === 32 ||
    code === 10 ||
    code === 13 ||
    code === 9
  );
}

/** A value of a label: escapes resolved, U+FFFD as a blank; empty where an escape is invalid. */
export function labelText(raw: string): string {
  const text = raw.includes('\\') ? unescapeJson(raw) : raw;
  if (text === null) return '';
  return text.includes('\ufffd') ? text.replaceAll('\ufffd', ' ') : text;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/** Null where an escape is invalid. */
export function unescapeJson(raw: string): string | null {
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
    const first = hexEscape(raw, at);
    if (first === -1) return null;
    if (first < 0xd800 || first > 0xdfff) {
      text += String.fromCharCode(first);
      from = at + 6;
      continue;
    }
    const second = hexEscape(raw, at + 6);
    if (second < 0xdc00) return null;
    text += pairText(first, second);
    from = at + 12;
  }
  return text + raw.slice(from);
}

function hexEscape(raw: string, at: number): number {
  const match = /^\\u([0-9a-fA-F]{4})/.exec(raw.slice(at, at + 6));
  return match === null ? -1 : Number.parseInt(match[1] as string, 16);
}

function pairText(high: number, low: number): string {
  const code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
  return code > 0x10ffff ? '\ufffd' : String.fromCodePoint(code);
}
