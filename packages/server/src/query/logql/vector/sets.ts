import type { VectorMatching } from '@tailwater/schema/logql';
import type { StepSeries } from '../series.ts';
import { matchKeyOf } from './match.ts';
import type { SetOp } from './operators.ts';
import { groupBy, pickSteps } from './points.ts';

/**
 * `and`: points of the left that have a match on the right at their step; `unless`: those that have none; `or`: all of
 * the left and what of the right has no match on the left. Labels and values stay as they are.
 */
export function combineSets(
  op: SetOp,
  matching: VectorMatching | null,
  left: readonly StepSeries[],
  right: readonly StepSeries[],
): StepSeries[] {
  if (op === 'or') return [...left, ...filterBy(right, left, matching, false)];
  return filterBy(left, right, matching, op === 'and');
}

/** The points of `series` at whose step `others` have (`present`) or do not have a series of the same match key. */
function filterBy(
  series: readonly StepSeries[],
  others: readonly StepSeries[],
  matching: VectorMatching | null,
  present: boolean,
): StepSeries[] {
  const keyOf = matchKeyOf(matching);
  const stepsByKey = new Map<string, readonly number[]>();
  for (const [key, group] of groupBy(others, keyOf)) stepsByKey.set(key, unionSteps(group));
  const result: StepSeries[] = [];
  for (const one of series) {
    const picked = pickSteps(one, stepsByKey.get(keyOf(one)) ?? [], present);
    if (picked !== null) result.push(picked);
  }
  return result;
}

function unionSteps(group: readonly StepSeries[]): readonly number[] {
  if (group.length === 1) return group[0]!.steps;
  const steps = new Set<number>();
  for (const series of group) for (const step of series.steps) steps.add(step);
  return [...steps].sort((a, b) => a - b);
}
