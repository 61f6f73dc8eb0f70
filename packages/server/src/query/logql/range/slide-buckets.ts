import type { RangeAggregation } from '@tailwater/schema/logql';
import type { StepGrid, StepSeries } from '../series.ts';
import { RangeWindows } from './range-windows.ts';
import { keepsSamples, reduceKind } from './reduce.ts';
import type { BucketRow } from './types.ts';

/**
 * The widest buckets, in milliseconds, of which each lies wholly inside or outside every window of the grid. Null where
 * buckets do not do: the operation needs each sample, or range or offset are no whole milliseconds.
 */
export function bucketWidthMs(leaf: RangeAggregation, grid: StepGrid): number | null {
  const { rangeMs, offsetMs } = leaf.range;
  if (keepsSamples(reduceKind(leaf)) || !Number.isInteger(rangeMs) || !Number.isInteger(offsetMs)) return null;
  let [width, rest] = [rangeMs, grid.stepMs];
  while (rest !== 0) [width, rest] = [rest, width % rest];
  return width;
}

/** Where bucket 1 starts (excluded), in milliseconds since the epoch. */
export function bucketBaseMs(leaf: RangeAggregation, grid: StepGrid): number {
  return grid.startMs - leaf.range.offsetMs - leaf.range.rangeMs;
}

/**
 * The series that a range aggregation gives over a grid, from buckets of `widthMs` (see `bucketWidthMs`, or a divisor
 * of it), in any order.
 * @throws PermanentError as RangeWindows does.
 */
export function slideBuckets(
  leaf: RangeAggregation,
  grid: StepGrid,
  widthMs: number,
  rows: Iterable<BucketRow>,
): StepSeries[] {
  const windows = new RangeWindows(leaf, grid);
  const baseMs = bucketBaseMs(leaf, grid);
  for (const row of rows) windows.addBucket(row, baseMs + row.bucket * widthMs);
  return windows.finish();
}
