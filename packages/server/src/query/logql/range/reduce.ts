import type { RangeAggregation } from '@tailwater/schema/logql';

/** How samples of a window become a value; operations of one kind are computed alike. */
export type ReduceKind =
  | 'count'
  | 'sum'
  | 'min'
  | 'max'
  | 'mean'
  | 'moments'
  | 'first'
  | 'last'
  | 'quantile'
  | 'counter'
  | 'absent';

export function reduceKind({ op, range }: RangeAggregation): ReduceKind {
  switch (op) {
    case 'count_over_time':
      return 'count';
    case 'rate':
      return range.unwrap === null ? 'count' : 'sum';
    case 'sum_over_time':
    case 'bytes_over_time':
    case 'bytes_rate':
      return 'sum';
    case 'avg_over_time':
      return 'mean';
    case 'min_over_time':
      return 'min';
    case 'max_over_time':
      return 'max';
    case 'stddev_over_time':
    case 'stdvar_over_time':
      return 'moments';
    case 'first_over_time':
      return 'first';
    case 'last_over_time':
      return 'last';
    case 'quantile_over_time':
      return 'quantile';
    case 'rate_counter':
      return 'counter';
    case 'absent_over_time':
      return 'absent';
  }
}

/** Kinds that need each sample of a window. */
export function keepsSamples(kind: ReduceKind): boolean {
  return kind === 'quantile' || kind === 'counter';
}

/** A part of a window. `value` by kind: a count, sum, min, max, mean, or the first or last value. */
export interface WindowPart {
  count: number;
  value: number;
  /** Sum of squared differences from the mean, of `moments`. */
  m2: number;
}

export type Merge = (into: WindowPart, count: number, value: number, m2: number) => void;

/** Each merge takes the part that follows in time; `into.count` is above 0. */
export function mergeOf(kind: ReduceKind): Merge {
  switch (kind) {
    case 'min':
      return mergeMin;
    case 'max':
      return mergeMax;
    case 'mean':
      return mergeMean;
    case 'moments':
      return mergeMoments;
    case 'first':
      return mergeFirst;
    case 'last':
      return mergeLast;
    default:
      return mergeSum;
  }
}

function mergeSum(into: WindowPart, count: number, value: number): void {
  into.count += count;
  into.value += value;
}

/** NaN only when all are. */
function mergeMin(into: WindowPart, count: number, value: number): void {
  into.count += count;
  if (value < into.value || Number.isNaN(into.value)) into.value = value;
}

function mergeMax(into: WindowPart, count: number, value: number): void {
  into.count += count;
  if (value > into.value || Number.isNaN(into.value)) into.value = value;
}

/** A finite value does not change an infinite mean; infinities of both signs, or NaN, make NaN. Sums never overflow. */
function mergeMean(into: WindowPart, count: number, value: number): void {
  const total = into.count + count;
  if (Number.isFinite(into.value) && Number.isFinite(value)) {
    into.value = into.value * (into.count / total) + value * (count / total);
  } else {
    into.value += value;
  }
  into.count = total;
}

/** Chan et al., "Updating Formulae and a Pairwise Algorithm for Computing Sample Variances" (1979). */
function mergeMoments(into: WindowPart, count: number, value: number, m2: number): void {
  const total = into.count + count;
  const delta = value - into.value;
  into.m2 += m2 + delta * delta * ((into.count / total) * count);
  into.value += delta * (count / total);
  into.count = total;
}

function mergeFirst(into: WindowPart, count: number): void {
  into.count += count;
}

function mergeLast(into: WindowPart, count: number, value: number): void {
  into.count += count;
  into.value = value;
}

/** What one sample is as a part. Infinite or NaN values have no variance, also alone. */
export function sampleM2(value: number): number {
  return Number.isFinite(value) ? 0 : Number.NaN;
}

/** What a whole window gives; rates are per second. */
export function finisher({ op, range }: RangeAggregation): (part: WindowPart) => number {
  const seconds = range.rangeMs / 1000;
  switch (op) {
    case 'rate':
    case 'bytes_rate':
      return (part) => part.value / seconds;
    case 'stdvar_over_time':
      return (part) => part.m2 / part.count;
    case 'stddev_over_time':
      return (part) => Math.sqrt(part.m2 / part.count);
    default:
      return (part) => part.value;
  }
}
