import { formatFloatG, goExponent } from '../values/index.ts';
import { type Format, pad } from './format.ts';

/** A float64 by one of Go's verbs; null for verbs that it has none of, and for %b and %x (binary forms), which are not there. */
export function formatFloatVerb(value: number, verb: string, format: Format): string | null {
  const text = unsigned(Math.abs(value), verb, format.precision);
  if (text === null) return null;
  const isNegative = value < 0 || Object.is(value, -0);
  const sign = isNegative ? '-' : format.plus ? '+' : format.space ? ' ' : '';
  if (!Number.isFinite(value)) return pad(infinite(value, format), { ...format, zero: false });
  const missing = (format.width ?? 0) - sign.length - text.length;
  if (format.zero && !format.minus && missing > 0) return sign + '0'.repeat(missing) + text;
  return pad(sign + text, { ...format, zero: false });
}

function infinite(value: number, { plus, space }: Format): string {
  if (Number.isNaN(value)) return plus ? '+NaN' : space ? ' NaN' : 'NaN';
  if (value < 0) return '-Inf';
  return space && !plus ? ' Inf' : '+Inf';
}

function unsigned(value: number, verb: string, precision: number | null): string | null {
  switch (verb) {
    case 'v':
    case 'g':
      return precision === null ? formatFloatG(value) : general(value, precision);
    case 'G':
      return (precision === null ? formatFloatG(value) : general(value, precision)).toUpperCase();
    case 'e':
      return exponential(value, precision ?? 6);
    case 'E':
      return exponential(value, precision ?? 6).toUpperCase();
    case 'f':
    case 'F':
      return fixed(value, precision ?? 6);
    default:
      return null;
  }
}

/** Decimal digits of a number, cut to `count` by rounding half to even; `point` is where the decimal point is among them. */
interface Decimal {
  digits: string;
  point: number;
}

const bits = new DataView(new ArrayBuffer(8));

/** All digits of a double: it is an integer times a power of two, and 2^-n is 5^n behind n decimal places. */
function exactDecimal(value: number): Decimal {
  if (value === 0 || !Number.isFinite(value)) return { digits: '0', point: 1 };
  bits.setFloat64(0, value);
  const raw = bits.getBigUint64(0);
  const biased = Number((raw >> 52n) & 0x7ffn);
  const fraction = raw & 0xfffffffffffffn;
  const mantissa = biased === 0 ? fraction : fraction | (1n << 52n);
  const power = Math.max(biased, 1) - 1075;
  const digits = (power >= 0 ? mantissa << BigInt(power) : mantissa * 5n ** BigInt(-power)).toString();
  return { digits, point: digits.length + Math.min(power, 0) };
}

function round({ digits, point }: Decimal, count: number): Decimal {
  if (count < 0) return { digits: '', point };
  if (digits.length <= count) return { digits: digits.padEnd(count, '0'), point };
  const kept = digits.slice(0, count);
  const rest = digits.slice(count);
  const isTie = /^50*$/.test(rest);
  const isUp = isTie ? /[13579]$/.test(kept) : rest >= '5';
  if (!isUp) return { digits: kept, point };
  const raised = (BigInt(kept === '' ? '0' : kept) + 1n).toString().padStart(count, '0');
  return { digits: raised, point: raised.length > count ? point + 1 : point };
}

function fixed(value: number, precision: number): string {
  const exact = exactDecimal(value);
  const { digits } = round(exact, exact.point + precision);
  if (digits === '') return precision === 0 ? '0' : `0.${'0'.repeat(precision)}`;
  const all = digits.padStart(precision + 1, '0').padStart(digits.length, '0');
  const whole = all.slice(0, all.length - precision);
  return precision === 0 ? whole : `${whole}.${all.slice(all.length - precision)}`;
}

function exponential(value: number, precision: number): string {
  const { digits, point } = round(exactDecimal(value), precision + 1);
  const mantissa = precision === 0 ? digits.slice(0, 1) : `${digits.slice(0, 1)}.${digits.slice(1, precision + 1)}`;
  const exponent = value === 0 ? 0 : point - 1;
  return goExponent(`${mantissa}e${exponent < 0 ? '-' : '+'}${Math.abs(exponent)}`);
}

function general(value: number, precision: number): string {
  const count = Math.max(1, precision);
  const rounded = round(exactDecimal(value), count);
  const digits = rounded.digits.slice(0, count).replace(/0+$/, '') || '0';
  const { point } = rounded;
  const limit = count > digits.length && digits.length >= point ? digits.length : count;
  const exponent = point - 1;
  if (value !== 0 && (exponent < -4 || exponent >= limit))
    return exponential(value, Math.min(count, digits.length) - 1);
  if (value === 0) return '0';
  if (point <= 0) return `0.${'0'.repeat(-point)}${digits}`;
  const whole = digits.slice(0, point).padEnd(point, '0');
  return digits.length > point ? `${whole}.${digits.slice(point)}` : whole;
}
