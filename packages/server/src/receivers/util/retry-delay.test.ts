import { expect, test } from 'vitest';
import { RETRY_MS_MAX, retryDelayMs } from './retry-delay.ts';

test.each([
  ['as long as it was asked for', 20, 20],
  ['not until midnight, for a daily quota', 7 * 3_600_000, RETRY_MS_MAX],
])('a listener waits %s', (_name, retryAfterMs, expected) => {
  expect(retryDelayMs(retryAfterMs)).toBe(expected);
});
