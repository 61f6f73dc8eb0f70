import { expect, test } from 'vitest';
import { firstLine } from './plain-text.ts';

test('one line without colours, of a length that fits', () => {
  expect(firstLine('\n  at first\nthen')).toBe('at first');
  expect(firstLine('\u001b[32mjob\u001b[0m done')).toBe('job done');
  expect(firstLine('x'.repeat(500), 10)).toBe(`${'x'.repeat(10)}…`);
  expect(firstLine('')).toBe('');
});
