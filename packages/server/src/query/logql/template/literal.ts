import { goQuote, parseGoFloat } from '../values/index.ts';
import type { NumberNode } from './nodes.ts';
import { TemplateError } from './value.ts';

const INT64_MAX = (1n << 63n) - 1n;
const UINT64_MAX = (1n << 64n) - 1n;
const ESCAPES: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
};
const ESCAPE = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|([abfnrtv\\'"]))/y;

/** A number as strconv.ParseInt(text, 0, 64) reads it: 0x, 0o, 0b, a leading 0 for octal, underscores. Null on an error. */
export function parseGoInt(text: string): bigint | null {
  const [, sign = '', digits = ''] = /^([+-]?)(.*)$/s.exec(text) ?? [];
  const value = parseMagnitude(digits);
  if (value === null) return null;
  if (sign === '-') return value > INT64_MAX + 1n ? null : -value;
  return value > INT64_MAX ? null : value;
}

function parseMagnitude(digits: string): bigint | null {
  const plain = digits.includes('_') ? withoutUnderscores(digits) : digits;
  if (plain === null) return null;
  if (/^(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+|0|[1-9][0-9]*)$/.test(plain)) return BigInt(plain.toLowerCase());
  return /^0[0-7]+$/.test(plain) ? BigInt(`0o${plain.slice(1)}`) : null;
}

function withoutUnderscores(digits: string): string | null {
  return /^(?:0[xXbBoO]_?)?[0-9a-fA-F]+(?:_[0-9a-fA-F]+)*$/.test(digits) ? digits.replaceAll('_', '') : null;
}

/** A number or character literal. Throws TemplateError with Go's words, without the place. */
export function numberNode(at: number, text: string, isRune: boolean): NumberNode {
  if (isRune) return { kind: 'number', at, text, integer: runeValue(text), float: null, isFloat: false };
  const integer = parseGoInt(text);
  const unsigned = integer ?? (text.startsWith('-') ? null : parseMagnitude(text));
  if (integer !== null) return { kind: 'number', at, text, integer, float: Number(integer), isFloat: false };
  if (unsigned !== null && unsigned <= UINT64_MAX)
    return { kind: 'number', at, text, integer: null, float: Number(unsigned), isFloat: false };
  const float = parseGoFloat(text);
  if (float === null) throw new TemplateError(`illegal number syntax: ${goQuote(text)}`);
  if (!/[.eEpP]/.test(text)) throw new TemplateError(`integer overflow: ${goQuote(text)}`);
  const isWhole = Number.isInteger(float) && Math.abs(float) < 2 ** 63;
  return { kind: 'number', at, text, integer: isWhole ? BigInt(float) : null, float, isFloat: true };
}

function runeValue(text: string): bigint {
  const body = unescapeAll(text.slice(1, -1), "'");
  const runes = body === null ? [] : [...body];
  const code = runes[0]?.codePointAt(0);
  if (text === "''" || body === null) throw new TemplateError('invalid syntax');
  if (runes.length !== 1 || code === undefined) throw new TemplateError(`malformed character constant: ${text}`);
  return BigInt(code);
}

/** A quoted string as strconv.Unquote reads it. Throws TemplateError `invalid syntax`. */
export function unquote(quoted: string): string {
  const body = quoted.slice(1, -1);
  if (quoted.startsWith('`')) return body.replaceAll('\r', '');
  const value = body.includes('\\') ? unescapeAll(body, '"') : body;
  if (value === null) throw new TemplateError('invalid syntax');
  return value;
}

function unescapeAll(body: string, quote: string): string | null {
  const bytes: Buffer[] = [];
  for (let at = 0; at < body.length; ) {
    if (body[at] !== '\\') {
      const next = body.indexOf('\\', at);
      const end = next === -1 ? body.length : next;
      bytes.push(Buffer.from(body.slice(at, end), 'utf8'));
      at = end;
      continue;
    }
    ESCAPE.lastIndex = at;
    const found = ESCAPE.exec(body);
    const piece = found === null ? null : unescapeOne(found, quote);
    if (piece === null) return null;
    bytes.push(piece);
    at = ESCAPE.lastIndex;
  }
  return Buffer.concat(bytes).toString('utf8');
}

function unescapeOne([, byte, short, long, octal, letter]: RegExpExecArray, quote: string): Buffer | null {
  if (byte !== undefined) return quote === "'" ? runeBytes(parseInt(byte, 16)) : Buffer.of(parseInt(byte, 16));
  const code = short ?? long;
  if (code !== undefined) return runeBytes(parseInt(code, 16));
  if (octal !== undefined) {
    const value = parseInt(octal, 8);
    return value > 255 ? null : Buffer.of(value);
  }
  if (letter === "'" || letter === '"') return letter === quote ? Buffer.from(letter) : null;
  return Buffer.from(ESCAPES[letter ?? ''] ?? '');
}

function runeBytes(code: number): Buffer | null {
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return null;
  return Buffer.from(String.fromCodePoint(code), 'utf8');
}
