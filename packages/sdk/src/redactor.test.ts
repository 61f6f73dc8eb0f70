import { expect, test } from 'vitest';
import { Redactor } from './redactor.ts';
import { READ_ALL } from './ring.ts';

const redactor = new Redactor([]);
const lineOf = (event: object) => `${JSON.stringify(event)}\n`;
const redacted = (event: object, scanFrom = 0, of = redactor): unknown =>
  JSON.parse(of.redact(lineOf(event), scanFrom));

test('a clean line is the same string, and its bytes are at hand', () => {
  const line = lineOf({ timestamp: '2026-11-21T12:03:07.123Z', message: 'all is well, ü', extra: { n: 1 } });
  expect(redactor.redact(line, 0)).toBe(line);
  expect(redactor.scratch.toString('utf8', 0, redactor.length)).toBe(line);
});

test.each([
  ['message', { message: 'from jo@example.com' }, { message: 'from [REDACTED:email]' }],
  ['field', { user_id: 'jo@example.com' }, { user_id: '[REDACTED:email]' }],
  ['behind an escape', { message: 'a\nAKIAIOSFODNN7EXAMPLE' }, { message: 'a\n[REDACTED:aws-key]' }],
  ['value of a list', { extra: { to: ['jo@example.com', 1] } }, { extra: { to: ['[REDACTED:email]', 1] } }],
  ['number', { extra: { card: 4111111111111111 } }, { extra: { card: '[REDACTED:payment-card]' } }],
])('%s', (_, event, expected) => {
  expect(redacted(event)).toEqual(expected);
});

test('values by their names, wherever they stand', () => {
  const extra = { password: 'hunter2', db: { pass: 'x1' }, api: { key: 'abcdef' }, tokens_in: 5, ssn: 123456789 };
  const hidden = '[REDACTED:attribute]';
  expect(redacted({ extra }, READ_ALL)).toEqual({
    extra: { password: hidden, db: { pass: hidden }, api: { key: hidden }, tokens_in: 5, ssn: hidden },
  });
});

test('names that are secrets themselves, two of a kind', () => {
  const extra = { 'jo@example.com': 1, 'jim@example.com': 2 };
  expect(redacted({ extra })).toEqual({ extra: { '[REDACTED:email]': 1, '[REDACTED:email]#2': 2 } });
});

test('trace ids stay, and members named like those of objects', () => {
  const event = {
    trace_id: '41111111111111114111111111111111',
    message: 'jo@example.com',
    extra: JSON.parse('{"__proto__":1}'),
  };
  expect(redactor.redact(lineOf(event), 0)).toBe(lineOf({ ...event, message: '[REDACTED:email]' }));
});

test('rules that are off find nothing; what is found is counted', () => {
  const of = new Redactor(['email']);
  expect(redacted({ message: 'jo@example.com, Bearer abcdefghijklmnop0123' }, 0, of)).toEqual({
    message: 'jo@example.com, Bearer [REDACTED:bearer]',
  });
  expect(of.count).toBe(1);
});

test('a line longer than all before', () => {
  const text = 'ü'.repeat(100_000);
  expect(redacted({ message: `${text} jo@example.com` })).toEqual({ message: `${text} [REDACTED:email]` });
});
