import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Levels } from './levels.ts';
import { DEBUG, ERROR, INFO, WARN } from './severity.ts';

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

test.each([
  ['', INFO],
  ['other', INFO],
  ['agent', DEBUG],
  ['agent.tools', DEBUG],
  ['agent.tools.web', ERROR],
  ['agent.tools.web.x', ERROR],
  ['agents', INFO],
])('of %s', (logger, rank) => {
  expect(new Levels('info', { agent: 'debug', 'agent.tools.web': 'error' }).threshold(logger)).toBe(rank);
});

test('what the server says wins, and falls back when it is not said any more', () => {
  const levels = new Levels('info', { agent: 'debug' });
  levels.setRemote([{ logger: '*', level: 'warn', untilMs: null }]);
  expect([levels.threshold('agent'), levels.threshold('x')]).toEqual([WARN, WARN]);
  const { generation } = levels;
  levels.setRemote([{ logger: '*', level: 'warn', untilMs: null }]);
  expect(levels.generation).toBe(generation);
  levels.setRemote([]);
  expect([levels.threshold('agent'), levels.threshold('x')]).toEqual([DEBUG, INFO]);
  expect(levels.generation).toBeGreaterThan(generation);
});

test('levels with a time fall back by the clock', () => {
  const levels = new Levels('info', {});
  levels.setRemote([{ logger: 'a', level: 'debug', untilMs: 1_000_000 + 5_000 }]);
  levels.setOwn('b', 'error', 60_000);
  levels.setOwn('c', 'error', undefined);
  vi.advanceTimersByTime(4_999);
  expect(['a', 'b', 'c'].map((name) => levels.threshold(name))).toEqual([DEBUG, ERROR, ERROR]);
  vi.advanceTimersByTime(1);
  expect(['a', 'b', 'c'].map((name) => levels.threshold(name))).toEqual([INFO, ERROR, ERROR]);
  vi.advanceTimersByTime(60_000);
  expect(['a', 'b', 'c'].map((name) => levels.threshold(name))).toEqual([INFO, INFO, ERROR]);
});

test('a level for longer than a timer can wait', () => {
  const levels = new Levels('info', {});
  const day = 24 * 3_600_000;
  levels.setOwn('a', 'debug', 30 * day);
  vi.advanceTimersByTime(30 * day - 1);
  expect(levels.threshold('a')).toBe(DEBUG);
  vi.advanceTimersByTime(1);
  expect(levels.threshold('a')).toBe(INFO);
});
