import {
  type BinaryExpr,
  foldLiterals,
  type MetricExpr,
  type RangeAggregation,
  type VectorAggregation,
} from '@tailwater/schema/logql';
import { badQuery } from '../errors.ts';
import { type RangeSource, type StepGrid, type StepSeries, stepCount } from '../series.ts';
import { aggregate } from './aggregate.ts';
import { replaceLabels } from './label-replace.ts';
import { compareLabels, labelsKey } from './labels.ts';
import { matchVectors } from './match.ts';
import { calculateOrFilter, isSetOp } from './operators.ts';
import { groupBy, mapPoints, mergePoints } from './points.ts';
import { selectBest, sortSeries } from './select.ts';
import { combineSets } from './sets.ts';

/** `values[i]` of a scalar is that of step i. `ordered`: by a sort of the query, else series are sorted by labels. */
export type MetricResult =
  | { kind: 'scalar'; values: number[] }
  | { kind: 'series'; series: StepSeries[]; ordered: boolean };

type Evaluated = { kind: 'scalar'; value: number } | { kind: 'series'; series: readonly StepSeries[] };

interface Context {
  grid: StepGrid;
  steps: number;
  source: RangeSource;
  /** Range aggregations by their text: one that is used twice is evaluated once. */
  leaves: Map<string, Promise<StepSeries[]>>;
}

/**
 * Evaluates a metric query at every step of a grid. All its range aggregations are asked of `source` at once. In a range
 * query series have distinct labels; label_replace can give one several values at a step, as on Loki.
 * @throws PermanentError where the query is at fault, in Loki's words, and whatever `source` throws.
 */
export async function evaluate(expr: MetricExpr, grid: StepGrid, source: RangeSource): Promise<MetricResult> {
  const context: Context = { grid, steps: stepCount(grid), source, leaves: new Map() };
  const result = await evaluateNode(expr, context);
  if (result.kind === 'scalar') {
    return { kind: 'scalar', values: Array.from({ length: context.steps }, () => result.value) };
  }
  if (isInstant(context)) {
    const ordered = hasSort(expr);
    return { kind: 'series', series: ordered ? [...result.series] : sortByLabels(result.series), ordered };
  }
  const merged = [...groupBy(result.series, ({ labels }) => labelsKey(labels)).values()].map(mergePoints);
  return { kind: 'series', series: sortByLabels(merged), ordered: false };
}

function isInstant({ grid }: Context): boolean {
  return grid.stepMs === 0;
}

function sortByLabels(series: readonly StepSeries[]): StepSeries[] {
  return [...series].sort((left, right) => compareLabels(left.labels, right.labels));
}

/** A sort anywhere in the query decides the order of an instant result. */
function hasSort(expr: MetricExpr): boolean {
  switch (expr.kind) {
    case 'vector-aggregation':
      return expr.op === 'sort' || expr.op === 'sort_desc' || hasSort(expr.inner);
    case 'label-replace':
      return hasSort(expr.inner);
    case 'binary':
      return hasSort(expr.left) || hasSort(expr.right);
    default:
      return false;
  }
}

async function evaluateNode(expr: MetricExpr, context: Context): Promise<Evaluated> {
  switch (expr.kind) {
    case 'literal':
      return { kind: 'scalar', value: expr.value };
    case 'vector':
      return { kind: 'series', series: [constantSeries(expr.value, context.steps)] };
    case 'range-aggregation':
      return { kind: 'series', series: await evaluateLeaf(expr, null, context) };
    case 'vector-aggregation':
      return { kind: 'series', series: await evaluateAggregation(expr, context) };
    case 'label-replace':
      return {
        kind: 'series',
        series: replaceLabels(expr, toSeries(await evaluateNode(expr.inner, context), context)),
      };
    case 'binary':
      return evaluateBinary(expr, context);
  }
}

function constantSeries(value: number, count: number): StepSeries {
  const steps = Array.from({ length: count }, (_, i) => i);
  return { labels: [], steps, values: steps.map(() => value) };
}

function toSeries(result: Evaluated, { steps }: Context): readonly StepSeries[] {
  return result.kind === 'series' ? result.series : [constantSeries(result.value, steps)];
}

function evaluateLeaf(
  leaf: RangeAggregation,
  sumGrouping: readonly string[] | null,
  { grid, source, leaves }: Context,
): Promise<StepSeries[]> {
  const key = JSON.stringify([leaf, sumGrouping]);
  let answer = leaves.get(key);
  if (answer === undefined) {
    answer = source.evaluate(leaf, grid, sumGrouping);
    leaves.set(key, answer);
  }
  return answer;
}

/**
 * The labels of a sum that may be grouped by already where its samples are read. `without` is not: there each label
 * may matter, and the result is the same.
 */
function groupingPushedInside({ op, grouping, inner }: VectorAggregation): readonly string[] | null {
  if (op !== 'sum' || grouping?.kind === 'without') return null;
  if (inner.kind !== 'range-aggregation' || inner.grouping !== null) return null;
  switch (inner.op) {
    case 'count_over_time':
    case 'rate':
    case 'bytes_over_time':
    case 'bytes_rate':
    case 'sum_over_time':
      return grouping?.labels ?? [];
    default:
      return null;
  }
}

async function evaluateAggregation(expr: VectorAggregation, context: Context): Promise<readonly StepSeries[]> {
  const { op, grouping, inner } = expr;
  if (op === 'approx_topk' && !isInstant(context)) {
    throw badQuery('count min sketches are only supported on instant queries');
  }
  const pushed = groupingPushedInside(expr);
  const series =
    pushed !== null && inner.kind === 'range-aggregation'
      ? await evaluateLeaf(inner, pushed, context)
      : toSeries(await evaluateNode(inner, context), context);
  switch (op) {
    case 'topk':
    case 'approx_topk':
      return selectBest(series, grouping, expr.parameter ?? 0, true, context.steps);
    case 'bottomk':
      return selectBest(series, grouping, expr.parameter ?? 0, false, context.steps);
    case 'sort':
      return isInstant(context) ? sortSeries(series, false) : series;
    case 'sort_desc':
      return isInstant(context) ? sortSeries(series, true) : series;
    default:
      return aggregate(op, grouping, series, context.steps);
  }
}

async function evaluateBinary(expr: BinaryExpr, context: Context): Promise<Evaluated> {
  const [left, right] = await Promise.all([evaluateNode(expr.left, context), evaluateNode(expr.right, context)]);
  const { op, bool, matching } = expr;
  if (isSetOp(op)) {
    return { kind: 'series', series: combineSets(op, matching, toSeries(left, context), toSeries(right, context)) };
  }
  if (left.kind === 'scalar') {
    if (right.kind === 'scalar') return { kind: 'scalar', value: foldLiterals(op, left.value, right.value) };
    // A comparison with a scalar keeps the value of the vector, on whichever side it stands.
    return { kind: 'series', series: mapPoints(right.series, (b) => calculateOrFilter(op, bool, left.value, b, b)) };
  }
  if (right.kind === 'scalar') {
    return { kind: 'series', series: mapPoints(left.series, (a) => calculateOrFilter(op, bool, a, right.value, a)) };
  }
  return { kind: 'series', series: matchVectors(op, bool, matching, left.series, right.series) };
}
