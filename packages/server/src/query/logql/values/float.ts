import { goQuote } from './quote.ts';

const ZERO = 48;
const NINE = 57;
const HEX_FLOAT = /^([+-]?)0[xX]([0-9a-fA-F_]*)(?:\.([0-9a-fA-F_]*))?[pP]([+-]?[0-9]+)$/;
/** An underscore that is not between two digits; Go takes `1_000` for a thousand. */
const STRAY_UNDERSCORE = /(?:^|[^0-9])_|_(?:$|[^0-9])/;
const INFINITIES = new Set(['inf', '+inf', '-inf', 'infinity', '+infinity', '-infinity']);

/**
 * A number as Go's strconv.ParseFloat(text, 64) reads it: decimal, hexadecimal with `p` exponent, `inf`, `infinity` and
 * `nan` in any case. Null when Go reports an error, which is also so for a number out of range; `floatError` says which.
 */
export function parseGoFloat(text: string): number | null {
  const value = readFloat(text);
  return value === undefined || value === 'range' ? null : value;
}

/** Go's text for what `parseGoFloat` answers null to. */
export function floatError(text: string): string {
  const why = readFloat(text) === 'range' ? 'value out of range' : 'invalid syntax';
  return `strconv.ParseFloat: parsing ${goQuote(text)}: ${why}`;
}

function readFloat(text: string): number | 'range' | undefined {
  if (isDecimal(text)) {
    const value = Number(text);
    return Number.isFinite(value) ? value : 'range';
  }
  return text.length < 3 ? undefined : readSpecial(text);
}

/** `[+-] digits [. digits] [e [+-] digits]`, one digit at least before the exponent. Called for every value: no regex. */
function isDecimal(text: string): boolean {
  const length = text.length;
  let at = 0;
  const sign = text.charCodeAt(0);
  if (sign === 43 || sign === 45) at = 1;
  let end = skipDigits(text, at);
  let digits = end - at;
  at = end;
  if (text.charCodeAt(at) === 46) {
    end = skipDigits(text, at + 1);
    digits += end - at - 1;
    at = end;
  }
  if (digits === 0) return false;
  if (at === length) return true;
  const exponent = text.charCodeAt(at);
  if (exponent !== 101 && exponent !== 69) return false;
  at += 1;
  const exponentSign = text.charCodeAt(at);
  if (exponentSign === 43 || exponentSign === 45) at += 1;
  end = skipDigits(text, at);
  return end > at && end === length;
}

function skipDigits(text: string, start: number): number {
  let at = start;
  for (; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code < ZERO || code > NINE) break;
  }
  return at;
}

function readSpecial(text: string): number | 'range' | undefined {
  const code = text.charCodeAt(text.length - 1) | 0x20;
  // The last letter decides before a copy in lower case is made: 'f' of inf, 'y' of infinity, 'n' of nan.
  if (code === 102 || code === 121 || code === 110) {
    const lower = text.toLowerCase();
    if (INFINITIES.has(lower)) return text.startsWith('-') ? -Infinity : Infinity;
    if (lower === 'nan' && text.length === 3) return Number.NaN;
  }
  if (text.includes('_') && !STRAY_UNDERSCORE.test(text)) {
    const plain = text.replaceAll('_', '');
    if (isDecimal(plain)) return readFloat(plain);
  }
  return readHexFloat(text);
}

function readHexFloat(text: string): number | 'range' | undefined {
  const parts = HEX_FLOAT.exec(text);
  if (parts === null) return undefined;
  const [, sign, whole = '', fraction = '', exponent = '0'] = parts;
  // An underscore may stand between digits and after the prefix, as in Go's literals.
  if (/__|_\.|\._|_[pP]/.test(text) || (whole + fraction).replaceAll('_', '') === '') return undefined;
  const fractionDigits = fraction.replaceAll('_', '');
  const mantissa = BigInt(`0x${whole.replaceAll('_', '')}${fractionDigits}`);
  const value = scaleByPowerOfTwo(mantissa, Number(exponent) - 4 * fractionDigits.length);
  if (!Number.isFinite(value)) return 'range';
  return sign === '-' ? -value : value;
}

/** mantissa · 2^exponent, rounded once, half to even: bits that a double cannot hold are folded into a sticky bit. */
function scaleByPowerOfTwo(mantissa: bigint, exponent: number): number {
  if (mantissa === 0n) return 0;
  const bits = mantissa.toString(2).length;
  const top = bits + exponent;
  if (top > 1024) return Infinity;
  if (top < -1074) return 0;
  const kept = top < -1021 ? Math.max(0, top + 1074) : 53;
  const drop = bits - kept;
  if (drop <= 0) return timesPowerOfTwo(Number(mantissa), exponent);
  const rest = mantissa & ((1n << BigInt(drop)) - 1n);
  const half = 1n << BigInt(drop - 1);
  let head = mantissa >> BigInt(drop);
  if (rest > half || (rest === half && (head & 1n) === 1n)) head += 1n;
  return timesPowerOfTwo(Number(head), exponent + drop);
}

/** In two steps, for 2 ** exponent alone may be beyond a double. */
function timesPowerOfTwo(value: number, exponent: number): number {
  const first = Math.trunc(exponent / 2);
  return value * 2 ** first * 2 ** (exponent - first);
}

/** Go's strconv.FormatFloat(value, 'f', -1, 64): shortest digits that read back, never an exponent. */
export function formatFloat(value: number): string {
  if (!Number.isFinite(value)) return formatSpecial(value);
  const text = String(value);
  if (Object.is(value, -0)) return '-0';
  const exponentAt = text.indexOf('e');
  return exponentAt === -1 ? text : withoutExponent(text, exponentAt);
}

function formatSpecial(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? '+Inf' : '-Inf';
}

function withoutExponent(text: string, exponentAt: number): string {
  const sign = text.startsWith('-') ? '-' : '';
  const digits = text.slice(sign.length, exponentAt).replace('.', '');
  const point = 1 + Number(text.slice(exponentAt + 1));
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return sign + digits.padEnd(point, '0');
}

/** Go's `%v` and `%g` of a float64: shortest digits, with an exponent below 1e-4 and from 1e+06 on. */
export function formatFloatG(value: number): string {
  if (!Number.isFinite(value)) return formatSpecial(value);
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const size = Math.abs(value);
  if (size >= 1e-4 && size < 1e6) return formatFloat(value);
  return goExponent(value.toExponential());
}

/** JavaScript's `1e+5` as Go writes it: two digits of exponent at least, `1e+05`. */
export function goExponent(text: string): string {
  return text.replace(/e([+-])(\d)$/, 'e$10$2');
}
