import { expect, test } from 'vitest';
import { type EstimateInput, estimateOf } from './estimate.ts';

const DAY_MS = 86_400_000;
const group = { startMs: 0, logType: 'app', service: 'api', severity: 'info', events: 1000, bytes: 100_000 };
const INPUT: EstimateInput = {
  volumes: [
    {
      org: 'a',
      fromMs: 0,
      groups: [group, { ...group, startMs: DAY_MS, severity: 'debug', events: 3000, bytes: 300_000 }],
    },
    { org: 'b', fromMs: 0, groups: [{ ...group, service: 'cron', events: 6000, bytes: 600_000 }] },
  ],
  days: 2,
  retentionDays: 30,
  diskBytesPerEvent: 65,
  // 36 bytes beside message and metadata.
  measured: [{ message: 'hello', metadata: { a: 1 }, event_id: '0001' }],
  rules: [],
};
const beside = JSON.stringify(INPUT.measured[0]).length - '"hello"'.length - '{"a":1}'.length;

test('a day is the mean over the days, JSON is text and what is beside it', () => {
  expect(estimateOf(INPUT)).toMatchObject({
    per_day: { events: 5000, text_bytes: 500_000, json_bytes: 500_000 + 5000 * beside },
    json_bytes_per_event: 100 + beside,
    sampled: null,
    breakdown: [
      { org: 'b', log_type: 'app', service: 'cron', events: 3000, text_bytes: 300_000 },
      { org: 'a', log_type: 'app', service: 'api', events: 2000, text_bytes: 200_000 },
    ],
  });
});

test('storage is events times days times bytes on disk; the retention asked for is a tier', () => {
  const { storage } = estimateOf({ ...INPUT, retentionDays: 14 });
  expect(storage.map(({ retention_days, bytes }) => [retention_days, bytes])).toEqual([
    [7, 5000 * 7 * 65],
    [14, 5000 * 14 * 65],
    [30, 5000 * 30 * 65],
    [90, 5000 * 90 * 65],
    [365, 5000 * 365 * 65],
  ]);
});

test('of several sampling rules the first that fits counts', () => {
  const rules = [
    { field: 'severity', value: 'debug', keep: 0.1 },
    { field: 'service', value: 'api', keep: 0 },
  ] as const;
  const { sampled, notes } = estimateOf({ ...INPUT, rules });
  // 300 of the debug events, nothing of api's others, all of cron's; over two days.
  expect(sampled).toMatchObject({ events: (300 + 6000) / 2, text_bytes: 315_000 });
  expect(notes.at(-1)).toBe('Sampling by severity=debug:0.1, service=api:0 would save 37% of the bytes.');
});

test('costs: the own storage first, then vendors by price, each with the date of its price', () => {
  const { costs } = estimateOf({ ...INPUT, retentionDays: 30 });
  expect(costs.slice(0, 2).map(({ id }) => id)).toEqual(['tailwater-disk', 'tailwater-object']);
  const vendors = costs.slice(2).map(({ usd_per_month }) => usd_per_month!);
  expect(vendors).toEqual(vendors.toSorted((a, b) => a - b));
  expect(costs.every(({ as_of, source }) => /^\d{4}-\d\d$/.test(as_of) && source.startsWith('https://'))).toBe(true);
});

test('what is not known is null, what is missing is told', () => {
  const late = { ...INPUT.volumes[0]!, groups: [{ ...group, startMs: 5 * DAY_MS }] };
  const { costs, storage, notes } = estimateOf({ ...INPUT, volumes: [late], days: 7, diskBytesPerEvent: null });
  expect(costs[0]?.usd_per_month).toBeNull();
  expect(storage[0]?.bytes).toBeNull();
  expect(notes.join(' ')).toContain('The first events are of 1970-01-06');
  const none = estimateOf({ ...INPUT, volumes: [], measured: [] });
  expect(none.per_day).toEqual({ events: 0, text_bytes: 0, json_bytes: 0 });
});
