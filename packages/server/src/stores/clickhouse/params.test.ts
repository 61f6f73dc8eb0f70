import { expect, test } from 'vitest';
import { paramSearch } from './params.ts';

test.each([
  ['plain', 'plain'],
  ['a\tb\nc\rd\0e\\f', 'a\\tb\\nc\\rd\\0e\\\\f'],
  ["it's", "it's"],
  [-1.5, '-1.5'],
  [1e300, '1e+300'],
  [Number.NaN, 'nan'],
  [Number.POSITIVE_INFINITY, 'inf'],
  [Number.NEGATIVE_INFINITY, '-inf'],
  [true, 'true'],
  [['a', "b'c", 'd\\e', 'f\ng'], "['a','b\\'c','d\\\\e','f\\ng']"],
  [[1, 2.5], '[1,2.5]'],
  [[], '[]'],
])('%j is sent as %s', (value, sent) => {
  expect(paramSearch({ p: value })).toEqual({ param_p: sent });
});
