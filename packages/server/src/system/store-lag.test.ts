import { expect, test } from 'vitest';
import { type JournalMark, StoreLag } from './store-lag.ts';

const mark = (second: number, next: number): JournalMark => ({
  ...{ atMs: second * 1000, next },
  ...{ events: next * 10, bytes: next * 1000 },
});

test('nothing waits, whatever was before', () => {
  const lag = new StoreLag();
  expect(lag.of(mark(0, 5), 5)).toEqual({ events: 0, bytes: 0, ms: 0 });
  lag.note(mark(0, 5), 5);
  lag.note(mark(1, 9), 7);
  expect(lag.of(mark(2, 9), 9)).toEqual({ events: 0, bytes: 0, ms: 0 });
});

test('what waits is what came since the last mark that is stored, and waits since the first that is not', () => {
  const lag = new StoreLag();
  const stored = 5;
  for (const [second, next] of [
    [0, 4],
    [1, 5],
    [2, 7],
    [3, 8],
  ] as const) {
    lag.note(mark(second, next), stored);
  }
  expect(lag.of(mark(4, 9), stored)).toEqual({ events: 40, bytes: 4000, ms: 2000 });
  lag.note(mark(5, 9), 8);
  expect(lag.of(mark(6, 10), 8)).toEqual({ events: 20, bytes: 2000, ms: 1000 });
});

test('time without events does not count', () => {
  const lag = new StoreLag();
  for (let second = 0; second < 100; second++) lag.note(mark(second, 5), 5);
  expect(lag.of(mark(100, 6), 5)).toEqual({ events: 10, bytes: 1000, ms: 0 });
});

test('of what waited at the start the number is not known', () => {
  const lag = new StoreLag();
  lag.note(mark(0, 5), 2);
  expect(lag.of(mark(3, 5), 2)).toEqual({ events: null, bytes: 0, ms: 3000 });
  expect(lag.of(mark(3, 5), null)).toEqual({ events: null, bytes: 0, ms: null });
});
