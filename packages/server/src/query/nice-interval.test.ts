import { expect, test } from 'vitest';
import { bucketGrid, closedRange } from './nice-interval.ts';
import { TIME_MAX_NS, TIME_MIN_NS } from './time.ts';

const seconds = (value: number) => BigInt(value) * 1_000_000_000n;

test.each([
  ['an hour in 60', 7_200, 10_800, 60, { intervalS: 60, firstS: 7_200, count: 60 }],
  ['an hour that starts within a minute', 7_230, 10_830, 60, { intervalS: 60, firstS: 7_200, count: 61 }],
  ['a day in 60', 0, 86_400, 60, { intervalS: 1_800, firstS: 0, count: 48 }],
  ['five seconds in 60', 3, 8, 60, { intervalS: 1, firstS: 3, count: 5 }],
  ['before 1970', -90, -30, 2, { intervalS: 30, firstS: -90, count: 2 }],
  ['a year in 10', 0, 365 * 86_400, 10, { intervalS: 37 * 86_400, firstS: 0, count: 10 }],
])('%s', (_, from, to, wanted, grid) => {
  expect(bucketGrid({ fromNs: seconds(from), toNs: seconds(to) }, wanted)).toEqual(grid);
});

test('the end is exclusive to the nanosecond', () => {
  expect(bucketGrid({ fromNs: 0n, toNs: seconds(60) + 1n }, 60).intervalS).toBe(2);
  expect(bucketGrid({ fromNs: 0n, toNs: seconds(4) }, 4).count).toBe(4);
});

test('everything that the store can hold has no more buckets than wanted and one', () => {
  expect(bucketGrid({ fromNs: TIME_MIN_NS, toNs: TIME_MAX_NS }, 60).count).toBeLessThanOrEqual(61);
});

test('a range without an end ends now, or a second behind a start that is yet to come', () => {
  expect(closedRange({ fromNs: 5n, toNs: TIME_MAX_NS }, 7)).toEqual({ fromNs: 5n, toNs: 7_000_000n });
  expect(closedRange({ fromNs: seconds(9), toNs: TIME_MAX_NS }, 7).toNs).toBe(seconds(10));
  expect(closedRange({ fromNs: 5n, toNs: 6n }, 7)).toEqual({ fromNs: 5n, toNs: 6n });
});
