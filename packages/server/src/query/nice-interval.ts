import type { TimeRange } from './plan.ts';
import { TIME_MAX_NS } from './time.ts';

const SECOND_NS = 1_000_000_000n;
const DAY_S = 86_400;

/** Lengths of a bucket, seconds. Longer ones are whole days. */
const NICE_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 43_200, DAY_S];

/** A grid of buckets that starts at or before the range's start, at a multiple of the interval since the epoch. */
export interface BucketGrid {
  intervalS: number;
  /** Start of the first bucket, seconds since the epoch. */
  firstS: number;
  count: number;
}

/** The range with an end: up to now where it has none. */
export function closedRange({ fromNs, toNs }: TimeRange, nowMs: number): TimeRange {
  if (toNs !== TIME_MAX_NS) return { fromNs, toNs };
  const nowNs = BigInt(Math.trunc(nowMs)) * 1_000_000n;
  return { fromNs, toNs: nowNs > fromNs ? nowNs : fromNs + SECOND_NS };
}

/** Buckets over a closed range: about as many as wanted, never more than one more than that. */
export function bucketGrid({ fromNs, toNs }: TimeRange, wanted: number): BucketGrid {
  const lengthS = Number(toNs - fromNs) / 1e9;
  const needed = lengthS / wanted;
  const intervalS = NICE_S.find((seconds) => seconds >= needed) ?? Math.ceil(needed / DAY_S) * DAY_S;
  const firstS = Math.floor(Number(floorSeconds(fromNs)) / intervalS) * intervalS;
  const lastS = Number(floorSeconds(toNs - 1n));
  return { intervalS, firstS, count: Math.floor((lastS - firstS) / intervalS) + 1 };
}

function floorSeconds(timeNs: bigint): bigint {
  const rest = ((timeNs % SECOND_NS) + SECOND_NS) % SECOND_NS;
  return (timeNs - rest) / SECOND_NS;
}
