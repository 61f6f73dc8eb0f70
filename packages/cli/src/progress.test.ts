import { expect, test } from 'vitest';
import { progressText } from './progress.ts';

test.each([
  [0, 100, 'events ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░ 0% 0 of 100'],
  [1500, 2000, 'events ███████████████████████░░░░░░░ 75% 1,500 of 2,000'],
  [3000, 2000, 'events ██████████████████████████████ 100% 3,000 of 2,000'],
  [1500, null, 'events 1,500'],
])('%d of %s', (done, total, expected) => {
  expect(progressText('events', done, total)).toBe(expected);
});
