import { describe, expect, it } from 'vitest';
import { chipsOf, oppositeTerm, queryFault, replaceTerm, soughtInLogql, soughtWords } from './terms.ts';

describe('chipsOf', () => {
  it('tells words, phrases, fields and comparisons apart', () => {
    expect(chipsOf('timeout "a b" -service:web duration_ms:>=100 attr.x:"y z"')).toEqual([
      { term: 'timeout', isExcluded: false, name: '', comparison: '', value: 'timeout' },
      { term: '"a b"', isExcluded: false, name: '', comparison: '', value: '"a b"' },
      { term: '-service:web', isExcluded: true, name: 'service', comparison: '', value: 'web' },
      { term: 'duration_ms:>=100', isExcluded: false, name: 'duration_ms', comparison: '>=', value: '100' },
      { term: 'attr.x:"y z"', isExcluded: false, name: 'attr.x', comparison: '', value: '"y z"' },
    ]);
  });

  it('takes text with a colon in it as text', () => {
    expect(chipsOf('https://x std::string 12:30').map(({ name }) => name)).toEqual(['', '', '']);
    expect(chipsOf('')).toEqual([]);
  });
});

it('changes a term in its place', () => {
  const text = 'a -b c';
  expect(oppositeTerm(chipsOf(text)[1]!)).toBe('b');
  expect(oppositeTerm(chipsOf(text)[0]!)).toBe('-a');
  expect(replaceTerm(text, 1, 'b')).toBe('a b c');
  expect(replaceTerm(text, 1, null)).toBe('a c');
});

it('finds the place of a fault', () => {
  expect(queryFault('character 5 of q: `*` is no wildcard\nat all')).toEqual({
    at: 4,
    text: '`*` is no wildcard\nat all',
  });
  expect(queryFault('something else')).toEqual({ at: null, text: 'something else' });
});

it('knows the words to be marked', () => {
  expect(soughtWords('a "b \\"c\\"" -d service:e message:f *')).toEqual(['a', 'b "c"', 'f']);
  expect(soughtInLogql('{a="b"} |= "x \\"y\\"" != "no" |= `raw`')).toEqual(['x "y"', 'raw']);
});
