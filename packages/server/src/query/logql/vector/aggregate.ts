import type { Grouping, VectorOp } from '@tailwater/schema/logql';
import type { Labels } from '../row.ts';
import type { StepSeries } from '../series.ts';
import { dropLabels, keepLabels, labelsKey, withoutEmpty } from './labels.ts';

/** Operations that make one value of all series of a group. */
export type ReduceOp = Extract<VectorOp, 'sum' | 'avg' | 'min' | 'max' | 'count' | 'stddev' | 'stdvar'>;

export interface Group {
  labels: Labels;
  members: StepSeries[];
}

/** Groups in order of appearance. Without a grouping all series are one group without labels. */
export function groupSeries(series: readonly StepSeries[], grouping: Grouping | null): Group[] {
  const names = new Set(grouping?.labels);
  const without = grouping?.kind === 'without';
  if (without) names.add('__name__');
  const groups = new Map<string, Group>();
  for (const member of series) {
    const labels = without ? dropLabels(member.labels, names) : keepLabels(member.labels, names);
    const key = labelsKey(labels);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { labels: without ? withoutEmpty(labels) : labels, members: [member] });
    else group.members.push(member);
  }
  return [...groups.values()];
}

/** One series a group; at each step over the series that have a value there. Variances are of the population. */
export function aggregate(
  op: ReduceOp,
  grouping: Grouping | null,
  series: readonly StepSeries[],
  steps: number,
): StepSeries[] {
  const sums = new Accumulators(steps);
  return groupSeries(series, grouping).map(({ labels, members }) => {
    sums.reset();
    for (const member of members) sums.add(op, member);
    return sums.read(op, labels);
  });
}

/** One accumulator a step, used for one group after the other. */
class Accumulators {
  readonly #count: Int32Array;
  readonly #value: Float64Array;
  readonly #m2: Float64Array;

  constructor(steps: number) {
    this.#count = new Int32Array(steps);
    this.#value = new Float64Array(steps);
    this.#m2 = new Float64Array(steps);
  }

  reset(): void {
    this.#count.fill(0);
  }

  add(op: ReduceOp, { steps, values }: StepSeries): void {
    for (let i = 0; i < steps.length; i++) {
      const step = steps[i]!;
      const value = values[i]!;
      if (this.#count[step]!++ === 0) {
        this.#value[step] = value;
        this.#m2[step] = 0;
      } else {
        this.#fold(op, step, value);
      }
    }
  }

  read(op: ReduceOp, labels: Labels): StepSeries {
    const steps: number[] = [];
    const values: number[] = [];
    for (let step = 0; step < this.#count.length; step++) {
      if (this.#count[step] === 0) continue;
      steps.push(step);
      values.push(this.#result(op, step));
    }
    return { labels, steps, values };
  }

  #fold(op: ReduceOp, step: number, value: number): void {
    const before = this.#value[step]!;
    switch (op) {
      case 'count':
        return;
      case 'sum':
        this.#value[step] = before + value;
        return;
      case 'min':
        if (value < before || Number.isNaN(before)) this.#value[step] = value;
        return;
      case 'max':
        if (value > before || Number.isNaN(before)) this.#value[step] = value;
        return;
      case 'avg':
        // An infinite mean stays when the value is finite or the same infinity, and is NaN otherwise.
        if (Number.isFinite(before)) this.#value[step] = before + (value - before) / this.#count[step]!;
        else this.#value[step] = before + value;
        return;
      default: {
        // Welford's algorithm.
        const mean = before + (value - before) / this.#count[step]!;
        this.#m2[step]! += (value - before) * (value - mean);
        this.#value[step] = mean;
      }
    }
  }

  #result(op: ReduceOp, step: number): number {
    switch (op) {
      case 'count':
        return this.#count[step]!;
      case 'stdvar':
        return this.#m2[step]! / this.#count[step]!;
      case 'stddev':
        return Math.sqrt(this.#m2[step]! / this.#count[step]!);
      default:
        return this.#value[step]!;
    }
  }
}
