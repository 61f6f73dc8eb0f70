import type { VectorMatching } from '@tailwater/schema/logql';
import { badQuery } from '../errors.ts';
import type { Labels } from '../row.ts';
import type { StepSeries } from '../series.ts';
import { dropLabels, keepLabels, labelsKey, labelValue, withLabel, withoutEmpty } from './labels.ts';
import { calculateOrFilter, type ValueOp } from './operators.ts';
import { groupBy, joinSteps } from './points.ts';

/** The labels by which two sides are matched, as a key. */
export function matchKeyOf(matching: VectorMatching | null): (series: StepSeries) => string {
  if (matching === null) return ({ labels }) => labelsKey(labels);
  const names = new Set(matching.labels);
  if (matching.kind === 'on') return ({ labels }) => labelsKey(keepLabels(labels, names));
  return ({ labels }) => labelsKey(dropLabels(labels, names));
}

/** A series of the many side with one that it matches. At each step at most one of a match key may have a value. */
interface Pair {
  many: StepSeries;
  one: StepSeries;
  labels: Labels;
  /** Pairs with the same may not both have a value at a step. */
  collision: string;
}

interface Fault {
  step: number;
  message: string;
}

/**
 * Arithmetic and comparison of two vectors, step by step. Without `group` both sides are unique in their match key; with
 * it the side it names has many. Results are in order of the many side (of the left without `group`).
 * @throws PermanentError with Loki's text, for the earliest step at which series match more than once.
 */
export function matchVectors(
  op: ValueOp,
  bool: boolean,
  matching: VectorMatching | null,
  left: readonly StepSeries[],
  right: readonly StepSeries[],
): StepSeries[] {
  const swapped = matching?.group === 'right';
  const [many, one] = swapped ? [right, left] : [left, right];
  const keyOf = matchKeyOf(matching);
  const ones = groupBy(one, keyOf);
  const pairs = pairUp(many, ones, keyOf, matching);
  const fault = earliest(findDuplicates([...ones.values()], swapped), findCollisions(pairs, matching));
  if (fault !== null) throw badQuery(fault.message);
  const result: StepSeries[] = [];
  for (const pair of pairs) {
    const steps: number[] = [];
    const values: number[] = [];
    joinSteps(pair.many.steps, pair.one.steps, (i, k) => {
      const manyValue = pair.many.values[i]!;
      const oneValue = pair.one.values[k]!;
      const [a, b] = swapped ? [oneValue, manyValue] : [manyValue, oneValue];
      const value = calculateOrFilter(op, bool, a, b, a);
      if (value === null) return;
      steps.push(pair.many.steps[i]!);
      values.push(value);
    });
    if (steps.length > 0) result.push({ labels: pair.labels, steps, values });
  }
  return result;
}

function pairUp(
  many: readonly StepSeries[],
  ones: ReadonlyMap<string, StepSeries[]>,
  keyOf: (series: StepSeries) => string,
  matching: VectorMatching | null,
): Pair[] {
  const pairs: Pair[] = [];
  for (const series of many) {
    const key = keyOf(series);
    for (const one of ones.get(key) ?? []) {
      const labels = resultLabels(series.labels, one.labels, matching);
      const collision = isGrouped(matching) ? `${key}${labelsKey(labels)}` : key;
      pairs.push({ many: series, one, labels, collision });
    }
  }
  return pairs;
}

function isGrouped(matching: VectorMatching | null): boolean {
  return matching !== null && matching.group !== null;
}

function resultLabels(many: Labels, one: Labels, matching: VectorMatching | null): Labels {
  return withoutEmpty(joinedLabels(many, one, matching));
}

function joinedLabels(many: Labels, one: Labels, matching: VectorMatching | null): Labels {
  if (matching === null) return many;
  if (matching.group === null) {
    const names = new Set(matching.labels);
    return matching.kind === 'on' ? keepLabels(many, names) : dropLabels(many, names);
  }
  // A label that the one side does not have is taken away.
  let labels = many;
  for (const name of matching.include) labels = withLabel(labels, name, labelValue(one, name));
  return labels;
}

function findDuplicates(groups: readonly StepSeries[][], swapped: boolean): Fault | null {
  const step = firstOverlap(groups.map((group) => group.map(({ steps }) => steps)));
  if (step === null) return null;
  const message =
    `found duplicate series on the ${swapped ? 'left' : 'right'} hand-side` +
    ';many-to-many matching not allowed: matching labels must be unique on one side';
  return { step, message };
}

function findCollisions(pairs: readonly Pair[], matching: VectorMatching | null): Fault | null {
  const crowded = [...groupBy(pairs, ({ collision }) => collision).values()].filter((group) => group.length > 1);
  const step = firstOverlap(crowded.map((group) => group.map(commonSteps)));
  if (step === null) return null;
  const message = isGrouped(matching)
    ? 'multiple matches for labels: grouping labels must ensure unique matches'
    : 'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)';
  return { step, message };
}

function commonSteps({ many, one }: Pair): number[] {
  const steps: number[] = [];
  joinSteps(many.steps, one.steps, (i) => steps.push(many.steps[i]!));
  return steps;
}

/** The earliest step that two lists of one group have. */
function firstOverlap(groups: readonly (readonly number[])[][]): number | null {
  let earliestStep: number | null = null;
  for (const lists of groups) {
    if (lists.length < 2) continue;
    const seen = new Set<number>();
    for (const steps of lists) {
      for (const step of steps) {
        if (seen.has(step) && (earliestStep === null || step < earliestStep)) earliestStep = step;
        seen.add(step);
      }
    }
  }
  return earliestStep;
}

/** Of the same step the first is told, as Loki looks at the one side first. */
function earliest(first: Fault | null, second: Fault | null): Fault | null {
  if (first === null || second === null) return first ?? second;
  return second.step < first.step ? second : first;
}
