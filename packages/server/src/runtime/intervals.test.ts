import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Intervals } from './intervals.ts';

const of = (...pairs: [number, number][]) => {
  const intervals = new Intervals(100);
  for (const [start, end] of pairs) intervals.add(start, end);
  return intervals;
};

test.each([
  ['in order', of([0, 10], [10, 20]).toJSON(), [0, 20]],
  ['a hole', of([0, 10], [15, 20]).toJSON(), [0, 10, 15, 20]],
  ['the hole filled', of([0, 10], [15, 20], [10, 15]).toJSON(), [0, 20]],
  ['before all', of([5, 6], [0, 2]).toJSON(), [0, 2, 5, 6]],
  ['over several', of([0, 1], [2, 3], [4, 5], [1, 9]).toJSON(), [0, 9]],
  ['nothing', of([3, 3]).toJSON(), []],
  ['missing of nothing', of().missing(2, 4), [2, 4]],
  ['missing around', of([3, 5], [7, 8]).missing(1, 10), [1, 3, 5, 7, 8, 10]],
  ['missing inside', of([0, 100]).missing(5, 10), []],
])('%s', (_, actual, expected) => {
  expect(actual).toEqual(expected);
});

test('agrees with a set of numbers', () => {
  const range = fc.tuple(fc.nat(60), fc.nat(12));
  fc.assert(
    fc.property(fc.array(range, { maxLength: 40 }), range, (added, [start, length]) => {
      const intervals = of(...added.map(([from, count]): [number, number] => [from, from + count]));
      const seen = new Set(added.flatMap(([from, count]) => Array.from({ length: count }, (_, i) => from + i)));
      const holes = intervals.missing(start, start + length);
      const missing = Array.from({ length }, (_, i) => start + i).filter((number) => !seen.has(number));
      const found: number[] = [];
      for (let i = 0; i < holes.length; i += 2) for (let n = holes[i]; n < holes[i + 1]; n++) found.push(n);
      expect(found).toEqual(missing);
      expect(intervals.countBelow(start)).toBe([...seen].filter((number) => number < start).length);
      expect(new Intervals(100, intervals.toJSON()).end()).toBe(intervals.end());
    }),
  );
});

test('the lowest interval goes when there are too many', () => {
  const intervals = new Intervals(2);
  for (const start of [0, 10, 20]) intervals.add(start, start + 1);
  expect(intervals.toJSON()).toEqual([10, 11, 20, 21]);
});
