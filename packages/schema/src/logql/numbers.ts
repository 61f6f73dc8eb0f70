/** Go's numbers: strconv.ParseFloat and FormatFloat. */

const DECIMAL = /^(?:\d+(?:_\d+)*)?(?:\.(?:\d+(?:_\d+)*)?)?(?:e[+-]?\d+(?:_\d+)*)?$/i;
const HEXADECIMAL = /^0x_?([\da-f_]*)(?:\.([\da-f_]*))?p([+-]?\d+)$/i;

/** The value of a number as the lexer cuts it out, or Go's error text. */
export function parseFloatLiteral(text: string): number | string {
  const value = floatOf(text);
  if (Number.isNaN(value)) return `strconv.ParseFloat: parsing "${text}": invalid syntax`;
  if (!Number.isFinite(value)) return `strconv.ParseFloat: parsing "${text}": value out of range`;
  return value;
}

function floatOf(text: string): number {
  const hexadecimal = HEXADECIMAL.exec(text);
  if (hexadecimal !== null) return hexadecimalValue(hexadecimal[1] ?? '', hexadecimal[2] ?? '', Number(hexadecimal[3]));
  if (!DECIMAL.test(text) || !/^\.?\d/.test(text)) return Number.NaN;
  return Number(text.replaceAll('_', ''));
}

function hexadecimalValue(whole: string, fraction: string, exponent: number): number {
  const digits = (whole + fraction).replaceAll('_', '');
  if (digits === '') return Number.NaN;
  const scale = exponent - 4 * fraction.replaceAll('_', '').length;
  let value = Number(BigInt(`0x${digits}`));
  // In two steps: one power of two may be out of range where the product is not.
  const half = Math.trunc(scale / 2);
  value *= 2 ** half;
  return value * 2 ** (scale - half);
}

/** Go's `%f` with the fewest digits: never an exponent. */
export function formatPlain(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (Object.is(value, -0)) return '-0';
  const { sign, digits, exponent } = decimalOf(value);
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  if (digits.length <= exponent + 1) return sign + digits.padEnd(exponent + 1, '0');
  return `${sign}${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`;
}

/** Go's `%v`: an exponent of at least two digits below 1e-4 and from 1e6 on. */
export function formatShort(value: number): string {
  if (!Number.isFinite(value) || value === 0) return formatPlain(value);
  const { sign, digits, exponent } = decimalOf(value);
  if (exponent >= -4 && exponent < 6) return formatPlain(value);
  const mantissa = digits.length > 1 ? `${digits.slice(0, 1)}.${digits.slice(1)}` : digits;
  return `${sign}${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

/** `digits` has one digit before the point. */
function decimalOf(value: number): { sign: string; digits: string; exponent: number } {
  const [mantissa = '0', exponent = '0'] = Math.abs(value).toExponential().split('e');
  return { sign: value < 0 ? '-' : '', digits: mantissa.replace('.', ''), exponent: Number(exponent) };
}
