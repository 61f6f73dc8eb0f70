import { expect, it } from 'vitest';
import { histogramOf, metricOf, stepSeconds } from './matrix.ts';

it('chooses a round step', () => {
  expect(stepSeconds(0, 3_600_000, 120)).toBe(30);
  expect(stepSeconds(0, 1000, 120)).toBe(1);
  expect(stepSeconds(0, 400 * 86_400_000, 100)).toBe(4 * 86_400);
});

it('makes series of a matrix, with gaps, the largest first', () => {
  const metric = metricOf(
    [
      {
        metric: { host: 'a"b' },
        values: [
          [60, '1'],
          [120, '3'],
        ],
      },
      {
        metric: {},
        values: [
          [60, '10'],
          [180, 'NaN'],
        ],
      },
    ],
    60,
    180,
    60,
  );
  expect(metric.times).toEqual([60_000, 120_000, 180_000]);
  expect(metric.series[0]).toEqual({ name: '{}', values: [10, null, null], last: 10, min: 10, max: 10, avg: 10 });
  expect(metric.series[1]).toMatchObject({ name: '{host="a\\"b"}', values: [1, 3, null], last: 3, avg: 2 });
  expect(metricOf([{ metric: {}, values: [] }], 0, 60, 60).series[0]).toMatchObject({ last: null, avg: null });
});

it('makes a histogram of counts by severity', () => {
  const histogram = histogramOf(
    [
      {
        metric: { severity: 'error' },
        values: [
          [60, '2'],
          [120, '1'],
        ],
      },
      {
        metric: {},
        values: [
          [120, '5'],
          [600, '9'],
        ],
      },
    ],
    0,
    120,
    60,
  );
  expect(histogram.buckets.map(({ events }) => events)).toEqual([2, 6]);
  expect(histogram.buckets[1]!.by_severity).toMatchObject({ error: 1, info: 5 });
  expect(histogram).toMatchObject({ total: 8, interval_ms: 60_000, from: '1970-01-01T00:00:00.000Z' });
});
