import { expect, test } from 'vitest';
import { prettyLine } from './pretty.ts';

const event = {
  timestamp: '2026-11-21T12:03:07.123Z',
  level: 'warn',
  category: 'auth',
  logger: 'auth',
  service: 'shop',
  message: 'login failed',
  user_id: 'u-1',
  extra: { tries: 3, deep: { a: [1] } },
};
const ESC = String.fromCharCode(27);

test('one line for people', () => {
  expect(prettyLine(JSON.stringify(event), false)).toBe(
    '12:03:07.123 warn     auth       login failed  user_id=u-1 tries=3 deep.a=[1]\n',
  );
});

test('with colours', () => {
  expect(prettyLine(JSON.stringify(event), true)).toContain(`${ESC}[33mwarn    ${ESC}[0m`);
});

test('stacks follow below, and nothing steers the terminal', () => {
  const extra = { stack: 'Error: x\n    at y', evil: `${ESC}[2J` };
  const text = prettyLine(JSON.stringify({ ...event, extra, message: `a${ESC}]0;b` }), false);
  expect(text).toContain('\n    Error: x\n        at y\n');
  expect(text).not.toContain(ESC);
  expect(text).toContain('\\x1b[2J');
});
