import { describe, expect, test } from 'vitest';
import { parseRfc3339, parseTimestamp, spanOf, timeOf } from './times.ts';

const NOW = 1_700_000_000_123_456_789n;
const HOUR = 3_600_000_000_000n;

describe('a time', () => {
  test.each<[string, bigint]>([
    ['', NOW],
    ['0', 0n],
    ['4000000000', 4_000_000_000_000_000_000n],
    ['1588889221', 1_588_889_221_000_000_000n],
    ['-5', -5_000_000_000n],
    ['+5', 5_000_000_000n],
    ['15888892211', 15_888_892_211n],
    // Milliseconds and microseconds are no unit of Loki's: they are read as nanoseconds.
    ['1588889221000', 1_588_889_221_000n],
    ['1588889221000000', 1_588_889_221_000_000n],
    ['1588889221123456789', 1_588_889_221_123_456_789n],
    ['9223372036854775807', 9_223_372_036_854_775_807n],
    ['9999999999', 9_223_372_036_854_775_807n],
    ['1588889221.5', 1_588_889_221_500_000_000n],
    ['1588889221.0004', 1_588_889_221_000_000_000n],
    ['1588889221.1236', 1_588_889_221_124_000_000n],
    ['-1.25', -1_250_000_000n],
    ['1.5e9', 1_500_000_000_000_000_000n],
    ['2020-05-07T22:07:01Z', 1_588_889_221_000_000_000n],
    ['2020-05-07T22:07:01.123456789Z', 1_588_889_221_123_456_789n],
    ['2020-05-08T00:07:01.5+02:00', 1_588_889_221_500_000_000n],
    ['2020-05-07T20:07:01-02:00', 1_588_889_221_000_000_000n],
  ])('%s is %s', (text, ns) => {
    expect(parseTimestamp(text, NOW)).toBe(ns);
  });

  test.each([
    ['yesterday', 'strconv.ParseInt: parsing "yesterday": invalid syntax'],
    ['1h', 'strconv.ParseInt: parsing "1h": invalid syntax'],
    ['1.x', 'strconv.ParseInt: parsing "1.x": invalid syntax'],
    ['2020-05-07', 'strconv.ParseInt: parsing "2020-05-07": invalid syntax'],
    ['9223372036854775808', 'strconv.ParseInt: parsing "9223372036854775808": value out of range'],
    ['"', 'strconv.ParseInt: parsing "\\"": invalid syntax'],
  ])('%s is none: %s', (text, error) => {
    expect(parseTimestamp(text, NOW)).toEqual({ error });
  });

  test.each([
    '2020-02-30T00:00:00Z',
    '2020-13-01T00:00:00Z',
    '2020-00-01T00:00:00Z',
    '2020-01-01T24:00:00Z',
    '2020-01-01T00:60:00Z',
    '2020-01-01T00:00:60Z',
    '2020-01-01 00:00:00Z',
    '2020-01-01t00:00:00Z',
    '2020-01-01T00:00:00',
    '2020-01-01T00:00:00.Z',
    '2020-01-01T00:00:00+25:00',
  ])('%s is no RFC 3339', (text) => {
    expect(parseRfc3339(text)).toBeNull();
  });

  test('a leap day, and digits past the nanosecond', () => {
    expect(parseRfc3339('2024-02-29T00:00:00.1234567899Z')).toBe(1_709_164_800_123_456_789n);
    expect(parseRfc3339('0001-01-01T00:00:00Z')).toBe(-(1n << 63n));
  });
});

describe('a span', () => {
  const span = (text: string) => {
    const { startNs, endNs } = spanOf(new URLSearchParams(text), NOW);
    return [startNs, endNs];
  };

  test.each<[string, bigint, bigint]>([
    ['', NOW - HOUR, NOW],
    ['since=5m', NOW - HOUR / 12n, NOW],
    ['since=0', NOW, NOW],
    ['end=1588889221', 1_588_889_221_000_000_000n - HOUR, 1_588_889_221_000_000_000n],
    ['end=4000000000', NOW - HOUR, 4_000_000_000_000_000_000n],
    ['start=1588889221&since=1d', 1_588_889_221_000_000_000n, NOW],
    ['start=2&end=1', 2_000_000_000n, 1_000_000_000n],
  ])('%s', (text, startNs, endNs) => {
    expect(span(text)).toEqual([startNs, endNs]);
  });

  test.each([
    ['since=1x', `could not parse 'since' parameter: unknown unit "x" in duration "1x"`],
    ['since=h', `could not parse 'since' parameter: not a valid duration string: "h"`],
    ['start=x', `could not parse 'start' parameter: strconv.ParseInt: parsing "x": invalid syntax`],
    ['end=x&start=y', `could not parse 'end' parameter: strconv.ParseInt: parsing "x": invalid syntax`],
  ])('%s', (text, message) => {
    expect(() => span(text)).toThrow(expect.objectContaining({ code: 'invalid_parameter', message }));
  });

  test('`time` alone is told without its name', () => {
    const message = 'strconv.ParseInt: parsing "x": invalid syntax';
    expect(() => timeOf(new URLSearchParams('time=x'), NOW)).toThrow(expect.objectContaining({ message }));
    expect(timeOf(new URLSearchParams(''), NOW)).toBe(NOW);
  });
});
