import { expect, test } from 'vitest';
import { firstLine, withoutEscapes } from './plain-text.ts';

test('colours of a terminal go', () => {
  expect(withoutEscapes('\u001b[32mjob\u001b[0m \u001b[1mdone\u001b[0m')).toBe('job done');
  expect(withoutEscapes('\u001b]0;title\u0007x')).toBe('x');
});

test('one line, of a length that fits', () => {
  expect(firstLine('\n  at first\nthen')).toBe('at first');
  expect(firstLine('x'.repeat(500), 10)).toBe(`${'x'.repeat(10)}…`);
  expect(firstLine('')).toBe('');
});
