import { formatFloat, parseGoFloat } from '../../values/index.ts';
import type { FunctionTable, GoFunction } from '../function.ts';
import { parseGoInt } from '../literal.ts';
import { FunctionError, GoInt, type GoValue } from '../value.ts';

const INT64_MIN = -(1n << 63n);

/** spf13/cast's ToInt64: junk is 0, a decimal text is cut at its point. */
export function toInt64(value: GoValue): bigint {
  if (value instanceof GoInt) return value.value;
  if (typeof value === 'string') return value === '' ? 0n : (parseGoInt(withoutDecimals(value)) ?? 0n);
  if (typeof value === 'boolean') return value ? 1n : 0n;
  if (typeof value !== 'number') return 0n;
  // What amd64 makes of a double beyond an int64.
  return Number.isNaN(value) || Math.abs(value) >= 2 ** 63 ? INT64_MIN : BigInt(Math.trunc(value));
}

function withoutDecimals(text: string): string {
  const [, whole] = /^([-+]?[0-9]*)\.[0-9]*$/.exec(text) ?? [];
  if (whole === undefined) return text;
  return whole === '' || whole === '-' || whole === '+' ? '0' : whole;
}

function toFloat64(value: GoValue): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'string') return parseGoFloat(value) ?? 0;
  if (value instanceof GoInt) return Number(value.value);
  return value === true ? 1 : 0;
}

function int64(value: bigint): GoInt {
  return new GoInt(BigInt.asIntN(64, value), 'int64');
}

/** Arguments after the first `fixed` of any type. */
function anyArgs(fixed: number, variadic: boolean, call: (args: readonly GoValue[]) => GoValue): GoFunction {
  return {
    params: Array.from({ length: fixed }, () => 'interface {}' as const),
    rest: variadic ? 'interface {}' : null,
    call,
  };
}

function folded(fold: (left: bigint, right: bigint) => bigint): GoFunction {
  return anyArgs(1, true, (args) =>
    int64(args.map(toInt64).reduce((left, right) => BigInt.asIntN(64, fold(left, right)))),
  );
}

function larger(left: bigint, right: bigint): bigint {
  if (right > left) return right;
  return left;
}

function foldedFloat(fold: (left: number, right: number) => number): GoFunction {
  return anyArgs(1, true, (args) => args.map(toFloat64).reduce(fold));
}

function divided(divide: (left: bigint, right: bigint) => bigint): GoFunction {
  return anyArgs(2, false, ([left, right]) => {
    const divisor = toInt64(right);
    if (divisor === 0n) throw new FunctionError('runtime error: integer divide by zero');
    return int64(divide(toInt64(left), divisor));
  });
}

/** A decimal of shopspring/decimal: coefficient · 10^exponent. */
interface Decimal {
  coefficient: bigint;
  exponent: number;
}

/** Digits behind the point of a quotient, as in shopspring/decimal. */
const DIVISION_PRECISION = 16;

function toDecimal(value: number): Decimal {
  if (!Number.isFinite(value)) throw new FunctionError(`Cannot create a Decimal from ${formatFloat(value)}`);
  const [whole = '', fraction = ''] = formatFloat(value).split('.');
  return { coefficient: BigInt(whole + fraction), exponent: -fraction.length };
}

function toFloat({ coefficient, exponent }: Decimal): number {
  return Number(`${coefficient}e${exponent}`);
}

function aligned(left: Decimal, right: Decimal): [left: bigint, right: bigint, exponent: number] {
  const exponent = Math.min(left.exponent, right.exponent);
  const scale = ({ coefficient, exponent: own }: Decimal) => coefficient * 10n ** BigInt(own - exponent);
  return [scale(left), scale(right), exponent];
}

function quotient(left: Decimal, right: Decimal): Decimal {
  if (right.coefficient === 0n) throw new FunctionError('decimal division by 0');
  const [numerator, denominator] = aligned(left, right);
  const scaled = numerator * 10n ** BigInt(DIVISION_PRECISION);
  const whole = scaled / denominator;
  const rest = scaled % denominator;
  const isUp = 2n * absolute(rest) >= absolute(denominator);
  const step = numerator < 0n === denominator < 0n ? 1n : -1n;
  return { coefficient: isUp ? whole + step : whole, exponent: -DIVISION_PRECISION };
}

function absolute(value: bigint): bigint {
  return value < 0n ? -value : value;
}

/** Sprig's float arithmetic works on decimals, so that 0.1 + 0.2 is 0.3. */
function decimals(fixed: number, start: Decimal | null, fold: (left: Decimal, right: Decimal) => Decimal): GoFunction {
  return anyArgs(fixed, true, (args) => {
    const operands = args.map((arg) => toDecimal(toFloat64(arg)));
    return toFloat(start === null ? operands.reduce(fold) : operands.reduce(fold, start));
  });
}

function added(sign: bigint): (left: Decimal, right: Decimal) => Decimal {
  return (left, right) => {
    const [first, second, exponent] = aligned(left, right);
    return { coefficient: first + sign * second, exponent };
  };
}

function round(value: number, places: number, roundOn: number): number {
  const power = 10 ** places;
  const digit = power * value;
  const rounded = digit - Math.trunc(digit) >= roundOn ? Math.ceil(digit) : Math.floor(digit);
  return rounded / power;
}

export const NUMBER_FUNCTIONS: FunctionTable = {
  int: anyArgs(1, false, ([value]) => new GoInt(toInt64(value))),
  float64: anyArgs(1, false, ([value]) => toFloat64(value)),
  add: anyArgs(0, true, (args) => int64(args.map(toInt64).reduce((left, right) => left + right, 0n))),
  sub: anyArgs(2, false, ([left, right]) => int64(toInt64(left) - toInt64(right))),
  mul: folded((left, right) => left * right),
  div: divided((left, right) => left / right),
  mod: divided((left, right) => left % right),
  max: folded(larger),
  min: folded((left, right) => (larger(left, right) === left ? right : left)),
  maxf: foldedFloat((left, right) => Math.max(left, right)),
  minf: foldedFloat((left, right) => Math.min(left, right)),
  ceil: anyArgs(1, false, ([value]) => Math.ceil(toFloat64(value))),
  floor: anyArgs(1, false, ([value]) => Math.floor(toFloat64(value))),
  round: {
    params: ['interface {}', 'int'],
    rest: 'float64',
    call: ([value, places, on]) => round(toFloat64(value), toFloat64(places), typeof on === 'number' ? on : 0.5),
  },
  addf: decimals(0, { coefficient: 0n, exponent: 0 }, added(1n)),
  subf: decimals(1, null, added(-1n)),
  mulf: decimals(1, null, (left, right) => ({
    coefficient: left.coefficient * right.coefficient,
    exponent: left.exponent + right.exponent,
  })),
  divf: decimals(1, null, quotient),
};
