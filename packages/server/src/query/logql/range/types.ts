import type { Labels } from '../row.ts';

/** A series that samples belong to. The same object, or at least the same `key`, for the same labels. */
export interface Series {
  key: string;
  labels: Labels;
}

/** What the store made of the samples of one series in one bucket: (base + (bucket−1)·width, base + bucket·width]. */
export interface BucketRow {
  series: Series;
  /** From 1; base is the grid's start less the offset and the range. */
  bucket: number;
  /** How many samples, at least 1. */
  count: number;
  /**
   * By operation: the sum (sum_over_time, bytes_over_time, bytes_rate, and rate of unwrapped values), min, max, mean
   * (avg, stddev, stdvar), first or last value. Not read by count_over_time, rate of lines and absent_over_time.
   */
  value: number;
  /** Sum of squared differences from the mean; only read by stddev_over_time and stdvar_over_time. */
  m2: number;
}
