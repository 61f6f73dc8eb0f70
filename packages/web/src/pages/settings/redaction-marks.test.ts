import { expect, test } from 'vitest';
import { jsonPartsBefore, partsAfter, partsBefore } from './redaction-marks.ts';

const BEFORE = 'login of bob@example.com failed, password=hunter2';
const AFTER = 'login of [REDACTED:email] failed, password=[REDACTED:password]';

test('both sides say what was replaced, by which rule', () => {
  expect(partsAfter(AFTER)).toEqual([
    { text: 'login of ', rule: null },
    { text: '[REDACTED:email]', rule: 'email' },
    { text: ' failed, password=', rule: null },
    { text: '[REDACTED:password]', rule: 'password' },
  ]);
  expect(partsBefore(BEFORE, AFTER)).toEqual([
    { text: 'login of ', rule: null },
    { text: 'bob@example.com', rule: 'email' },
    { text: ' failed, password=', rule: null },
    { text: 'hunter2', rule: 'password' },
  ]);
});

test('a text that ends behind a replacement goes with its end', () => {
  expect(partsBefore('a.b@c.d.', '[REDACTED:email].')).toEqual([
    { text: 'a.b@c.d', rule: 'email' },
    { text: '.', rule: null },
  ]);
});

test('what cannot be laid side by side stays unmarked', () => {
  expect(partsBefore('quite another text', AFTER)).toEqual([{ text: 'quite another text', rule: null }]);
  expect(partsBefore('same', 'same')).toEqual([{ text: 'same', rule: null }]);
});

test('an event, whose fields have moved and whose numbers have become texts', () => {
  const before = { msg: 'ok', user_id: 'bob@example.com', ctx: { password: 12_345, tags: ['a', 'b'] } };
  const after = { user_id: '[REDACTED:email]', attributes: { 'ctx.password': '[REDACTED:attribute]' } };
  const parts = jsonPartsBefore(before, after);
  expect(parts.map(({ text }) => text).join('')).toBe(JSON.stringify(before, null, 2));
  expect(parts.filter(({ rule }) => rule !== null)).toEqual([
    { text: 'bob@example.com', rule: 'email' },
    { text: '12345', rule: 'attribute' },
  ]);
});
