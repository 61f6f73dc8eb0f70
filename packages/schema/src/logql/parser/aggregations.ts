import type { Grouping, MetricExpr, RangeOp, VectorOp } from '../ast.ts';
import { parseFloatLiteral } from '../numbers.ts';
import { rangeFault } from '../validate.ts';
import type { Cursor } from './cursor.ts';
import type { Drafts } from './drafts.ts';
import { parseLogRange } from './log-range.ts';

/** A range aggregation whose name is taken. */
export function parseRangeAggregation(cursor: Cursor, drafts: Drafts, op: RangeOp): MetricExpr {
  cursor.expect('(');
  let parameter: string | null = null;
  if (cursor.at('NUMBER')) {
    parameter = cursor.next().text;
    cursor.expect(',');
  } else if (!cursor.at('{', '(')) cursor.fail(['NUMBER', '{', '(']);
  const range = parseLogRange(cursor);
  cursor.expect(')');
  const grouping = cursor.at('by', 'without') ? parseGrouping(cursor) : null;
  const value = parameter === null ? null : parseFloatLiteral(parameter);
  if (parameter !== null && op !== 'quantile_over_time')
    return drafts.fault(`parameter ${parameter} not supported for operation ${op}`);
  if (typeof value === 'string') return drafts.fault(`invalid parameter for operation ${op}: ${value}`);
  if (value === null && op === 'quantile_over_time') return drafts.fault(`parameter required for operation ${op}`);
  const fault = rangeFault(op, range, grouping);
  if (fault !== null) return drafts.fault(fault);
  return { kind: 'range-aggregation', op, parameter: value, range, grouping };
}

/** `by (a, b)`. */
export function parseGrouping(cursor: Cursor): Grouping {
  const kind = cursor.next().kind === 'by' ? 'by' : 'without';
  cursor.expect('(');
  return { kind, labels: parseLabels(cursor) };
}

/** `a, b)` or `)`. */
export function parseLabels(cursor: Cursor): string[] {
  if (cursor.accept(')')) return [];
  const labels = [cursor.name(['IDENTIFIER', ')'])];
  while (cursor.accept(',')) labels.push(cursor.name());
  cursor.expect(')', [',', ')']);
  return labels;
}

/** A vector aggregation whose name is taken; `parseInner` reads a metric expression, `parseFrom` one whose first number is taken. */
export function parseVectorAggregation(
  cursor: Cursor,
  drafts: Drafts,
  op: VectorOp,
  readers: { inner(): MetricExpr; from(number: string): MetricExpr },
): MetricExpr {
  let grouping = cursor.at('by', 'without') ? parseGrouping(cursor) : null;
  cursor.expect('(', grouping === null ? [] : ['(']);
  let parameter: string | null = null;
  let inner: MetricExpr;
  const number = cursor.at('NUMBER') ? cursor.next().text : null;
  if (number !== null && cursor.accept(',')) {
    parameter = number;
    inner = readers.inner();
  } else inner = number === null ? readers.inner() : readers.from(number);
  cursor.expect(')', []);
  if (grouping === null && cursor.at('by', 'without')) grouping = parseGrouping(cursor);
  const k = vectorParameter(op, parameter, grouping);
  if (typeof k === 'string') return drafts.fault(k);
  return drafts.node({ kind: 'vector-aggregation', op, parameter: k, grouping, inner }, [inner]);
}

/** The k of topk and its kin, or what is wrong with it. */
function vectorParameter(op: VectorOp, text: string | null, grouping: Grouping | null): number | null | string {
  if (op !== 'topk' && op !== 'bottomk' && op !== 'approx_topk') {
    return text === null ? null : `unsupported parameter for operation ${op}(${text},`;
  }
  if (text === null) return `parameter required for operation ${op}`;
  const k = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(k)) return `invalid parameter ${op}(${text},`;
  if (k <= 0) return `invalid parameter (must be greater than 0) ${op}(${text}`;
  if (op === 'approx_topk' && grouping !== null) return `grouping not allowed for ${op} aggregation`;
  return k;
}
