import { expect, it } from 'vitest';
import { canSearch, listFields, listNames, shownFields } from './field-list.ts';
import type { FieldList } from './use-fields.ts';

const LIST: FieldList = {
  fields: [
    { name: 'timestamp', type: 'time' },
    { name: 'message', type: 'string' },
    { name: 'host', type: 'string' },
    { name: 'duration_ms', type: 'number' },
    { name: 'severity', type: 'severity' },
  ],
  attributes: [
    { name: 'status', types: ['number', 'string'], events: 50 },
    { name: 'odd name', types: ['string'], events: 1 },
  ],
  labels: [{ name: 'app', events: 100 }],
  events_read: 200,
  complete: true,
};

it('lists fields by their term, with their share of the events', () => {
  const fields = listFields(LIST);
  expect(fields.map(({ term }) => term)).toEqual([
    'severity',
    'host',
    'duration_ms',
    'attr.status',
    'attr.odd name',
    'label.app',
  ]);
  expect(fields[2]).toMatchObject({ isNumeric: true, events: null, share: null });
  expect(fields[3]).toMatchObject({ isNumeric: true, events: 50, share: 0.25 });
});

it('finds by any part of the name, and puts pinned ones apart', () => {
  const fields = listFields(LIST);
  const shown = shownFields(fields, 'A', new Set(['label.app', 'host']));
  expect(shown.pinned.map(({ term }) => term)).toEqual(['label.app']);
  expect(shown.own.map(({ term }) => term)).toEqual(['duration_ms']);
  expect(shown.attributes).toHaveLength(2);
  expect(shown.labels).toEqual([]);
});

it('offers for completion only what a search can name', () => {
  expect(canSearch('attr.odd name')).toBe(false);
  expect(listNames(LIST).map(({ name }) => name)).not.toContain('attr.odd name');
  expect(listNames(LIST).find(({ name }) => name === 'attr.status')?.note).toBe('number, string · 50');
});
