import { expect, test } from 'vitest';
import { rowTime } from './row-time.ts';

test.each([
  ['2026-11-21T10:00:59.123456789Z', 'UTC', '11-21', '10:00:59.123'],
  ['2026-11-21T23:30:01Z', 'Asia/Kolkata', '11-22', '05:00:01.000'],
  ['2026-11-21T10:00:59.1Z', 'America/New_York', '11-21', '05:00:59.100'],
])('%s in %s', (timestamp, zone, date, clock) => {
  expect(rowTime(timestamp, zone)).toEqual({ date, clock });
});
