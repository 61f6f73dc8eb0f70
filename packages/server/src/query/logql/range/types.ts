import type { Series } from '../pipeline/types.ts';

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
  /**
   * Of first and last: a number that rises with the time of the value. Needed where several rows may be of the same
   * series and bucket; of such rows without it the one given first is first.
   */
  order?: number;
}
