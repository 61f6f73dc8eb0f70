import type { BinaryOp } from './ast.ts';

/** What an operator makes of two values, literals or samples: a comparison answers 0 or 1, dividing by zero is never infinite. */
export function foldLiterals(op: Exclude<BinaryOp, 'and' | 'or' | 'unless'>, left: number, right: number): number {
  switch (op) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return right === 0 ? Number.NaN : left / right;
    case '%':
      return right === 0 ? Number.NaN : left % right;
    case '^':
      return goPower(left, right);
    case '==':
      return Number(left === right);
    case '!=':
      return Number(left !== right);
    case '>':
      return Number(left > right);
    case '>=':
      return Number(left >= right);
    case '<':
      return Number(left < right);
    case '<=':
      return Number(left <= right);
  }
}

/** Go's math.Pow: unlike JavaScript, 1 to any power and -1 to an infinite one are 1. */
export function goPower(base: number, exponent: number): number {
  if (base === 1 || (base === -1 && Math.abs(exponent) === Number.POSITIVE_INFINITY)) return 1;
  return base ** exponent;
}
