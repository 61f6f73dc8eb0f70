import { expect, test } from 'vitest';
import { isoOf, linesOf } from './lines-page.ts';

const STREAMS = [
  {
    stream: { app: 'a' },
    values: [
      ['30', 'c'],
      ['10', 'a'],
    ] as const,
  },
  {
    stream: { app: 'b' },
    values: [
      ['20', 'b'],
      ['30', 'd'],
    ] as const,
  },
];

test.each([
  [true, ['a', 'b', 'c', 'd']],
  [false, ['c', 'd', 'b', 'a']],
])('lines of all streams by time, forward: %s', (isForward, texts) => {
  const rows = linesOf(STREAMS, isForward).map(({ row }) => row);
  expect(rows.map(({ message }) => message)).toEqual(texts);
  expect(new Set(rows.map(({ id }) => id)).size).toBe(4);
});

test.each([
  ['1763719200123456789', '2025-11-21T10:00:00.123456789Z'],
  ['5', '1970-01-01T00:00:00.000000005Z'],
])('%s ns is %s', (nanoseconds, iso) => {
  expect(isoOf(nanoseconds)).toBe(iso);
});
