import type { Matcher } from '@tailwater/schema/logql';
import { expect, it } from 'vitest';
import { absentLabels } from './absent.ts';

const equal = (name: string, value: string): Matcher => ({ name, op: '=', value });

it.each<[name: string, selector: Matcher[], expected: [string, string][]]>([
  [
    'sorted by name',
    [equal('b', '2'), equal('a', '1')],
    [
      ['a', '1'],
      ['b', '2'],
    ],
  ],
  ['only =', [equal('a', '1'), { name: 'b', op: '=~', value: 'x' }], [['a', '1']]],
  ['= and another matcher', [equal('a', '1'), { name: 'a', op: '!=', value: '2' }], []],
  ['another matcher, then =', [{ name: 'a', op: '!~', value: 'x' }, equal('a', '1')], []],
  ['twice =', [equal('a', '1'), equal('a', '1'), equal('c', '3')], [['c', '3']]],
  ['empty value', [equal('a', ''), equal('c', '3')], [['c', '3']]],
  ['the name of a metric', [equal('__name__', 'x'), equal('c', '3')], [['c', '3']]],
])('labels of absent_over_time: %s', (_name, selector, expected) => {
  expect(absentLabels(selector)).toEqual(expected);
});
