import { describe, expect, test } from 'vitest';
import { describeRange, instantIn, timeMs } from './time.ts';

describe('timeMs', () => {
  test.each([
    ['2026-11-21T10:00', '2026-11-21T10:00:00.000Z'],
    ['2026-11-21 10:00:00.5', '2026-11-21T10:00:00.500Z'],
    ['2026-11-21T10:00+02:00', '2026-11-21T08:00:00.000Z'],
    ['1763719200', '2025-11-21T10:00:00.000Z'],
    ['1763719200000', '2025-11-21T10:00:00.000Z'],
    ['1763719200000000000', '2025-11-21T10:00:00.000Z'],
  ])('%s is %s, as the API reads it', (text, iso) => {
    expect(new Date(timeMs(text, 0)!).toISOString()).toBe(iso);
  });

  test('what is no time is null', () => {
    expect(timeMs('yesterday-ish', 0)).toBeNull();
  });
});

describe('instantIn', () => {
  test.each([
    ['2026-11-21 10:00', 'UTC', '2026-11-21T10:00:00.000Z'],
    ['2026-11-21 10:00', 'Asia/Kolkata', '2026-11-21T04:30:00.000Z'],
    ['2026-11-21', 'America/New_York', '2026-11-21T05:00:00.000Z'],
    ['2026-03-29T03:30', 'Europe/Berlin', '2026-03-29T01:30:00.000Z'],
  ])('%s in %s is %s', (text, zone, iso) => {
    expect(instantIn(text, zone)).toBe(iso);
  });

  test.each(['', '-15m', 'now', '2026-11-21T10:00Z', '1763719200', 'nonsense'])('%j is left as it is', (text) => {
    expect(instantIn(text, 'Asia/Kolkata')).toBe(text);
  });
});

test('a range that cannot be read is told as it stands', () => {
  expect(describeRange({ from: 'nonsense', to: '' }, 'UTC')).toBe('nonsense – now');
  expect(describeRange({ from: '1763719200', to: '' }, 'UTC')).toBe('2025-11-21 10:00:00 – now');
});
