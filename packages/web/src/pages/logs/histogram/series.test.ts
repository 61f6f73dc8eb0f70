import { expect, it } from 'vitest';
import { brushedRange, countsOf, type Histogram, histogramSeries, totalOf, zoomedOut } from './series.ts';

const at = (ms: number) => new Date(ms).toISOString();
const bucket = (time: number, warn: number, error: number) => ({
  time: at(time),
  events: warn + error,
  by_severity: { debug: 0, info: 0, warn, error, critical: 0 },
});
const histogram: Histogram = {
  from: at(60_000),
  to: at(240_000),
  interval_ms: 60_000,
  buckets: [bucket(60_000, 1, 2), bucket(120_000, 0, 0), bucket(180_000, 5, 0)],
  total: 8,
};

it('makes a series of each severity, the worst first', () => {
  const { times, series } = histogramSeries(histogram);
  expect(times).toEqual([60_000, 120_000, 180_000]);
  expect(series.map(({ name }) => name)).toEqual(['critical', 'error', 'warn', 'info', 'debug']);
  expect(series[1]!.values).toEqual([2, 0, 0]);
  expect(series[2]!.values).toEqual([1, 0, 5]);
});

it('sums buckets', () => {
  expect(countsOf(histogram)).toEqual({ debug: 0, info: 0, warn: 6, error: 2, critical: 0 });
  expect(totalOf(countsOf(histogram, 1, 2))).toBe(5);
});

it('widens a drawn stretch to whole buckets, at least one', () => {
  expect(brushedRange(histogram, 70_000, 130_000)).toEqual({ from: at(60_000), to: at(180_000) });
  expect(brushedRange(histogram, 120_000, 120_000)).toEqual({ from: at(120_000), to: at(180_000) });
});

it('zooms out around the middle, and not beyond now', () => {
  expect(zoomedOut({ fromMs: 100, toMs: 200 }, 10_000)).toEqual({ from: at(50), to: at(250) });
  expect(zoomedOut({ fromMs: 100, toMs: 200 }, 210)).toEqual({ from: at(10), to: '' });
});
