import { expect, test } from 'vitest';
import { cutTo, padLeft, padRight, textWidth } from './text-width.ts';

test.each<[string, number]>([
  ['', 0],
  ['api', 3],
  ['Grüße', 5],
  ['Gru\u0308ße', 5],
  ['日本語', 6],
  ['한국', 4],
  ['deploy 🚀', 9],
  ['▁▂█ · …', 7],
])('%s is %d columns wide', (text, width) => expect(textWidth(text)).toBe(width));

test('padded and cut by columns', () => {
  expect([padRight('日本', 6), padLeft('日本', 6), padRight('long', 2)]).toEqual(['日本  ', '  日本', 'long']);
  expect([cutTo('abcdef', 4), cutTo('日本語', 5), cutTo('日本語', 4), cutTo('abc', 3)]).toEqual([
    'abc…',
    '日本…',
    '日…',
    'abc',
  ]);
});
