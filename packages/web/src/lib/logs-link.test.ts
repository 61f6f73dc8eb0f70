import { expect, test } from 'vitest';
import { filterParams, logsLink, stretchRange, withTerms } from './logs-link.ts';

test('a link narrows the search text and keeps the range as it was written', () => {
  expect(logsLink('timeout', { from: '-1h', to: '' }, ['service:gateway', 'severity:>=error'])).toEqual({
    to: '/logs',
    search: { q: 'timeout service:gateway severity:>=error', from: '-1h', to: '' },
  });
});

test('terms that are several are taken apart, and none stands twice', () => {
  expect(withTerms(' a:1 "x y" ', ['"x y" b:2', 'a:1'])).toBe('"x y" b:2 a:1');
});

test('a bucket is cut where the range ends', () => {
  const within = { fromMs: 1_000, toMs: 5_000 };
  expect(stretchRange({ fromMs: 0, toMs: 2_000 }, within)).toEqual({
    from: '1970-01-01T00:00:01.000Z',
    to: '1970-01-01T00:00:02.000Z',
  });
  expect(stretchRange({ fromMs: 4_000, toMs: 9_000 }, within).to).toBe('1970-01-01T00:00:05.000Z');
});

test('an empty search text and an open end are not asked for', () => {
  expect(filterParams('  ', { from: '-1h', to: '' })).toEqual({ from: '-1h' });
  expect(filterParams(' a ', { from: '-1h', to: 'now' })).toEqual({ from: '-1h', to: 'now', q: 'a' });
});
