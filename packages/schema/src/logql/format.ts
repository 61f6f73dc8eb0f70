import type {
  BinaryExpr,
  Expr,
  LogExpr,
  LogRange,
  MetricExpr,
  RangeAggregation,
  Stage,
  VectorAggregation,
} from './ast.ts';
import { formatGoDuration, formatPrometheusDuration } from './durations.ts';
import { formatShort } from './numbers.ts';
import { printSelector, printStage, printUnwrap } from './print-stages.ts';
import {
  labelReplaceTexts,
  nanoseconds,
  type Printed,
  printGrouping,
  printOperator,
  printParts,
  printQuery,
  vectorGrouping,
} from './printer.ts';
import { byteLength } from './text.ts';
import { PRECEDENCE } from './tokens.ts';

/** What is longer than this in one line is split, unless the caller says otherwise. */
const MAX_LINE_BYTES = 100;

/** A query over several lines, laid out as Loki's `format_query` does it; it parses to the same query again. */
export function formatQuery(expr: Expr, maxLineBytes = MAX_LINE_BYTES): string {
  return format(expr, 0, { printed: printParts(expr), maxBytes: maxLineBytes });
}

interface Layout {
  /** Each part on one line. */
  printed: Printed;
  maxBytes: number;
}

/** A text has at least as many bytes as UTF-16 units: only short ones are counted. */
function fits(line: string, { maxBytes }: Layout): boolean {
  return line.length <= maxBytes && byteLength(line) <= maxBytes;
}

function indent(level: number): string {
  return '  '.repeat(level);
}

function format(expr: Expr, level: number, layout: Layout): string {
  const line = layout.printed.get(expr) ?? printQuery(expr);
  if (fits(line, layout)) return indent(level) + line;
  switch (expr.kind) {
    case 'log':
      return formatLog(expr, level, layout);
    case 'range-aggregation':
      return formatRangeAggregation(expr, level, layout);
    case 'vector-aggregation':
      return formatVectorAggregation(expr, level, layout);
    case 'binary':
      return formatBinary(expr, level, layout);
    case 'label-replace': {
      const texts = labelReplaceTexts(expr).map((text) => indent(level + 1) + text);
      return `${indent(level)}label_replace(\n${[format(expr.inner, level + 1, layout), ...texts].join(',\n')}\n${indent(level)})`;
    }
    default:
      return indent(level) + line;
  }
}

function formatLog(log: LogExpr, level: number, layout: Layout): string {
  const lines = stageLines(log.stages, layout).map((line) => indent(level + 1) + line);
  return [indent(level) + printSelector(log.selector), ...lines].join('\n');
}

/** A line a stage, but line filters in a row share one as long as it is short enough. */
function stageLines(stages: readonly Stage[], layout: Layout): string[] {
  const lines: string[] = [];
  let filters: string[] = [];
  const flush = (): void => {
    const joined = filters.join(' ');
    if (filters.length > 0) lines.push(...(fits(joined, layout) ? [joined] : filters));
    filters = [];
  };
  for (const stage of stages) {
    if (stage.kind !== 'line-filter') flush();
    (stage.kind === 'line-filter' ? filters : lines).push(printStage(stage));
  }
  flush();
  return lines;
}

function formatRangeAggregation(expr: RangeAggregation, level: number, layout: Layout): string {
  const parameter = expr.parameter === null ? '' : `${indent(level + 1)}${formatShort(expr.parameter)},\n`;
  const head = `${indent(level)}${expr.op}(\n${parameter}`;
  return `${head}${formatRange(expr.range, level + 1, layout)}\n${indent(level)})${printGrouping(expr.grouping, ', ')}`;
}

function formatRange({ log, rangeMs, offsetMs, unwrap }: LogRange, level: number, layout: Layout): string {
  const lines = unwrap === null ? [] : printUnwrap(unwrap).map((line) => indent(level + 1) + line);
  const body = [format(log, level, layout), ...lines].join('\n');
  const offset = offsetMs === 0 ? '' : ` offset ${formatOffset(offsetMs)}`;
  return `${body} [${formatPrometheusDuration(rangeMs)}]${offset}`;
}

/** The short form, where it is one that can be read again: no fractions, and no sign before days. */
function formatOffset(offsetMs: number): string {
  const short = formatPrometheusDuration(offsetMs);
  return Number.isInteger(offsetMs) && !/^-.*[dwy]/.test(short) ? short : formatGoDuration(nanoseconds(offsetMs));
}

function formatVectorAggregation(expr: VectorAggregation, level: number, layout: Layout): string {
  const parameter = expr.parameter === null ? '' : `${indent(level + 1)}${expr.parameter},\n`;
  const head = `${indent(level)}${expr.op}${printGrouping(vectorGrouping(expr), ', ')}(\n`;
  return `${head}${parameter}${format(expr.inner, level + 1, layout)}\n${indent(level)})`;
}

function formatBinary(expr: BinaryExpr, level: number, layout: Layout): string {
  const left = formatSide(expr.left, level + 1, layout, bindingOf(expr) + (expr.op === '^' ? 1 : 0));
  const right = formatSide(expr.right, level + 1, layout, bindingOf(expr) + (expr.op === '^' ? 0 : 1));
  return `${left}\n${indent(level)}${printOperator(expr, ', ')}\n${right}`;
}

function bindingOf(expr: BinaryExpr): number {
  return PRECEDENCE.get(expr.op) ?? 0;
}

/** One side of an operation; one that is itself split and binds less than `minimum` needs brackets, which Loki forgets. */
function formatSide(side: MetricExpr, level: number, layout: Layout, minimum: number): string {
  const split = side.kind === 'binary' && !fits(layout.printed.get(side) ?? printQuery(side), layout);
  if (!split || bindingOf(side) >= minimum) return format(side, level, layout);
  return `${indent(level)}(\n${format(side, level + 1, layout)}\n${indent(level)})`;
}
