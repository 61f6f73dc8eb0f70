import { expect, test } from 'vitest';
import { retryDelayMs } from './sender.ts';

test.each([
  [1, 0, 250],
  [1, 1, 1_250],
  [2, 0.5, 1_250],
  [10, 1, 30_250],
  [1_000, 1, 30_250],
])('after %i failures, by chance %d: %i ms', (failures, random, expected) => {
  expect(retryDelayMs(failures, random)).toBe(expected);
});
