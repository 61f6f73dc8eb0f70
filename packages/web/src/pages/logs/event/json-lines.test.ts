import { expect, test } from 'vitest';
import { jsonTokens } from './json-lines.ts';

test.each([
  ['  "a": "b",', ['sign:  ', 'name:"a"', 'sign::', 'sign: ', 'text:"b"', 'sign:,']],
  ['  "n\\"m": -1.5e+3', ['sign:  ', 'name:"n\\"m"', 'sign::', 'sign: ', 'number:-1.5e+3']],
  ['[true, null]', ['sign:[', 'word:true', 'sign:, ', 'word:null', 'sign:]']],
])('%s', (line, tokens) => {
  expect(jsonTokens(line).map(({ kind, text }) => `${kind}:${text}`)).toEqual(tokens);
});

test('no character is lost', () => {
  const line = '  "odd \u001b[31m": "…", 12 -x t f n';
  expect(
    jsonTokens(line)
      .map(({ text }) => text)
      .join(''),
  ).toBe(line);
});
