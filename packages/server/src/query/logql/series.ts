import type { RangeAggregation } from '@tailwater/schema/logql';
import type { Labels } from './row.ts';

/** The times at which a metric query is evaluated: startMs, startMs + stepMs … not beyond endMs. */
export interface StepGrid {
  startMs: number;
  endMs: number;
  /** Of an instant query 0: there is one step, startMs. */
  stepMs: number;
}

export function stepCount({ startMs, endMs, stepMs }: StepGrid): number {
  return stepMs === 0 ? 1 : Math.floor((endMs - startMs) / stepMs) + 1;
}

/** A series over a grid: `values[i]` is the value at step `steps[i]`; steps ascend, missing ones have no value. */
export interface StepSeries {
  labels: Labels;
  steps: readonly number[];
  values: readonly number[];
}

/**
 * Where the values of range aggregations come from. Two ways answer alike: rows through the pipeline in this process
 * (range/), and SQL for what is exact there (plan/).
 * `sumGrouping` are the labels of an enclosing `sum by (…)` that Loki pushes inside (sum over count, rate, bytes and
 * sum_over_time without a grouping of their own), null when there is none: the answer is then grouped by it already.
 */
export interface RangeSource {
  evaluate(leaf: RangeAggregation, grid: StepGrid, sumGrouping: readonly string[] | null): Promise<StepSeries[]>;
}
