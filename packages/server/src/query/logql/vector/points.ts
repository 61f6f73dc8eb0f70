import type { StepSeries } from '../series.ts';

/** The first index in ascending `steps`, from `start` on, that is not below `step`. */
export function lowerBound(steps: readonly number[], step: number, start: number): number {
  let low = start;
  let high = steps.length;
  // Doubling first, so that neighbours are found at once and far ones in logarithmic time.
  for (let width = 1; low + width < high && steps[low + width]! < step; width *= 2) low += width;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (steps[middle]! < step) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Calls `visit` with the places of each step that both have. The time is that of the shorter, times a logarithm. */
export function joinSteps(
  left: readonly number[],
  right: readonly number[],
  visit: (leftIndex: number, rightIndex: number) => void,
): void {
  let i = 0;
  let k = 0;
  while (i < left.length && k < right.length) {
    if (left[i] === right[k]) visit(i++, k++);
    else if (left[i]! < right[k]!) i = lowerBound(left, right[k]!, i);
    else k = lowerBound(right, left[i]!, k);
  }
}

/** The points of a series at steps that are (`present`) or are not in `steps`, ascending; null when none are left. */
export function pickSteps(series: StepSeries, steps: readonly number[], present: boolean): StepSeries | null {
  const picked: number[] = [];
  const values: number[] = [];
  let k = 0;
  for (let i = 0; i < series.steps.length; i++) {
    const step = series.steps[i]!;
    k = lowerBound(steps, step, k);
    if ((steps[k] === step) !== present) continue;
    picked.push(step);
    values.push(series.values[i]!);
  }
  if (picked.length === series.steps.length) return series;
  return picked.length === 0 ? null : { labels: series.labels, steps: picked, values };
}

/** Keeps the points for which `change` gives a value; null drops a point. */
export function mapPoints(series: readonly StepSeries[], change: (value: number) => number | null): StepSeries[] {
  const result: StepSeries[] = [];
  for (const { labels, steps, values } of series) {
    const kept: number[] = [];
    const changed: number[] = [];
    for (let i = 0; i < steps.length; i++) {
      const value = change(values[i]!);
      if (value === null) continue;
      kept.push(steps[i]!);
      changed.push(value);
    }
    if (kept.length > 0) result.push({ labels, steps: kept, values: changed });
  }
  return result;
}

/** Puts several series into one, ordered by step; points of one step stay in the order of the series. */
export function mergePoints(members: readonly StepSeries[]): StepSeries {
  const first = members[0]!;
  if (members.length === 1) return first;
  const points: [step: number, value: number][] = [];
  for (const { steps, values } of members) for (let i = 0; i < steps.length; i++) points.push([steps[i]!, values[i]!]);
  points.sort((left, right) => left[0] - right[0]);
  return { labels: first.labels, steps: points.map(([step]) => step), values: points.map(([, value]) => value) };
}

/** Groups by key, in order of first appearance. */
export function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
