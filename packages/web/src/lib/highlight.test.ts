import { expect, test } from 'vitest';
import { highlightParts } from './highlight.ts';

const marked = (text: string, words: string[]) =>
  highlightParts(text, words)
    .map((part) => (part.isFound ? `[${part.text}]` : part.text))
    .join('');

test.each([
  ['Timeout of db', ['timeout'], '[Timeout] of db'],
  ['a timeouts b', ['time', 'timeout'], 'a [timeout]s b'],
  ['GET /a?b=(1)', ['?b=(1)'], 'GET /a[?b=(1)]'],
  ['GRÖSSE größe', ['größe'], 'GRÖSSE [größe]'],
  ['nothing', ['', 'x'], 'nothing'],
  ['', ['x'], ''],
  ['xx', ['x'], '[x][x]'],
])('%s with %o', (text, words, shown) => {
  expect(marked(text, words)).toBe(shown);
});
