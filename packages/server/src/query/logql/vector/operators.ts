import type { BinaryOp } from '@tailwater/schema/logql';

export type SetOp = Extract<BinaryOp, 'and' | 'or' | 'unless'>;
export type ValueOp = Exclude<BinaryOp, SetOp>;

export function isSetOp(op: BinaryOp): op is SetOp {
  return op === 'and' || op === 'or' || op === 'unless';
}

/** What an operator makes of two values; a comparison gives 1 or 0. */
export function calculate(op: ValueOp, left: number, right: number): number {
  const holds = compare(op, left, right);
  if (holds !== null) return holds ? 1 : 0;
  switch (op) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      // Other than in PromQL, dividing by zero is never infinite.
      return right === 0 ? Number.NaN : left / right;
    case '%':
      return right === 0 ? Number.NaN : left % right;
    default:
      return power(left, right);
  }
}

/** Like `calculate`, but a comparison without `bool` gives `kept`, or null where it does not hold. */
export function calculateOrFilter(
  op: ValueOp,
  bool: boolean,
  left: number,
  right: number,
  kept: number,
): number | null {
  const holds = compare(op, left, right);
  if (holds === null || bool) return calculate(op, left, right);
  return holds ? kept : null;
}

/** As Go's math.Pow (https://pkg.go.dev/math#Pow): other than in JavaScript, 1 to any power, and −1 to ±Inf, are 1. */
function power(base: number, exponent: number): number {
  if (base === 1) return 1;
  if (base === -1 && Math.abs(exponent) === Number.POSITIVE_INFINITY) return 1;
  return base ** exponent;
}

/** Null of an operator that does not compare. NaN is equal to nothing. */
function compare(op: ValueOp, left: number, right: number): boolean | null {
  switch (op) {
    case '==':
      return left === right;
    case '!=':
      return left !== right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    default:
      return null;
  }
}
