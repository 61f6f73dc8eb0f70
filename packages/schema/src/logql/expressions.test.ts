import { expect, test } from 'vitest';
import { parseBytesLiteral } from './bytes.ts';
import { formatGoDuration, parseDurationLiteral, parseDurationMs } from './durations.ts';
import { parseIpPattern } from './ip.ts';
import { logfmtKeyFault, parseJsonPath } from './json-path.ts';
import { parsePatternExpression } from './pattern.ts';

test.each([
  ['a', ['a']],
  ['a.b[0]["c d"].e', ['a', 'b', 0, 'c d', 'e']],
  ['["x"][12]', ['x', 12]],
  ['[0]', [0]],
  [' a . b ', ['a', 'b']],
  ['a["b\\x"]', ['a', 'b\\x']],
])('json path %s', (expression, steps) => {
  expect(parseJsonPath(expression)).toEqual(steps);
});

test.each([
  ['', 'syntax error: unexpected $end, expecting LSB or FIELD'],
  ['"a"', 'syntax error: unexpected STRING, expecting LSB or FIELD'],
  ['a b', 'syntax error: unexpected FIELD'],
  ['a.', 'syntax error: unexpected $end, expecting FIELD'],
  ['a..b', 'syntax error: unexpected DOT, expecting FIELD'],
  ['a[', 'syntax error: unexpected $end, expecting STRING or INDEX'],
  ['a["b"', 'syntax error: unexpected $end, expecting RSB'],
  ['a[b]', 'syntax error: unexpected FIELD, expecting STRING or INDEX'],
  ['a-b', 'unexpected char -'],
  ['a[1.5]', 'syntax error: unexpected $end, expecting STRING or INDEX'],
])('no json path: %s', (expression, fault) => {
  expect(() => parseJsonPath(expression)).toThrow(fault);
});

test.each([
  ['level', null],
  ['"level"', null],
  ['a "b"', null],
  ['a b', 'syntax error: unexpected KEY'],
  ['a.b', 'unexpected char .'],
  ['', 'syntax error: unexpected $end, expecting STRING or KEY'],
])('logfmt key %s: %s', (expression, fault) => {
  expect(logfmtKeyFault(expression)).toBe(fault);
});

test('a pattern is cut at its captures', () => {
  expect(parsePatternExpression('<ip> - <_> <1> "<method')).toEqual([
    { kind: 'capture', name: 'ip' },
    { kind: 'literal', text: ' - ' },
    { kind: 'capture', name: null },
    { kind: 'literal', text: ' <1> "<method' },
  ]);
  expect(parsePatternExpression('')).toEqual([]);
});

const V4 = { family: 4, zone: '' } as const;
const V6 = { family: 6, zone: '' } as const;

test.each([
  ['10.0.0.1', { kind: 'address', address: { ...V4, value: 0x0a000001n } }],
  ['10.0.0.0/8', { kind: 'network', address: { ...V4, value: 0x0a000000n }, bits: 8 }],
  ['10.0.0.1-10.0.0.9', { kind: 'range', from: { ...V4, value: 0x0a000001n }, to: { ...V4, value: 0x0a000009n } }],
  ['::', { kind: 'address', address: { ...V6, value: 0n } }],
  ['1::2:3', { kind: 'address', address: { ...V6, value: (1n << 112n) | 0x20003n } }],
  ['1:2:3:4:5:6:7:8', { kind: 'address', address: { ...V6, value: 0x00010002000300040005000600070008n } }],
  ['::ffff:10.0.0.1', { kind: 'address', address: { ...V6, value: 0xffff0a000001n } }],
  ['fe80::1%eth0', { kind: 'address', address: { family: 6, value: (0xfe80n << 112n) | 1n, zone: 'eth0' } }],
  ...[
    '',
    'x',
    '10.0.0',
    '10.0.0.256',
    '010.0.0.1',
    '10.0.0.1/33',
    '10.0.0.1/08',
    '10.0.0.9-10.0.0.1',
    '10.0.0.1-::1',
  ].map((text) => [text, null] as const),
  ...['1::2::3', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7::8', '12345::', '::%', ':1', '1.2.3.4::', ' 10.0.0.1', '::1/129'].map(
    (text) => [text, null] as const,
  ),
])('ip pattern %s', (pattern, found) => {
  expect(parseIpPattern(pattern)).toEqual(found);
});

test.each([
  ['5m', 300_000],
  ['1h30m', 5_400_000],
  ['1y2w3d4h5m6s7ms', 33_019_506_007],
  ['0', 0],
  ['5', null],
  ['1m1h', null],
  ['1.5s', null],
  ['-5m', null],
  ['', null],
])('duration %s is %s ms', (text, durationMs) => {
  expect(parseDurationMs(text)).toBe(durationMs);
});

test.each([
  ['1.5s', '1.5s'],
  ['90m', '1h30m0s'],
  ['1d', '24h0m0s'],
  ['2h45m30.25s', '2h45m30.25s'],
  ['59.999s', '59.999s'],
  ['1500us', '1.5ms'],
  ['1500ns', '1.5µs'],
  ['7ns', '7ns'],
  ['-5m', '-5m0s'],
  ['0', '0s'],
  ['1.5.5s', null],
  ['1.5d', null],
  ['300y', null],
])('duration literal %s is %s', (text, printed) => {
  const value = parseDurationLiteral(text);
  expect(value === null ? null : formatGoDuration(value)).toBe(printed);
});

test.each([
  ['5B', 5],
  ['1kB', 1000],
  ['1KiB', 1024],
  ['1.5GB', 1.5e9],
  ['.5MB', 500_000],
  ['2k', 2000],
  ['5XB', null],
  ['1.2.3MB', null],
])('bytes %s are %s', (text, bytes) => {
  expect(parseBytesLiteral(text)).toBe(bytes);
});
