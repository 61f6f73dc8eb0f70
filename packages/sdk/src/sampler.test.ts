import { expect, test } from 'vitest';
import { placeOfTrace, Sampler } from './sampler.ts';
import { CRITICAL, DEBUG, ERROR, INFO } from './severity.ts';

const traces = Array.from({ length: 2_000 }, (_, i) =>
  (BigInt(i) * 0x9e3779b97f4a7c15f39cc0605cedc834n).toString(16).padStart(32, '0').slice(-32),
);

test('a share by severity is met exactly', () => {
  const sampler = new Sampler({ bySeverity: { debug: 0.25, info: 0 } });
  const kept = Array.from({ length: 1000 }, () => sampler.keeps(DEBUG, undefined)).filter(Boolean);
  expect(kept).toHaveLength(250);
  expect([sampler.keeps(INFO, undefined), sampler.keeps(ERROR, undefined)]).toEqual([false, true]);
});

test('a trace is kept by every program or by none', () => {
  const [one, other] = [new Sampler({ byTrace: 0.3 }), new Sampler({ byTrace: 0.3 })];
  const kept = traces.filter((trace) => one.keeps(INFO, trace));
  expect(kept).toEqual(traces.filter((trace) => other.keeps(DEBUG, trace)));
  expect(kept.length / traces.length).toBeCloseTo(0.3, 1);
  const fewer = traces.filter((trace) => new Sampler({ byTrace: 0.1 }).keeps(INFO, trace));
  expect(kept).toEqual(expect.arrayContaining(fewer));
});

test('errors and what has no trace are kept', () => {
  const sampler = new Sampler({ byTrace: 0 });
  expect(traces.every((trace) => sampler.keeps(CRITICAL, trace))).toBe(true);
  expect(sampler.keeps(INFO, undefined)).toBe(true);
});

test('OpenTelemetry keeps a trace by the last 56 bits of its id', () => {
  expect(placeOfTrace(`${'f'.repeat(18)}${'0'.repeat(14)}`)).toBe(0);
  expect(placeOfTrace(`${'0'.repeat(18)}8${'0'.repeat(13)}`)).toBe(0.5);
  expect(placeOfTrace('not hexadecimal')).toBeGreaterThan(0);
});

test.each([[{}], [{ byTrace: 1, bySeverity: { debug: 1 } }], [{ byTrace: 7 }]])('%j samples nothing', (options) => {
  expect(new Sampler(options).isOn).toBe(false);
});
