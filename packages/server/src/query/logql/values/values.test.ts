import { describe, expect, test } from 'vitest';
import {
  bytesError,
  durationError,
  floatError,
  formatFloat,
  formatFloatG,
  formatGoDuration,
  formatPrometheusDuration,
  goQuote,
  goQuoteRune,
  humanizeBytes,
  parseBytes,
  parseGoDuration,
  parseGoFloat,
} from './index.ts';

const SYNTAX = 'invalid syntax';
const RANGE = 'value out of range';

describe('numbers, as strconv.ParseFloat', () => {
  test.each([
    ['0', 0],
    ['-0', -0],
    ['42', 42],
    ['-1', -1],
    ['+1', 1],
    ['.5', 0.5],
    ['5.', 5],
    ['-.5', -0.5],
    ['1e3', 1000],
    ['1E3', 1000],
    ['1e+3', 1000],
    ['1e-3', 0.001],
    ['1e308', 1e308],
    ['1e-400', 0],
    ['4.9e-324', 5e-324],
    ['1.7976931348623159e308', null],
    ['123456789012345678901234567890', 1.2345678901234568e29],
    ['0.1', 0.1],
    ['1_000', 1000],
    ['1_0.5_5', 10.55],
    ['1e1_0', 1e10],
    ['inf', Infinity],
    ['+Inf', Infinity],
    ['-INF', -Infinity],
    ['Infinity', Infinity],
    ['-infinity', -Infinity],
    ['NaN', Number.NaN],
    ['nan', Number.NaN],
    ['0x10p0', 16],
    ['0x1.8p1', 3],
    ['-0x1.8p1', -3],
    ['0X1P+2', 4],
    ['0x.8p0', 0.5],
    ['0x1.p1', 2],
    ['0x_1_0p0', 16],
    ['0x1p1023', 2 ** 1023],
    ['0x1p-1074', 5e-324],
    ['0x1p-1075', 0],
    ['0x1.8p-1075', 5e-324],
    ['0x1.00000000000008p0', 1],
    ['0x1.000000000000081p0', 1.0000000000000002],
    ['0x1.fffffffffffff7p1023', Number.MAX_VALUE],
  ])('%j is %d', (text, value) => {
    expect(parseGoFloat(text)).toBe(value);
  });

  test.each([
    ['', SYNTAX],
    ['.', SYNTAX],
    ['1e', SYNTAX],
    ['1e+', SYNTAX],
    ['e3', SYNTAX],
    [' 1', SYNTAX],
    ['1 ', SYNTAX],
    ['1a', SYNTAX],
    ['--1', SYNTAX],
    ['1.2.3', SYNTAX],
    ['1,000', SYNTAX],
    ['0x10', SYNTAX],
    ['0xp0', SYNTAX],
    ['0x1p', SYNTAX],
    ['0x1__0p0', SYNTAX],
    ['0b1', SYNTAX],
    ['1__0', SYNTAX],
    ['1_', SYNTAX],
    ['1_.5', SYNTAX],
    ['1e_5', SYNTAX],
    ['infin', SYNTAX],
    ['+nan', SYNTAX],
    ['ten', SYNTAX],
    ['1e309', RANGE],
    ['-1e309', RANGE],
    ['1e5000000000', RANGE],
    ['0x1p1024', RANGE],
    ['0x1.fffffffffffff8p1023', RANGE],
  ])('%j: %s', (text, why) => {
    expect(parseGoFloat(text)).toBeNull();
    expect(floatError(text)).toBe(`strconv.ParseFloat: parsing "${text}": ${why}`);
  });

  test('the text is quoted as Go quotes it', () => {
    expect(floatError('a"b\n')).toBe('strconv.ParseFloat: parsing "a\\"b\\n": invalid syntax');
  });
});

