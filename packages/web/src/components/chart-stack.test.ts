import { expect, test } from 'vitest';
import { rowAt, stack } from './chart-stack.ts';

const ROWS = [
  [1, 0, 4],
  [2, null, 1],
];

test('the highest sum comes first', () => {
  expect(stack(ROWS)).toEqual([
    [3, 0, 5],
    [1, 0, 4],
  ]);
});

test('a height belongs to the row that covers it', () => {
  expect(rowAt(ROWS, 0, 0.5)).toBe(0);
  expect(rowAt(ROWS, 0, 2)).toBe(1);
  expect(rowAt(ROWS, 2, 4.5)).toBe(1);
  expect(rowAt(ROWS, 0, 3.5)).toBeNull();
  expect(rowAt(ROWS, 1, 0)).toBeNull();
});
