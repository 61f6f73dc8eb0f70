import { expect, test } from 'vitest';
import { folded } from './stats.ts';

const MINUTE_MS = 60_000;
const at = (minutes: number, events = 1) => ({ startMs: minutes * MINUTE_MS, events, group: '' });

test('intervals without events are there', () => {
  expect(folded([at(1), at(3, 2)], MINUTE_MS, 24).map(({ events }) => events)).toEqual([1, 0, 2]);
});

test('more intervals than fit are put together in lengths that people count in', () => {
  const points = Array.from({ length: 100 }, (_, i) => at(7 + i));
  const sums = folded(points, MINUTE_MS, 24);
  expect(sums.map(({ startMs }) => startMs / MINUTE_MS)).toEqual(Array.from({ length: 21 }, (_, i) => 5 + i * 5));
  expect(sums.reduce((sum, { events }) => sum + events, 0)).toBe(100);
});

test('centuries fit too', () => {
  const sums = folded([at(0), at(60 * 24 * 365 * 20)], 24 * 60 * MINUTE_MS, 24);
  expect(sums).toHaveLength(21);
});
