import { expect, test } from 'vitest';
import { parseSearchText, SEARCH_TEXT_CHARACTERS_MAX } from '../search-text.ts';
import { exclusionOf, likeOf, searchOf, templateOf } from './pieces.ts';

test.each<[pieces: string[], template: string, q: string, exclusion: string]>([
  [['took ', ' ms'], 'took <*> ms', '"took" "ms"', '-"took"'],
  [
    ['user ', ' has logged in from ', ''],
    'user <*> has logged in from <*>',
    '"has logged in from" "user"',
    '-"has logged in from"',
  ],
  [['say "hi\\" ', ''], 'say "hi\\" <*>', '"say \\"hi\\\\\\""', '-"say \\"hi\\\\\\""'],
  [['', ''], '<*>', '', ''],
  [['', ' / ', ''], '<*> / <*>', '', ''],
])('%j', (pieces, template, q, exclusion) => {
  expect(templateOf(pieces)).toBe(template);
  expect(searchOf(pieces)).toBe(q);
  expect(exclusionOf(pieces)).toBe(exclusion);
});

test('search texts of any pattern can be searched', () => {
  const many = Array.from({ length: 200 }, (_, i) => ` piece ${i} ${'"\\😀'.repeat(i)} `);
  for (const q of [searchOf(many), exclusionOf(many)]) {
    expect(q.length).toBeLessThanOrEqual(SEARCH_TEXT_CHARACTERS_MAX);
    expect(parseSearchText(q)).not.toBeNull();
    expect(q.isWellFormed()).toBe(true);
  }
});

test('messages that are alike are found whatever their numbers, by words that they have whole', () => {
  expect(likeOf(['port 8080 of ', ' is 100%_up'])).toEqual({
    pattern: 'port % of % is %\\%\\_up',
    words: ['port', 'of', 'is', 'up'],
  });
  expect(likeOf(['a', 'b'])).toEqual({ pattern: 'a%b', words: [] });
});
