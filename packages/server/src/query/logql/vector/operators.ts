import { type BinaryOp, foldLiterals } from '@tailwater/schema/logql';

export type SetOp = Extract<BinaryOp, 'and' | 'or' | 'unless'>;
export type ValueOp = Exclude<BinaryOp, SetOp>;

export function isSetOp(op: BinaryOp): op is SetOp {
  return op === 'and' || op === 'or' || op === 'unless';
}

const COMPARISONS: ReadonlySet<BinaryOp> = new Set<BinaryOp>(['==', '!=', '>', '>=', '<', '<=']);

/** Like `foldLiterals`, but a comparison without `bool` gives `kept`, or null where it does not hold. */
export function calculateOrFilter(
  op: ValueOp,
  bool: boolean,
  left: number,
  right: number,
  kept: number,
): number | null {
  const value = foldLiterals(op, left, right);
  if (bool || !COMPARISONS.has(op)) return value;
  return value === 1 ? kept : null;
}
