import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseQueryString } from './query-string.ts';

test.each<[string, Record<string, unknown>]>([
  ['', {}],
  ['&&', {}],
  ['a=1&b=2', { a: '1', b: '2' }],
  ['a=1&a=2&a=3', { a: ['1', '2', '3'] }],
  ['a', { a: '' }],
  ['a=b=c', { a: 'b=c' }],
  ['q=a+b%2Bc', { q: 'a b+c' }],
  ['q=%', { q: '%' }],
  ['%E0%A4%A=1', { '%E0%A4%A': '1' }],
  ['attr.x=1', { 'attr.*': [['attr.x', '1']] }],
  [
    'attr.x>=1&attr.x%3C5',
    {
      'attr.*': [
        ['attr.x>', '1'],
        ['attr.x<5', null],
      ],
    },
  ],
  ['label.app=shop', { 'label.*': [['label.app', 'shop']] }],
  [
    'duration_ms>5&duration_ms!=7',
    {
      duration_ms: [
        ['duration_ms>5', null],
        ['duration_ms!', '7'],
      ],
    },
  ],
  ['cost=0&costs=1', { cost: [['cost', '0']], costs: '1' }],
  ['__proto__=1&__proto__=2', { ['__proto__']: ['1', '2'] }],
])('%s', (text, expected) => {
  expect(Object.entries(parseQueryString(text))).toEqual(Object.entries(expected));
});

test('no text makes it throw', () => {
  const piece = fc.constantFrom('attr.', 'label.', 'cost', 'a', '=', '&', '%', '%2', '+', '<', '__proto__', '\ud800');
  fc.assert(fc.property(fc.array(piece), (pieces) => void parseQueryString(pieces.join(''))));
});
