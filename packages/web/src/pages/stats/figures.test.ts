import { expect, test } from 'vitest';
import { figuresOf } from './figures.ts';

const NONE = { debug: 0, info: 0, warn: 0, error: 0, critical: 0 };
const histogram = (...buckets: Partial<typeof NONE>[]) => ({
  from: '',
  to: '',
  interval_ms: 1,
  total: buckets.reduce((sum, one) => sum + Object.values(one).reduce((a, b) => a + b, 0), 0),
  buckets: buckets.map((one) => ({ time: '', events: 0, by_severity: { ...NONE, ...one } })),
});
const value = (bytes: number) => ({ value: `${bytes}`, events: 1, errors: 0, bytes, cost: null, p95_ms: null });

test('errors are error and critical, the rate is of all events', () => {
  const found = figuresOf(histogram({ info: 6, error: 1 }, { critical: 1, warn: 2 }), undefined, undefined);
  expect(found).toEqual({ events: 10, errors: 2, errorRate: 0.2, bytes: null, services: null });
});

test('bytes are summed over log types, services counted; nothing is no rate', () => {
  const byLogType = { by: 'log_type' as const, values: [value(3), value(4)] };
  const byService = { by: 'service' as const, values: [value(3)] };
  expect(figuresOf(histogram(), byLogType, byService)).toEqual({
    events: 0,
    errors: 0,
    errorRate: 0,
    bytes: 7,
    services: 1,
  });
});