describe('durations, as time.ParseDuration, in seconds', () => {
  test.each([
    ['0', 0],
    ['-0', 0],
    ['1s', 1],
    ['1.5s', 1.5],
    ['-1.5h', -5400],
    ['1h2m3s', 3723],
    ['5ns', 5e-9],
    ['5us', 5e-6],
    ['5µs', 5e-6],
    ['5μs', 5e-6],
    ['5ms', 0.005],
    ['.5s', 0.5],
    ['1.s', 1],
    ['+5m', 300],
    ['1h1h', 7200],
    ['1ms1us1ns', 0.001001001],
    ['39h9m14.425s', 140954.425],
    ['1.9999999999s', 1.999999999],
    ['0.3333333333333333333h', 1200],
    ['0.100000000000000000000h', 360],
    ['9007199254740993ns', 9007199.254740993],
    ['2562047h47m16.854775807s', 9223372036.854776],
    ['-9223372036854775808ns', -9223372036.854776],
  ])('%s is %d', (text, seconds) => {
    expect(parseGoDuration(text)).toBe(seconds);
  });

  test.each([
    ['', 'time: invalid duration ""'],
    ['s', 'time: invalid duration "s"'],
    ['.s', 'time: invalid duration ".s"'],
    ['-', 'time: invalid duration "-"'],
    ['--1s', 'time: invalid duration "--1s"'],
    ['1h-1m', 'time: unknown unit "h-" in duration "1h-1m"'],
    ['1', 'time: missing unit in duration "1"'],
    ['0.5', 'time: missing unit in duration "0.5"'],
    ['1.2.3s', 'time: missing unit in duration "1.2.3s"'],
    ['1d', 'time: unknown unit "d" in duration "1d"'],
    ['1w', 'time: unknown unit "w" in duration "1w"'],
    ['1 s', 'time: unknown unit " s" in duration "1 s"'],
    ['1e3s', 'time: unknown unit "e" in duration "1e3s"'],
    ['1é', 'time: unknown unit "\\xc3\\xa9" in duration "1\\xc3\\xa9"'],
    ['1"s', 'time: unknown unit "\\"s" in duration "1\\"s"'],
    ['3000000h', 'time: invalid duration "3000000h"'],
    ['9223372036854775808ns', 'time: invalid duration "9223372036854775808ns"'],
    ['99999999999999999999s', 'time: invalid duration "99999999999999999999s"'],
  ])('%j: %s', (text, message) => {
    expect(parseGoDuration(text)).toBeNull();
    expect(durationError(text)).toBe(message);
  });
});

describe('sizes, as go-humanize', () => {
  test.each([
    ['42', 42],
    ['1k', 1000],
    ['1K', 1000],
    ['1KB', 1000],
    ['1kib', 1024],
    ['1 KiB', 1024],
    ['1,024B', 1024],
    ['1.5kb', 1500],
    ['1.0001kb', 1000],
    ['42 MB', 42e6],
    ['1Mi', 1048576],
    ['2gib', 2147483648],
    ['1EiB', 2 ** 60],
    ['3.7', 3],
    ['1 ', 1],
    ['1\tb', 1],
    ['1,,0', 10],
  ])('%j is %d', (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
  });

  test.each([
    ['', 'strconv.ParseFloat: parsing "": invalid syntax'],
    [' 1', 'strconv.ParseFloat: parsing "": invalid syntax'],
    ['-1', 'strconv.ParseFloat: parsing "": invalid syntax'],
    ['1..5', 'strconv.ParseFloat: parsing "1..5": invalid syntax'],
    [',', 'strconv.ParseFloat: parsing "": invalid syntax'],
    ['1x', 'unhandled size name: x'],
    ['100 foo Bar', 'unhandled size name: foo bar'],
    ['1e3', 'unhandled size name: e3'],
    ['16EiB', 'too large: 16EiB'],
    ['99999999999999999999', 'too large: 99999999999999999999'],
  ])('%j: %s', (text, message) => {
    expect(parseBytes(text)).toBeNull();
    expect(bytesError(text)).toBe(message);
  });

  test.each([
    [0, 'decimal', '0 B'],
    [9, 'decimal', '9 B'],
    [10, 'decimal', '10 B'],
    [999, 'decimal', '999 B'],
    [1000, 'decimal', '1.0 kB'],
    [82854982, 'decimal', '83 MB'],
    [82854982, 'binary', '79 MiB'],
    [1536, 'binary', '1.5 KiB'],
  ] as const)('%d bytes, %s: %s', (bytes, base, text) => {
    expect(humanizeBytes(bytes, base)).toBe(text);
  });
});

