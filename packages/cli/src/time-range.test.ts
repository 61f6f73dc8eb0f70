import { expect, test } from 'vitest';
import { rangeParameters } from './time-range.ts';

test.each<[string, string, string]>([
  ['2026-11-21', 'Europe/Vienna', '2026-11-20T23:00:00Z'],
  ['2026-07-01 12:00', 'Europe/Vienna', '2026-07-01T10:00:00Z'],
  ['2026-07-01T12:00:05.123456', 'America/New_York', '2026-07-01T16:00:05.123456Z'],
  // The hour of the change of clocks in the spring does not exist there, that before and after it do.
  ['2026-03-29T01:59', 'Europe/Vienna', '2026-03-29T00:59:00Z'],
  ['2026-03-29T03:00', 'Europe/Vienna', '2026-03-29T01:00:00Z'],
  ['2026-07-01 12:00', 'utc', '2026-07-01 12:00'],
  ['2026-07-01T12:00Z', 'Europe/Vienna', '2026-07-01T12:00Z'],
  ['2026-07-01T12:00+05:00', 'Europe/Vienna', '2026-07-01T12:00+05:00'],
  ['-15m', 'Europe/Vienna', '-15m'],
  ['1790000000', 'Europe/Vienna', '1790000000'],
])('%s in %s is %s', (text, zone, time) => {
  expect(rangeParameters({ from: text, to: text }, zone)).toEqual({ from: time, to: time });
});

test('a duration', () => {
  expect(rangeParameters({ since: '1h30m' }, 'utc')).toEqual({ from: '-1h30m' });
  expect(rangeParameters({}, 'utc')).toEqual({});
  expect(() => rangeParameters({ since: 'yesterday' }, 'utc')).toThrow('expected a duration');
});
