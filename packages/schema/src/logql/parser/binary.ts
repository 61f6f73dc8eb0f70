import type { BinaryOp, Expr, MetricExpr, VectorMatching } from '../ast.ts';
import { foldLiterals } from '../fold.ts';
import { PRECEDENCE } from '../tokens.ts';
import { parseLabels } from './aggregations.ts';
import type { Cursor } from './cursor.ts';
import type { Drafts } from './drafts.ts';

export function binaryOpAhead(cursor: Cursor): BinaryOp | null {
  const { kind } = cursor.peek();
  for (const op of PRECEDENCE.keys()) if (op === kind) return op as BinaryOp;
  return null;
}

export interface Modifier {
  bool: boolean;
  matching: VectorMatching | null;
}

/** `bool on (a) group_left (b)`, all of it optional. */
export function parseModifier(cursor: Cursor): Modifier {
  const bool = cursor.accept('bool');
  if (!cursor.at('on', 'ignoring')) return { bool, matching: null };
  const kind = cursor.next().kind === 'on' ? 'on' : 'ignoring';
  cursor.expect('(');
  const labels = parseLabels(cursor);
  let group: VectorMatching['group'] = null;
  let include: readonly string[] = [];
  if (cursor.at('group_left', 'group_right')) {
    group = cursor.next().kind === 'group_left' ? 'left' : 'right';
    if (cursor.accept('(')) include = parseLabels(cursor);
  }
  // To ignore nothing is the same as to match by all labels.
  if (kind === 'ignoring' && labels.length === 0 && group === null) return { bool, matching: null };
  return { bool, matching: { kind, labels, group, include } };
}

/** Two sides joined; two literals become one. */
export function joinBinary(drafts: Drafts, op: BinaryOp, modifier: Modifier, left: Expr, right: Expr): MetricExpr {
  if (left.kind === 'log') return drafts.fault(typeFault('left', op, left.stages.length > 0));
  if (right.kind === 'log') return drafts.fault(typeFault('right', op, right.stages.length > 0));
  const leftValue = literalValue(drafts, left);
  const rightValue = literalValue(drafts, right);
  if (op === 'and' || op === 'or' || op === 'unless') {
    if (leftValue !== null) return drafts.fault(literalFault('left', op, leftValue));
    if (rightValue !== null) return drafts.fault(literalFault('right', op, rightValue));
  } else if (leftValue !== null && rightValue !== null) {
    return { kind: 'literal', value: foldLiterals(op, leftValue, rightValue) };
  }
  return drafts.node({ kind: 'binary', op, ...modifier, left, right }, [left, right]);
}

function literalValue(drafts: Drafts, expr: MetricExpr): number | null {
  return expr.kind === 'literal' && drafts.faultOf(expr) === undefined ? expr.value : null;
}

function typeFault(side: string, op: BinaryOp, piped: boolean): string {
  return `unexpected type for ${side} leg of binary operation (${op}): *syntax.${piped ? 'PipelineExpr' : 'MatchersExpr'}`;
}

function literalFault(side: string, op: BinaryOp, value: number): string {
  const text = Number.isFinite(value) ? fixed(value) : Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
  return `unexpected literal for ${side} leg of logical/set binary operation (${op}): ${text}`;
}

/** Go's `%f`; toFixed turns to exponents from 1e21 on. */
function fixed(value: number): string {
  return Math.abs(value) < 1e21 ? value.toFixed(6) : `${BigInt(value)}.000000`;
}
