import { expect, test } from 'vitest';
import { breakdownOf, gridOf } from './breakdown.ts';

const HOUR_MS = 3_600_000;

test('the grid fits the range', () => {
  expect(gridOf({ fromMs: 0, toMs: HOUR_MS })).toEqual({ granularity: 'minute', intervalMs: 60_000 });
  expect(gridOf({ fromMs: 0, toMs: 6 * HOUR_MS })).toEqual({ granularity: 'minute', intervalMs: 300_000 });
  expect(gridOf({ fromMs: 0, toMs: 24 * HOUR_MS })).toEqual({ granularity: 'hourly', intervalMs: HOUR_MS });
  expect(gridOf({ fromMs: 0, toMs: 168 * HOUR_MS })).toEqual({ granularity: 'hourly', intervalMs: 3 * HOUR_MS });
  expect(gridOf({ fromMs: 0, toMs: 720 * HOUR_MS })).toEqual({ granularity: 'daily', intervalMs: 24 * HOUR_MS });
});

const rows = (values: Record<string, number>, hour: number) =>
  Object.entries(values).map(([value, events]) => ({ time: new Date(hour * HOUR_MS).toISOString(), value, events }));

test('values are put into buckets, the busiest first, times without events are zeros', () => {
  const found = breakdownOf(
    [...rows({ a: 1, b: 5 }, 1), ...rows({ a: 2 }, 2), ...rows({ a: 1 }, 5)],
    { fromMs: 1.5 * HOUR_MS, toMs: 6 * HOUR_MS },
    2 * HOUR_MS,
    5,
  );
  expect(found.times).toEqual([0, 2 * HOUR_MS, 4 * HOUR_MS]);
  expect(found.series).toEqual([
    { name: 'b', total: 5, values: [5, 0, 0] },
    { name: 'a', total: 4, values: [1, 2, 1] },
  ]);
  expect(found.rest).toBeNull();
});

test('the others stand together, unless there is but one', () => {
  const many = rows({ a: 9, b: 8, c: 2, d: 1 }, 0);
  const stretch = { fromMs: 0, toMs: HOUR_MS };
  expect(breakdownOf(many, stretch, HOUR_MS, 2).rest).toEqual({ name: '2 others', count: 2, total: 3, values: [3] });
  expect(breakdownOf(many, stretch, HOUR_MS, 3).rest).toBeNull();
  expect(breakdownOf([], stretch, HOUR_MS, 3)).toMatchObject({ times: [0], series: [], rest: null });
});
