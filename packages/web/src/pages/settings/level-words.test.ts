import { expect, test } from 'vitest';
import { remainingWords, targetWords } from './level-words.ts';

const NOW_MS = Date.parse('2026-11-21T10:00:00Z');

test.each([
  [null, 'until it is removed'],
  ['2026-11-21T10:12:02.500Z', '12 min 3 s left'],
  ['2026-11-21T09:59:59Z', 'ends now'],
])('until %s: %s', (until, words) => expect(remainingWords(until, NOW_MS)).toBe(words));

test('whom a level is for', () => {
  expect(targetWords('', '*')).toBe('every logger of every service');
  expect(targetWords('checkout', 'app.db')).toBe('app.db of checkout');
});
