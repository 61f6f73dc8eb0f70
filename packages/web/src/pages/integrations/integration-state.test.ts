import { expect, test } from 'vitest';
import type { Integration } from './integration-queries.ts';
import { lagWords, replayWords, stateWords } from './integration-state.ts';

const NOW_MS = Date.parse('2026-11-21T10:00:00Z');
const STATUS: Integration['status'] = {
  state: 'idle',
  lag_events: 0,
  lag_bytes: 0,
  lag_seconds: 0,
  delivered: 0,
  rejected: 0,
  skipped: 0,
  last_error: null,
  last_delivery_at: null,
  next_attempt_at: null,
  circuit: 'closed',
};
const wordsOf = (status: Partial<Integration['status']>, disabled_reason: string | null = null) =>
  stateWords({ status: { ...STATUS, ...status }, disabled_reason }, NOW_MS);

test('a failing destination: what waits, that nothing is lost, when it is tried again, what it said', () => {
  const { label, kind, sentence } = wordsOf({
    state: 'retrying',
    lag_events: 4000,
    lag_seconds: 754.2,
    last_error: 'The destination answered 500.',
    next_attempt_at: '2026-11-21T10:00:12Z',
  });
  expect([label, kind]).toEqual(['Failing', 'warn']);
  expect(sentence).toBe(
    'The destination fails; 4,000 events wait, the oldest for 12 min 34 s, none is lost. It is tried again in 12 s. It said: The destination answered 500.',
  );
});

test('one that refuses its credentials', () => {
  expect(wordsOf({ state: 'paused', lag_events: 1, lag_seconds: 2 })).toMatchObject({
    kind: 'bad',
    sentence: expect.stringContaining('1 event waits, the oldest for 2 s. Set them anew'),
  });
});

test('one that the server disabled says why, one that a user did does not', () => {
  expect(wordsOf({ state: 'disabled' }, 'it answered 410').sentence).toContain('disabled it: it answered 410.');
  expect(wordsOf({ state: 'disabled' }).sentence).not.toContain('The server');
});

test('one that is up to date says when it last delivered', () => {
  expect(wordsOf({ last_delivery_at: '2026-11-21T09:59:57Z' }).sentence).toContain('3 s ago');
  expect(wordsOf({}).sentence).toContain('Nothing waits');
});

test('refused events are told, and one that takes nothing is in trouble', () => {
  expect(wordsOf({ delivered: 5, rejected: 1 }).sentence).toContain('It refused 1 event for good');
  expect(wordsOf({ state: 'delivering', rejected: 20 })).toMatchObject({ label: 'All refused', kind: 'bad' });
});

test('lag in a few characters', () => {
  expect(lagWords(STATUS)).toBe('none');
  expect(lagWords({ ...STATUS, lag_events: 2605, lag_seconds: 61 })).toBe('2,605 in 1 min 1 s');
});

test('a replay in words', () => {
  const replay = {
    state: 'running' as const,
    from: '',
    to: '',
    started_at: '',
    ended_at: null,
    total: 1000,
    delivered: 250,
    rejected: 2,
    reached: null,
    error: null,
  };
  expect(replayWords(replay)).toBe('Under way: 250 of 1,000 events sent, 2 refused (they are dead letters).');
  expect(replayWords({ ...replay, state: 'failed', total: null, rejected: 0, error: 'the store is away' })).toBe(
    'Failed: the store is away. 250 events sent.',
  );
});
