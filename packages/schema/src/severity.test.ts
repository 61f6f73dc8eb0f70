import { expect, test } from 'vitest';
import { severityName, severityNumberOfLevel, severityNumberOfText } from './severity.ts';

test.each([
  ['INFO', 9],
  ['Warning', 13],
  ['CRITICAL', 21],
  [' err ', 17],
  ['constructor', 0],
  ['__proto__', 0],
  ['banana', 0],
  ['', 0],
])('the word %j is %i', (text, expected) => {
  expect(severityNumberOfText(text)).toBe(expected);
});

test.each([
  [10, 1],
  [20, 5],
  [30, 9],
  [40, 13],
  [50, 17],
  [60, 21],
  [9, 0],
  [Number.NaN, 0],
])('level %d is %i', (level, expected) => {
  expect(severityNumberOfLevel(level)).toBe(expected);
});

test.each([
  [0, 'info'],
  [1, 'debug'],
  [8, 'debug'],
  [9, 'info'],
  [12, 'info'],
  [13, 'warn'],
  [17, 'error'],
  [21, 'critical'],
  [24, 'critical'],
  [25, 'info'],
])('number %i is %s', (number, expected) => {
  expect(severityName(number)).toBe(expected);
});
