import type {
  BinaryExpr,
  Expr,
  Grouping,
  LogExpr,
  LogRange,
  RangeAggregation,
  VectorAggregation,
  VectorMatching,
} from './ast.ts';
import { formatGoDuration, formatPrometheusDuration } from './durations.ts';
import { formatPlain, formatShort } from './numbers.ts';
import { printSelector, printStage, printUnwrap } from './print-stages.ts';
import { goQuote } from './text.ts';

/** What is printed of a query's parts, for who needs them all: to print them one by one takes time squared. */
export type Printed = Map<Expr, string>;

/** A query on one line as Loki's String() writes it; it parses to the same query again. */
export function printQuery(expr: Expr): string {
  return printPart(expr, null);
}

/** As printQuery, and notes each part's text in `printed`. */
export function printParts(expr: Expr): Printed {
  const printed: Printed = new Map();
  printPart(expr, printed);
  return printed;
}

function printPart(expr: Expr, printed: Printed | null): string {
  const text = printExpr(expr, printed);
  printed?.set(expr, text);
  return text;
}

function printExpr(expr: Expr, printed: Printed | null): string {
  switch (expr.kind) {
    case 'log':
      return printLog(expr);
    case 'range-aggregation':
      return printRangeAggregation(expr, printed);
    case 'vector-aggregation':
      return printVectorAggregation(expr, printed);
    case 'binary':
      return printBinary(expr, printed);
    case 'label-replace':
      return `label_replace(${[printPart(expr.inner, printed), ...labelReplaceTexts(expr)].join(',')})`;
    case 'literal':
      return printLiteral(expr.value);
    case 'vector':
      return `vector(${printVectorValue(expr.value)})`;
  }
}

export function labelReplaceTexts(expr: {
  destination: string;
  replacement: string;
  source: string;
  pattern: string;
}): string[] {
  return [expr.destination, expr.replacement, expr.source, expr.pattern].map(goQuote);
}

function printLog(log: LogExpr): string {
  return [printSelector(log.selector), ...log.stages.map(printStage)].join(' ');
}

function printRangeAggregation(expr: RangeAggregation, printed: Printed | null): string {
  const parameter = expr.parameter === null ? '' : `${formatPlain(expr.parameter)},`;
  return `${expr.op}(${parameter}${printRange(expr.range, printed)})${printGrouping(expr.grouping, ',')}`;
}

function printRange({ log, rangeMs, offsetMs, unwrap }: LogRange, printed: Printed | null): string {
  const unwrapped = unwrap === null ? '' : ` ${printUnwrap(unwrap).join(' ')}`;
  const offset = offsetMs === 0 ? '' : ` offset ${formatGoDuration(nanoseconds(offsetMs))}`;
  return `${printPart(log, printed)}${unwrapped}[${formatPrometheusDuration(rangeMs)}]${offset}`;
}

export function nanoseconds(durationMs: number): bigint {
  const whole = Math.trunc(durationMs);
  return BigInt(whole) * 1_000_000n + BigInt(Math.round((durationMs - whole) * 1e6));
}

/** ` by (a,b)`, or nothing. */
export function printGrouping(grouping: Grouping | null, separator: string): string {
  return grouping === null ? '' : ` ${grouping.kind} (${grouping.labels.join(separator)})`;
}

function printVectorAggregation(expr: VectorAggregation, printed: Printed | null): string {
  const parameter = expr.parameter === null ? '' : `${expr.parameter},`;
  return `${expr.op}${printGrouping(vectorGrouping(expr), ',')}(${parameter}${printPart(expr.inner, printed)})`;
}

/** `by ()` says the same as nothing behind a vector aggregation, and Loki leaves it out. */
export function vectorGrouping(expr: VectorAggregation): Grouping | null {
  return expr.grouping?.kind === 'by' && expr.grouping.labels.length === 0 ? null : expr.grouping;
}

function printBinary(expr: BinaryExpr, printed: Printed | null): string {
  return `(${printPart(expr.left, printed)} ${printOperator(expr, ',')} ${printPart(expr.right, printed)})`;
}

/** `== bool on (a,b) group_left (c)`. */
export function printOperator({ op, bool, matching }: BinaryExpr, separator: string): string {
  return op + (bool ? ' bool' : '') + (matching === null ? '' : printMatching(matching, separator));
}

function printMatching({ kind, labels, group, include }: VectorMatching, separator: string): string {
  const side = group === null ? '' : ` group_${group} (${include.join(separator)})`;
  return ` ${kind} (${labels.join(separator)})${side}`;
}

/** Folding can make values that have no literal: what made them is written instead. */
export function printLiteral(value: number): string {
  if (Number.isNaN(value)) return '(0 / 0)';
  if (!Number.isFinite(value)) return `(${value < 0 ? '-' : ''}1e+308 * 10)`;
  // `-0` would be read as a duration.
  return Object.is(value, -0) ? '-0.0' : formatShort(value);
}

/** Go's `%f`, or all digits where six would change the value. */
function printVectorValue(value: number): string {
  const short = value.toFixed(6);
  return Number(short) === value && !short.includes('e') ? short : formatPlain(value);
}
