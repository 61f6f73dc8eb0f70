import { expect, test } from 'vitest';
import {
  errorsOf,
  type Pattern,
  type Patterns,
  readText,
  shownPatterns,
  trendRange,
  trendTimes,
} from './pattern-rows.ts';

const pattern = (more: Partial<Pattern>): Pattern => ({
  ...{ id: 'a', template: 'a <*>', events: 3, share: 1, services: [], log_types: [], trend: [], q: '', exclude_q: '' },
  ...{ first: '', last: '', is_new: false, example_message: '', example_event_id: '' },
  by_severity: { debug: 0, info: 0, warn: 1, error: 2, critical: 3 },
  ...more,
});
const answer = (more: Partial<Patterns>): Patterns => ({
  ...{ from: '1970-01-01T00:00:05.000Z', to: '1970-01-01T00:00:25.000Z', interval_ms: 10_000, patterns: [] },
  ...{ patterns_total: 0, events_read: 1_000, events_total: 1_000, events_before: 0, complete: true },
  ...more,
});

test('errors are error and critical', () => {
  expect(errorsOf(pattern({}))).toBe(5);
});

test('only the new ones, when asked for', () => {
  const both = [pattern({ id: 'old' }), pattern({ id: 'new', is_new: true })];
  expect(shownPatterns(both, false)).toEqual(both);
  expect(shownPatterns(both, true).map(({ id }) => id)).toEqual(['new']);
});

test('the trend begins at a multiple of its interval, its links end with the range', () => {
  expect(trendTimes('1970-01-01T00:00:05.000Z', 10_000, 3)).toEqual([0, 10_000, 20_000]);
  expect(trendRange(answer({}), 0)).toEqual({ from: '1970-01-01T00:00:05.000Z', to: '1970-01-01T00:00:10.000Z' });
  expect(trendRange(answer({}), 2)).toEqual({ from: '1970-01-01T00:00:20.000Z', to: '1970-01-01T00:00:25.000Z' });
});

test('an estimate says that it is one', () => {
  expect(readText(answer({}))).toBe('All 1,000 events were read.');
  expect(readText(answer({ complete: false, events_total: 5_000 }))).toMatch(/^Estimated: 1,000 of 5,000 events/);
});
