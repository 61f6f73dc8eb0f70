import { expect, test } from 'vitest';
import { type Attempt, Attempts } from './attempts.ts';

const attempt = (orgId: string | null, receiver: string, atMs: number): Attempt => ({
  ...{ atMs, orgId, receiver, remoteAddress: '127.0.0.1', path: '/x', status: 400, code: 'invalid_body' },
  ...{ reason: '', rejectedEvents: null, firstBytes: '' },
});
const timesOf = (attempts: readonly Attempt[]): number[] => attempts.map(({ atMs }) => atMs);

test('newest first, of the org, and of nobody known where that is asked for', () => {
  const attempts = new Attempts();
  attempts.note(attempt('acme', 'loki', 1));
  attempts.note(attempt('globex', 'loki', 2));
  attempts.note(attempt(null, 'loki', 3));
  attempts.note(attempt('acme', 'otlp', 4));
  expect(timesOf(attempts.list('acme', false))).toEqual([4, 1]);
  expect(timesOf(attempts.list('acme', true))).toEqual([4, 3, 1]);
  expect(timesOf(attempts.list(null, true))).toEqual([4, 3, 2, 1]);
});

test('no org, no receiver and no stranger pushes out those of another', () => {
  const attempts = new Attempts();
  attempts.note(attempt('acme', 'loki', 1));
  for (let i = 0; i < 1000; i++) {
    attempts.note(attempt('globex', 'loki', 10 + i));
    attempts.note(attempt('acme', 'otlp', 10 + i));
    attempts.note(attempt(null, 'loki', 10 + i));
  }
  expect(timesOf(attempts.list('acme', false))).toContain(1);
  expect(attempts.list('globex', false)).toHaveLength(200);
  expect(timesOf(attempts.list('globex', false))[0]).toBe(1009);
});

test('of very many orgs those without news go first', () => {
  const attempts = new Attempts();
  attempts.note(attempt('first', 'loki', 1));
  attempts.note(attempt('second', 'loki', 2));
  for (let i = 0; i < 499; i++) {
    attempts.note(attempt('first', 'loki', 10 + i));
    attempts.note(attempt(`org${i}`, 'loki', 10 + i));
  }
  expect(attempts.list('first', false)).not.toEqual([]);
  expect(attempts.list('second', false)).toEqual([]);
});
