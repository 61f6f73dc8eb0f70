import { expect, test } from 'vitest';
import { isSampled, randomHex, traceparent } from './ids.ts';

test('ids are random digits', () => {
  const ids = Array.from({ length: 100 }, () => randomHex(16));
  expect(new Set(ids).size).toBe(100);
  expect(ids.every((id) => /^[\da-f]{32}$/.test(id))).toBe(true);
});

test('traceparent is as W3C Trace Context writes it', () => {
  const trace = randomHex(16);
  expect(traceparent(trace)).toMatch(new RegExp(`^00-${trace}-[\\da-f]{16}-01$`));
});

test('a session is sampled or not, and a share of them is', () => {
  const sessions = Array.from({ length: 4_096 }, (_, i) => (i * 2 ** 20).toString(16).padStart(8, '0'));
  const share = (rate: number) => sessions.filter((id) => isSampled(id, rate)).length;
  expect([0, 0.25, 0.5, 1].map(share)).toEqual([0, 1_024, 2_048, 4_096]);
});