describe('numbers written', () => {
  test.each([
    [0, '0', '0'],
    [-0, '-0', '-0'],
    [0.5, '0.5', '0.5'],
    [1e6, '1000000', '1e+06'],
    [123456, '123456', '123456'],
    [1234567, '1234567', '1.234567e+06'],
    [1e20, '100000000000000000000', '1e+20'],
    [1.5e21, '1500000000000000000000', '1.5e+21'],
    [1e-4, '0.0001', '0.0001'],
    [1.5e-7, '0.00000015', '1.5e-07'],
    [-1e-10, '-0.0000000001', '-1e-10'],
    [1e100, `1${'0'.repeat(100)}`, '1e+100'],
    [Number.NaN, 'NaN', 'NaN'],
    [Infinity, '+Inf', '+Inf'],
    [-Infinity, '-Inf', '-Inf'],
  ])('%d is %s and %s', (value, plain, general) => {
    expect(formatFloat(value)).toBe(plain);
    expect(formatFloatG(value)).toBe(general);
  });
});

describe('durations written', () => {
  test.each([
    [0, '0s'],
    [1, '1ns'],
    [1500, '1.5µs'],
    [1e6, '1ms'],
    [1_500_000, '1.5ms'],
    [1e9 + 1, '1.000000001s'],
    [60e9, '1m0s'],
    [3600e9, '1h0m0s'],
    [3661e9 + 5e6, '1h1m1.005s'],
    [90061e9, '25h1m1s'],
    [-1500, '-1.5µs'],
  ])('%d ns is %s', (nanos, text) => {
    expect(formatGoDuration(nanos)).toBe(text);
  });

  test.each([
    [0, '0s'],
    [1, '1ms'],
    [1500, '1s500ms'],
    [90_000, '1m30s'],
    [3_600_000, '1h'],
    [86_400_000, '1d'],
    [90_000_000, '1d1h'],
    [7 * 86_400_000, '1w'],
    [8 * 86_400_000, '8d'],
    [30 * 86_400_000 + 3_600_000, '30d1h'],
    [365 * 86_400_000, '1y'],
    [721 * 3_600_000, '30d1h'],
  ])('%d ms is %s', (ms, text) => {
    expect(formatPrometheusDuration(ms)).toBe(text);
  });
});

describe('quoting, as strconv.Quote', () => {
  test.each([
    ['', '""', '""'],
    ['plain', '"plain"', '"plain"'],
    ['a"b\\', '"a\\"b\\\\"', '"a\\"b\\\\"'],
    ['\n\t\r', '"\\n\\t\\r"', '"\\n\\t\\r"'],
    ['\u0001\u007f', '"\\x01\\x7f"', '"\\x01\\x7f"'],
    ['é', '"é"', '"\\u00e9"'],
    ['😀', '"😀"', '"\\U0001f600"'],
    ['\u00a0', '"\\u00a0"', '"\\u00a0"'],
    ['\u200b', '"\\u200b"', '"\\u200b"'],
    ["'", '"\'"', '"\'"'],
    ['\ud800', '"\ufffd"', '"\\ufffd"'],
  ])('%j is %s', (text, quoted, ascii) => {
    expect(goQuote(text)).toBe(quoted);
    expect(goQuote(text, true)).toBe(ascii);
  });

  test.each([
    [120, "'x'"],
    [39, "'\\''"],
    [34, `'"'`],
    [10, "'\\n'"],
    [0x4e16, "'世'"],
  ])('rune %d is %s', (code, quoted) => {
    expect(goQuoteRune(code)).toBe(quoted);
  });
});
