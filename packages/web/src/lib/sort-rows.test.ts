import { expect, test } from 'vitest';
import { nextSort, parseSort, sortRows } from './sort-rows.ts';

test('numbers by size, texts by letter, nothing last', () => {
  expect(sortRows([3, null, 10, 1], (value) => value, true)).toEqual([10, 3, 1, null]);
  expect(sortRows([3, null, 10, 1], (value) => value, false)).toEqual([1, 3, 10, null]);
  expect(sortRows(['b', 'a'], (value) => value, false)).toEqual(['a', 'b']);
});

test('a click sorts by the column, the next one turns it round', () => {
  expect(nextSort('-events', 'errors', false)).toBe('-errors');
  expect(nextSort('-errors', 'errors', false)).toBe('errors');
  expect(nextSort('-errors', 'service', true)).toBe('service');
  expect(parseSort('-errors')).toEqual({ id: 'errors', isDescending: true });
});
