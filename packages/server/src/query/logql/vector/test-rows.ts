import type {
  BinaryOp,
  Grouping,
  MetricExpr,
  RangeAggregation,
  RangeOp,
  VectorMatching,
  VectorOp,
} from '@tailwater/schema/logql';
import { expect } from 'vitest';
import type { Labels } from '../row.ts';
import type { RangeSource, StepGrid, StepSeries } from '../series.ts';
import { evaluate, type MetricResult } from './evaluate.ts';

export const NAN = Number.NaN;
export const INF = Number.POSITIVE_INFINITY;

/** A series by its labels, `app=a,pod=1`, and its values by step; `_` is no value. */
export type Rows = Record<string, readonly (number | '_')[]>;

export function labelsOf(text: string): Labels {
  return text === '' ? [] : text.split(',').map((pair) => pair.split('=') as [string, string]);
}

export function textOf(labels: Labels): string {
  return labels.map((label) => label.join('=')).join(',');
}

export function toSeries(rows: Rows): StepSeries[] {
  return Object.entries(rows).map(([text, values]) => {
    const steps = [...values.keys()].filter((step) => values[step] !== '_');
    return { labels: labelsOf(text), steps, values: steps.map((step) => Number(values[step])) };
  });
}

export function toRows(result: MetricResult, steps: number): [string, (number | '_')[]][] {
  if (result.kind === 'scalar') return [['scalar', result.values]];
  return result.series.map(({ labels, steps: present, values }) => [
    textOf(labels),
    Array.from({ length: steps }, (_, step) => values[present.indexOf(step)] ?? '_'),
  ]);
}

/** Range aggregations are told apart by the value of their one matcher, and answered from rows already grouped. */
export function sourceOf(answers: Record<string, Rows>, asked: (readonly string[] | null)[] = []): RangeSource {
  return {
    evaluate: async (leaf, _grid, sumGrouping) => {
      asked.push(sumGrouping);
      return toSeries(answers[leaf.range.log.selector[0]!.value] ?? {});
    },
  };
}

export function leaf(name: string, op: RangeOp = 'max_over_time'): RangeAggregation {
  const log = { kind: 'log' as const, selector: [{ name: 'x', op: '=' as const, value: name }], stages: [] };
  const unwrap = op === 'max_over_time' ? { label: 'v', conversion: null, filters: [] } : null;
  return {
    kind: 'range-aggregation',
    op,
    parameter: null,
    grouping: null,
    range: { log, rangeMs: 1000, offsetMs: 0, unwrap },
  };
}

export function by(...labels: string[]): Grouping {
  return { kind: 'by', labels };
}

export function without(...labels: string[]): Grouping {
  return { kind: 'without', labels };
}

export function agg(
  op: VectorOp,
  inner: MetricExpr,
  grouping: Grouping | null = null,
  parameter: number | null = null,
): MetricExpr {
  return { kind: 'vector-aggregation', op, parameter, grouping, inner };
}

export function literal(value: number): MetricExpr {
  return { kind: 'literal', value };
}

export function vector(value: number): MetricExpr {
  return { kind: 'vector', value };
}

export type Modifier = Partial<VectorMatching> & { bool?: boolean };

export function binary(left: MetricExpr, op: BinaryOp, right: MetricExpr, modifier: Modifier = {}): MetricExpr {
  const { bool = false, kind, labels = [], group = null, include = [] } = modifier;
  const matching = kind === undefined ? null : { kind, labels, group, include };
  return { kind: 'binary', op, bool, matching, left, right };
}

export const INSTANT: StepGrid = { startMs: 1000, endMs: 1000, stepMs: 0 };

export function range(steps: number): StepGrid {
  return { startMs: 1000, endMs: 1000 + (steps - 1) * 10, stepMs: 10 };
}

export const L = leaf('L');
export const R = leaf('R');
export const PODS: Rows = {
  'app=bar,pod=a': [15, 5],
  'app=bar,pod=b': [30, '_'],
  'app=foo,pod=a': [6, 2],
  'app=foo,pod=b': [12, 8],
};
export const SPECIAL: Rows = { 'k=fin': [2], 'k=nan': [NAN], 'k=ninf': [-INF], 'k=pinf': [INF] };
/** An expression over the series L and R, and the rows (in order) or the error that it gives. */
export type Case = [name: string, expr: MetricExpr, left: Rows, right: Rows, expected: Rows | string];

export async function checkCase(expr: MetricExpr, left: Rows, right: Rows, expected: Rows | string): Promise<void> {
  const steps = Math.max(...Object.values({ ...left, ...right }).map((values) => values.length), 1);
  const answer = evaluate(expr, range(steps), sourceOf({ L: left, R: right }));
  if (typeof expected === 'string') await expect(answer).rejects.toThrow(expected);
  else expect(toRows(await answer, steps)).toEqual(Object.entries(expected));
}
