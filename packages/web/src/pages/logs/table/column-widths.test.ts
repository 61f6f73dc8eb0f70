import { expect, test } from 'vitest';
import { gridOf, moveColumn, parseWidths, widthOf } from './column-widths.ts';

test.each([
  ['{"service":200}', { service: 200 }],
  ['{"service":"wide"}', {}],
  ['[1', {}],
  ['null', {}],
])('%s is read as %o', (text, widths) => {
  expect(parseWidths(text)).toEqual(widths);
});

test('widths stay between their bounds', () => {
  expect(widthOf({ a: 5 }, 'a')).toBe(48);
  expect(widthOf({ a: 5000 }, 'a')).toBe(800);
  expect(widthOf({}, 'severity')).toBe(76);
});

test('the message has what the columns leave', () => {
  expect(gridOf({ service: 100 }, ['service'])).toEqual({
    template: '160px 76px 100px minmax(220px, 1fr)',
    widthMin: 556,
  });
});

test.each([
  ['a', 1, ['b', 'a', 'c']],
  ['c', -2, ['c', 'a', 'b']],
  ['a', -1, ['a', 'b', 'c']],
  ['c', 1, ['a', 'b', 'c']],
  ['x', 1, ['a', 'b', 'c']],
])('%s moved by %i', (column, by, columns) => {
  expect(moveColumn(['a', 'b', 'c'], column, by)).toEqual(columns);
});
