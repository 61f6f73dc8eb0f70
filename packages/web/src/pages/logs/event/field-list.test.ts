import { expect, test } from 'vitest';
import type { RowField } from '../table/row.ts';
import { fieldItems, isSearchable, linkOf, readableValue } from './field-list.ts';

const field = (kind: RowField['kind'], name: string, value: string, type: RowField['type'] = 'text'): RowField => ({
  kind,
  name,
  term: kind === 'field' ? name : `${kind === 'attribute' ? 'attr' : 'label'}.${name}`,
  value,
  type,
});
const FIELDS = [
  field('field', 'service', 'Gateway'),
  field('attribute', 'status', '500', 'number'),
  field('label', 'app', 'x'),
];

test('fields stand under the names of their kinds', () => {
  const shown = fieldItems(FIELDS, '').map((item) => ('heading' in item ? item.heading : item.field.name));
  expect(shown).toEqual(['Fields', 'service', 'Attributes', 'status', 'Labels', 'app']);
});

test.each([
  ['gateway', ['service']],
  ['attr.', ['status']],
  ['5', ['status']],
  ['nothing', []],
])('%s finds %o', (wanted, names) => {
  const found = fieldItems(FIELDS, wanted).flatMap((item) => ('field' in item ? [item.field.name] : []));
  expect(found).toEqual(names);
});

test.each([
  [field('field', 'service', 'a'), true],
  [field('field', 'event_id', 'a'), false],
  [field('attribute', 'event_id', 'a'), true],
  [field('attribute', 'list', '[]', 'JSON'), false],
])('%o searchable: %s', (one, is) => {
  expect(isSearchable(one)).toBe(is);
});

test.each([
  ['{"a":1}', '{\n  "a": 1\n}'],
  ['{not json', '{not json'],
  ['plain', 'plain'],
])('%s reads %s', (value, readable) => {
  expect(readableValue({ type: 'text', value })).toBe(readable);
});

test.each([
  ['https://example.com/a?b=1', 'https://example.com/a?b=1'],
  ['javascript:alert(1)', null],
  ['see https://example.com', null],
  ['http://a"onclick', null],
])('the address of %s', (value, link) => {
  expect(linkOf(value)).toBe(link);
});
