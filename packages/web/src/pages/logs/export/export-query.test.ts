import { expect, it } from 'vitest';
import { exportColumns, exportQuery, exportShare } from './export-query.ts';

it('asks for what the page shows', () => {
  const range = { from: '-1h', to: 'now' };
  expect(exportQuery({ q: 'a b', range, order: 'desc' })).toBe('?q=a+b&from=-1h');
  expect(exportQuery({ q: '', range: { from: '-1h', to: '-5m' }, order: 'asc' })).toBe('?from=-1h&to=-5m&order=asc');
});

it('names each column once', () => {
  expect(exportColumns(['service', 'message', 'attr.a'])).toEqual([
    'timestamp',
    'severity',
    'service',
    'message',
    'attr.a',
  ]);
});

it('knows how far it is', () => {
  expect(exportShare(5, 10)).toBe(0.5);
  expect(exportShare(11, 10)).toBe(1);
  expect(exportShare(3, 0)).toBeNull();
});
