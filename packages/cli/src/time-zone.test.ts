import { expect, test } from 'vitest';
import { readTimeZone, timeText } from './time-zone.ts';

test.each([
  ['2026-11-21T12:00:00.123456789Z', 'utc', '2026-11-21T12:00:00.123Z'],
  ['2026-11-21T12:00:00Z', 'UTC', '2026-11-21T12:00:00.000Z'],
  ['2026-11-21T23:30:00.5Z', 'Europe/Vienna', '2026-11-22T00:30:00.500+01:00'],
  ['2026-07-01T00:00:00.5Z', 'America/New_York', '2026-06-30T20:00:00.500-04:00'],
  ['2026-07-01T00:00:00.5Z', 'Asia/Kathmandu', '2026-07-01T05:45:00.500+05:45'],
  ['2026-07-01T00:00:00.5Z', 'Africa/Abidjan', '2026-07-01T00:00:00.500+00:00'],
  ['no time', 'Europe/Vienna', 'no time'],
])('%s in %s', (timestamp, zone, expected) => {
  expect(timeText(timestamp, readTimeZone(zone))).toBe(expected);
});

test('a zone that does not exist is refused', () => {
  expect(() => readTimeZone('Mars/Olympus')).toThrow(/no time zone `Mars\/Olympus`/);
});
