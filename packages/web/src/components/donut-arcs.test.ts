import { expect, test } from 'vitest';
import { donutArcs } from './donut-arcs.ts';

test('slices go round from the top, and nothing has none', () => {
  const [half, none, other] = donutArcs([1, 0, 1]);
  expect(half).toMatch(/^M50\.000 10\.000A40 40 0 0 1 50\.000 90\.000L/);
  expect(none).toBeNull();
  expect(other).toMatch(/^M50\.000 90\.000A/);
});

test('one slice is a whole ring, and no slice is none', () => {
  expect(donutArcs([5])[0]).toMatch(/A40 40 0 1 1 49\.99/);
  expect(donutArcs([0, 0])).toEqual([null, null]);
});
