import { expect, test } from 'vitest';
import { detectLevel } from './detect-level.ts';

const INFO = 9;
const WARN = 13;
const ERROR = 17;
const CRITICAL = 21;

test.each([
  ['2026-11-21 08:00:00,123 INFO [api] ready', INFO],
  ['a warning, then an error', WARN],
  ['[Error] x', ERROR],
  ['err', ERROR],
  ['terror errors _error error_ err0r 4error', 0],
  ['error: level=warn', WARN],
  ['error level=banana', ERROR],
  ['{"msg":"info","level" : "error"}', ERROR],
  ['{"Log_Level":50}', ERROR],
  ['severity="fatal"', CRITICAL],
  ['xlevel=40', 0],
  ['xxxxxxxxxxxxxseverity_text=40', 0],
  ['level=', 0],
  ['level"', 0],
  ['="":', 0],
  ['', 0],
])('%j states %i, wherever it stands', (line, expected) => {
  for (let before = 0; before < 4; before++) {
    for (const behind of ['', '=error', '":"error"']) {
      const source = Buffer.from(`${'-'.repeat(before)}${line}${behind}`);
      const end = source.length - behind.length;
      expect([0, before].map((start) => detectLevel(source, start, end))).toEqual([expected, expected]);
    }
  }
});

test('a level is looked for in the first 4096 bytes', () => {
  const line = (before: number) => Buffer.from(`${'.'.repeat(before)} error`);
  expect(detectLevel(line(4090), 0, 4096)).toBe(ERROR);
  expect(detectLevel(line(4091), 0, 4097)).toBe(0);
});
