import { expect, test } from 'vitest';
import { histogramQuery } from './histogram-sql.ts';
import type { Condition } from './plan.ts';

const HOUR_NS = 3_600_000_000_000n;
const scope = (fromNs: bigint, toNs: bigint, condition: Condition | null = null) => ({
  orgId: 'acme',
  range: { fromNs, toNs },
  condition,
});
const service: Condition = { kind: 'field', column: 'service', values: ["x'"] };
const words: Condition = { kind: 'words', words: ['x'] };

/** The tables that are read, in their order. */
const tables = (from: bigint, to: bigint, intervalS: number, condition: Condition | null = null) =>
  [...histogramQuery(scope(from, to, condition), { intervalS }).sql.matchAll(/FROM tailwater\.(\w+)/g)].map(
    ([, table]) => table,
  );

test('buckets of hours: full hours come from the view, the rest from the events', () => {
  expect(tables(0n, 5n * HOUR_NS, 3_600)).toEqual(['events_hourly']);
  expect(tables(1n, 5n * HOUR_NS + 1n, 7_200)).toEqual(['events', 'events_hourly', 'events']);
  expect(tables(0n, 5n * HOUR_NS, 3_600, { kind: 'not', condition: service })).toEqual(['events_hourly']);
});

test('what the view does not know comes from the events', () => {
  expect(tables(0n, 5n * HOUR_NS, 1_800)).toEqual(['events']);
  expect(tables(0n, 5n * HOUR_NS, 3_600, words)).toEqual(['events']);
  expect(tables(0n, 5n * HOUR_NS, 3_600, { kind: 'and', conditions: [service, words] })).toEqual(['events']);
  expect(tables(1n, HOUR_NS + 5n, 3_600)).toEqual(['events']);
});

test('values are parameters', () => {
  const { sql, params } = histogramQuery(scope(0n, 3n * HOUR_NS, service), { intervalS: 3_600 });
  expect(sql).not.toContain("x'");
  expect(Object.values(params)).toContain("x'");
});
