import type { Grouping } from '@tailwater/schema/logql';
import type { StepSeries } from '../series.ts';
import { groupSeries } from './aggregate.ts';

/** Before: the left value is better. NaN is worse than any number, for topk and bottomk and both ways of sorting. */
function isBefore(left: number, right: number, descending: boolean): boolean {
  if (Number.isNaN(right)) return !Number.isNaN(left);
  return descending ? left > right : left < right;
}

/**
 * At each step the k greatest (`descending`) or least values of each group, with their own labels. Of equal values the
 * series that comes first is kept. At a single step the result is ordered by value within each group.
 */
export function selectBest(
  series: readonly StepSeries[],
  grouping: Grouping | null,
  k: number,
  descending: boolean,
  steps: number,
): StepSeries[] {
  const result: StepSeries[] = [];
  for (const { members } of groupSeries(series, grouping)) {
    if (steps === 1) result.push(...sortSeries(members, descending).slice(0, k));
    else if (members.length <= k) result.push(...members);
    else result.push(...selectPerStep(members, k, descending, steps));
  }
  return result;
}

function selectPerStep(members: readonly StepSeries[], k: number, descending: boolean, steps: number): StepSeries[] {
  const { starts, owners, values } = transpose(members, steps);
  const kept = members.map(({ labels }) => ({ labels, steps: [] as number[], values: [] as number[] }));
  const best: number[] = [];
  for (let step = 0; step < steps; step++) {
    best.length = 0;
    for (let i = starts[step]!; i < starts[step + 1]!; i++) {
      const value = values[i]!;
      if (best.length === k && !isBefore(value, values[best[k - 1]!]!, descending)) continue;
      if (best.length === k) best.pop();
      best.splice(placeOf(best, values, value, descending), 0, i);
    }
    for (const i of best) {
      const series = kept[owners[i]!]!;
      series.steps.push(step);
      series.values.push(values[i]!);
    }
  }
  return kept.filter((series) => series.steps.length > 0);
}

/** Behind all of `best` that are not worse than the value: in logarithmic time, so that a huge k costs little. */
function placeOf(best: readonly number[], values: Float64Array, value: number, descending: boolean): number {
  let low = 0;
  let high = best.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(value, values[best[middle]!]!, descending)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The points by step: those of step s are at starts[s] to starts[s + 1] − 1, in order of series. */
function transpose(members: readonly StepSeries[], steps: number) {
  const starts = new Int32Array(steps + 1);
  for (const member of members) for (const step of member.steps) starts[step + 1]!++;
  for (let step = 0; step < steps; step++) starts[step + 1]! += starts[step]!;
  const next = starts.slice();
  const owners = new Int32Array(starts[steps]!);
  const values = new Float64Array(starts[steps]!);
  members.forEach((member, owner) => {
    for (let i = 0; i < member.steps.length; i++) {
      const at = next[member.steps[i]!]!++;
      owners[at] = owner;
      values[at] = member.values[i]!;
    }
  });
  return { starts, owners, values };
}

/** Series of an instant query ordered by their one value, NaN last. */
export function sortSeries(series: readonly StepSeries[], descending: boolean): StepSeries[] {
  return [...series].sort((left, right) => {
    const a = left.values[0]!;
    const b = right.values[0]!;
    if (isBefore(a, b, descending)) return -1;
    return isBefore(b, a, descending) ? 1 : 0;
  });
}
