import { expect, test } from 'vitest';
import { ExactNumber, parseExact, prettyJson } from './exact-json.ts';

test.each([
  ['{"a":12345678901234567890}', '12345678901234567890'],
  ['{"a":0.12345678901234567890123}', '0.12345678901234567890123'],
  ['{"a":1e400}', '1e400'],
  ['{"a":-9007199254740993}', '-9007199254740993'],
])('%s keeps its digits', (text, source) => {
  const { a } = parseExact(text) as { a: unknown };
  expect(a).toBeInstanceOf(ExactNumber);
  expect(String(a)).toBe(source);
});

test.each([
  ['{"a":1234567890123456}', 1234567890123456],
  ['{"a":1.500000000000000000}', 1.5],
  ['{"a":1.5e3}', 1500],
  ['{"a":1E-7}', 1e-7],
  ['{"a":0.00000000000000000}', 0],
  ['{"a":-20000000000000000000}', -2e19],
])('%s is a number', (text, value) => {
  expect(parseExact(text)).toEqual({ a: value });
});

test('what is printed is JSON again', () => {
  const text = '{"id":12345678901234567890,"list":[1,{"b":"\\u001b[31mx"},[]],"empty":{},"none":null}';
  expect(prettyJson(parseExact(text))).toBe(`{
  "id": 12345678901234567890,
  "list": [
    1,
    {
      "b": "\\u001b[31mx"
    },
    []
  ],
  "empty": {},
  "none": null
}`);
});
