import type { RangeAggregation, RangeOp } from '@tailwater/schema/logql';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PermanentError } from '../../../runtime/errors.ts';
import type { Series } from '../pipeline/types.ts';
import { type StepGrid, type StepSeries, stepCount } from '../series.ts';
import { RangeWindows } from './range-windows.ts';
import { bucketBaseMs, bucketWidthMs, slideBuckets } from './slide-buckets.ts';
import type { BucketRow } from './types.ts';

interface Sample {
  series: Series;
  ms: number;
  ns: number;
  value: number;
}

const A: Series = { key: 'a', labels: [['app', 'a']], error: null };
const B: Series = { key: 'b', labels: [['app', 'b']], error: null };

const UNWRAPPED: readonly RangeOp[] = [
  'sum_over_time',
  'rate',
  'avg_over_time',
  'min_over_time',
  'max_over_time',
  'stddev_over_time',
  'stdvar_over_time',
  'first_over_time',
  'last_over_time',
  'quantile_over_time',
  'rate_counter',
];
const LINES: readonly RangeOp[] = ['count_over_time', 'rate', 'bytes_over_time', 'bytes_rate', 'absent_over_time'];

function leaf(op: RangeOp, unwrap: boolean, rangeMs: number, offsetMs = 0, parameter: number | null = null) {
  const log = { kind: 'log' as const, selector: [{ name: 'app', op: '=' as const, value: 'a' }], stages: [] };
  const range = { log, rangeMs, offsetMs, unwrap: unwrap ? { label: 'v', conversion: null, filters: [] } : null };
  return { kind: 'range-aggregation', op, parameter, range, grouping: null } satisfies RangeAggregation;
}

function run(expr: RangeAggregation, grid: StepGrid, samples: readonly Sample[]): StepSeries[] {
  const windows = new RangeWindows(expr, grid);
  for (const { series, ms, ns, value } of samples) windows.add(series, ms, ns, value);
  return windows.finish();
}

/** One value a step, `_` where there is none. */
function row(series: StepSeries | undefined, steps: number): (number | '_')[] {
  const result: (number | '_')[] = Array.from({ length: steps }, () => '_');
  series?.steps.forEach((step, i) => {
    result[step] = series.values[i]!;
  });
  return result;
}

/** Samples of one series as `seconds: value`. */
function seconds(values: Record<number, number>): Sample[] {
  return Object.entries(values).map(([at, value]) => ({ series: A, ms: Number(at) * 1000, ns: 0, value }));
}

function grid(start: number, end: number, step: number): StepGrid {
  return { startMs: start * 1000, endMs: end * 1000, stepMs: step * 1000 };
}

const { NaN: NAN, POSITIVE_INFINITY: INF } = Number;

type Case = [name: string, expr: RangeAggregation, grid: StepGrid, samples: Sample[], expected: (number | '_')[]];

const ramp = seconds({ 10: 1, 20: 2, 30: 3, 40: 4, 50: 5, 110: 6 });
const counter = seconds({ 90: 410, 120: 440, 150: 470, 180: 560, 210: 590, 240: 650 });
const S = 1000;

const CASES: Case[] = [
  ['count: left edge excluded', leaf('count_over_time', false, 30 * S), grid(40, 60, 10), ramp, [3, 3, 2]],
  ['count: offset', leaf('count_over_time', false, 20 * S, 30 * S), grid(60, 120, 30), ramp, [2, 1, '_']],
  ['count: negative offset', leaf('count_over_time', false, 20 * S, -30 * S), grid(0, 60, 30), ramp, [2, 1, '_']],
  ['count: gap between windows', leaf('count_over_time', false, 5 * S), grid(25, 50, 25), ramp, ['_', 1]],
  ['rate of lines ignores values', leaf('rate', false, 10 * S), grid(20, 30, 10), ramp, [0.1, 0.1]],
  ['rate of values', leaf('rate', true, 20 * S), grid(20, 40, 10), ramp, [0.15, 0.25, 0.35]],
  ['rate below a second', leaf('rate', false, 500), { startMs: 20_000, endMs: 20_000, stepMs: 0 }, ramp, [2]],
  ['bytes', leaf('bytes_over_time', false, 20 * S), grid(20, 40, 20), ramp, [3, 7]],
  ['bytes_rate', leaf('bytes_rate', false, 20 * S), grid(20, 40, 20), ramp, [0.15, 0.35]],
  ['sum', leaf('sum_over_time', true, 60 * S), grid(60, 120, 30), ramp, [15, 9, 6]],
  ['avg', leaf('avg_over_time', true, 60 * S), grid(60, 120, 30), ramp, [3, 4.5, 6]],
  [
    'avg of huge values',
    leaf('avg_over_time', true, 60 * S),
    grid(60, 60, 0),
    seconds({ 1: 1.7e308, 2: 1.7e308 }),
    [1.7e308],
  ],
  ['avg: Inf stays', leaf('avg_over_time', true, 9 * S), grid(9, 9, 0), seconds({ 1: 1, 2: INF, 3: 5, 4: INF }), [INF]],
  ['avg: Inf and −Inf', leaf('avg_over_time', true, 9 * S), grid(9, 9, 0), seconds({ 1: INF, 2: -INF }), [NAN]],
  [
    'min skips NaN',
    leaf('min_over_time', true, 3 * S),
    grid(3, 9, 3),
    seconds({ 1: NAN, 2: 2, 3: 1, 5: NAN }),
    [1, NAN, '_'],
  ],
  [
    'max skips NaN',
    leaf('max_over_time', true, 3 * S),
    grid(3, 9, 3),
    seconds({ 1: 2, 2: NAN, 3: 1, 5: NAN }),
    [2, NAN, '_'],
  ],
  [
    'NaN and Inf leave',
    leaf('sum_over_time', true, 2 * S),
    grid(1, 6, 1),
    seconds({ 1: NAN, 2: INF, 4: 3, 5: 1e-9 }),
    [NAN, NAN, INF, 3, 3 + 1e-9, 1e-9],
  ],
  [
    'a big value leaves nothing',
    leaf('sum_over_time', true, 2 * S),
    grid(2, 5, 1),
    seconds({ 1: 1e300, 2: 1, 3: 2, 5: 4 }),
    [1e300, 3, 2, 4],
  ],
  [
    'stdvar of big values',
    leaf('stdvar_over_time', true, 9 * S),
    grid(9, 9, 0),
    seconds({ 1: 1e9, 2: 1e9 + 1, 3: 1e9 + 2 }),
    [2 / 3],
  ],
  ['stddev', leaf('stddev_over_time', true, 60 * S), grid(60, 60, 0), ramp, [Math.SQRT2]],
  ['stddev of one', leaf('stddev_over_time', true, 10 * S), grid(10, 10, 0), ramp, [0]],
  ['stdvar of Inf', leaf('stdvar_over_time', true, 9 * S), grid(9, 9, 0), seconds({ 1: INF }), [NAN]],
  ['first', leaf('first_over_time', true, 20 * S, 30 * S), grid(60, 120, 30), ramp, [2, 5, '_']],
  ['first keeps NaN', leaf('first_over_time', true, 9 * S), grid(9, 9, 0), seconds({ 1: NAN, 2: 2 }), [NAN]],
  ['last', leaf('last_over_time', true, 20 * S, 30 * S), grid(60, 120, 30), ramp, [3, 5, '_']],
  ['quantile 0', leaf('quantile_over_time', true, 60 * S, 0, 0), grid(60, 60, 0), ramp, [1]],
  ['quantile 1', leaf('quantile_over_time', true, 60 * S, 0, 1), grid(60, 60, 0), ramp, [5]],
  ['quantile between', leaf('quantile_over_time', true, 60 * S, 0, 0.4), grid(60, 60, 0), ramp, [2.6]],
  ['quantile slides', leaf('quantile_over_time', true, 15 * S, 0, 0.5), grid(50, 110, 30), ramp, [4.5, '_', 6]],
  ['quantile above 1', leaf('quantile_over_time', true, 60 * S, 0, 1.5), grid(60, 60, 0), ramp, [INF]],
  ['quantile below 0', leaf('quantile_over_time', true, 60 * S, 0, -1), grid(60, 60, 0), ramp, [-INF]],
  [
    'quantile: NaN is lowest',
    leaf('quantile_over_time', true, 9 * S, 0, 0.5),
    grid(9, 9, 0),
    seconds({ 1: 3, 2: NAN, 3: 1 }),
    [1],
  ],
  ['counter: both sides to the edge', leaf('rate_counter', true, 60 * S), grid(60, 240, 60), counter, ['_', 1, 3, 2]],
  ['counter: one sample is 0', leaf('rate_counter', true, 10 * S), grid(90, 90, 0), counter, [0]],
  [
    'counter: resets add back',
    leaf('rate_counter', true, 120 * S),
    grid(150, 150, 0),
    seconds({ 60: 60, 90: 90, 120: 30, 150: 60 }),
    [1],
  ],
  [
    'counter: not before zero',
    leaf('rate_counter', true, 60 * S),
    grid(105, 135, 30),
    seconds({ 75: 30, 105: 90, 135: 150 }),
    [1.5, 2],
  ],
  [
    'counter: half a gap to a far edge',
    leaf('rate_counter', true, 90 * S),
    grid(180, 210, 30),
    seconds({ 150: 600, 180: 660 }),
    [1, 2],
  ],
  [
    'counter: gap first, then zero',
    leaf('rate_counter', true, 90 * S),
    grid(210, 210, 0),
    seconds({ 180: 40, 210: 100 }),
    [1],
  ],
  ['absent', leaf('absent_over_time', false, 60 * S), grid(60, 240, 60), seconds({ 130: 1, 200: 1 }), [1, 1, '_', '_']],
  ['absent: nothing at all', leaf('absent_over_time', false, 60 * S), grid(60, 180, 60), [], [1, 1, 1]],
];

describe('RangeWindows', () => {
  it.each(CASES)('%s', (_name, expr, over, samples, expected) => {
    const [series, more] = run(expr, over, samples);
    expect(more).toBeUndefined();
    const actual = row(series, stepCount(over));
    expect(actual.length).toBe(expected.length);
    for (const [i, value] of actual.entries()) expectClose(value, expected[i]!);
  });

  it('takes nanoseconds into account at both edges', () => {
    const at = (ms: number, ns: number): Sample => ({ series: A, ms, ns, value: 1 });
    const edges = [at(1000, 0), at(1000, 1), at(1999, 999_999), at(2000, 0), at(2000, 1)];
    expect(run(leaf('count_over_time', false, 1000), grid(2, 3, 1), edges)).toEqual([
      { labels: A.labels, steps: [0, 1], values: [3, 1] },
    ]);
    const tiny = run(leaf('count_over_time', false, 0.000_002), { startMs: 1000, endMs: 1000, stepMs: 0 }, [
      at(999, 999_997),
      at(999, 999_998),
      at(999, 999_999),
      at(1000, 0),
    ]);
    expect(tiny[0]?.values).toEqual([2]);
  });

  it('gives no series without samples in a window, and tells series by key', () => {
    const samples = [
      ...seconds({ 10: 1 }),
      { series: { ...A }, ms: 11_000, ns: 0, value: 1 },
      { ...seconds({ 99: 1 })[0]!, series: B },
    ];
    expect(run(leaf('count_over_time', false, 10_000), grid(15, 15, 0), samples)).toEqual([
      { labels: A.labels, steps: [0], values: [2] },
    ]);
  });

  it('tells which times no window has', () => {
    const windows = new RangeWindows(leaf('count_over_time', false, 1000), grid(10, 20, 5));
    const covered = [9000, 9001, 10_000, 10_001, 14_001, 20_000, 20_001].filter((ms) => windows.covers(ms, 0));
    expect(covered).toEqual([9001, 10_000, 14_001, 20_000]);
  });

  it.each(['count_over_time', 'quantile_over_time'] as const)('holds a limited number of samples: %s', (op) => {
    const windows = new RangeWindows(leaf(op, true, 10_000, 0, 0.5), grid(10, 20, 1), 3);
    const fill = () => {
      for (let i = 1; i < 10; i++) windows.add(A, i * 1000 + 500, 0, i);
    };
    expect(fill).toThrow(PermanentError);
    expect(fill).toThrow('the query would hold too many samples (limit: 3)');
  });
});

function expectClose(actual: number | '_', expected: number | '_'): void {
  if (typeof actual !== 'number' || typeof expected !== 'number' || !Number.isFinite(expected)) {
    expect(actual).toBe(expected);
    return;
  }
  const tolerance = Math.max(1e-9 * Math.abs(expected), 1e-9);
  expect(Math.abs(actual - expected), `${actual} is not ${expected}`).toBeLessThanOrEqual(tolerance);
}

// The definition of each operation, on the samples of one window in order of time.

function byDefinition(expr: RangeAggregation, samples: readonly Sample[], endMs: number): number {
  const values = samples.map(({ value }) => value);
  const sum = values.reduce((total, value) => total + value, 0);
  const mean = values.reduce((total, value) => total + value / values.length, 0);
  const secondsLong = expr.range.rangeMs / 1000;
  switch (expr.op) {
    case 'count_over_time':
      return values.length;
    case 'rate':
      return (expr.range.unwrap === null ? values.length : sum) / secondsLong;
    case 'bytes_rate':
      return sum / secondsLong;
    case 'bytes_over_time':
    case 'sum_over_time':
      return sum;
    case 'avg_over_time':
      return mean;
    case 'min_over_time':
      return Math.min(...values);
    case 'max_over_time':
      return Math.max(...values);
    case 'stdvar_over_time':
      return values.reduce((total, value) => total + (value - mean) ** 2, 0) / values.length;
    case 'stddev_over_time':
      return Math.sqrt(values.reduce((total, value) => total + (value - mean) ** 2, 0) / values.length);
    case 'first_over_time':
      return values[0]!;
    case 'last_over_time':
      return values[values.length - 1]!;
    case 'quantile_over_time':
      return quantile(expr.parameter!, values);
    case 'rate_counter':
      return counterRate(samples, endMs, secondsLong);
    case 'absent_over_time':
      return 1;
  }
}

function quantile(q: number, values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = q * (sorted.length - 1);
  const upper = Math.min(sorted.length - 1, Math.floor(rank) + 1);
  return sorted[Math.floor(rank)]! + (sorted[upper]! - sorted[Math.floor(rank)]!) * (rank % 1);
}

function counterRate(samples: readonly Sample[], endMs: number, secondsLong: number): number {
  if (samples.length < 2) return 0;
  // One division at the end: seconds that are added round otherwise than milliseconds do, just at the threshold.
  const times = samples.map(({ ms, ns }) => (ms - endMs + ns / 1e6 + secondsLong * 1000) / 1000);
  let increase = samples.at(-1)!.value - samples[0]!.value;
  for (let i = 1; i < samples.length; i++)
    if (samples[i]!.value < samples[i - 1]!.value) increase += samples[i - 1]!.value;
  const [first, last] = [samples[0]!, samples.at(-1)!];
  const span = (last.ms - first.ms + (last.ns - first.ns) / 1e6) / 1000;
  const gap = span / (samples.length - 1);
  let left = times[0]! < gap * 1.1 ? times[0]! : gap / 2;
  const toEnd = (endMs - samples.at(-1)!.ms - samples.at(-1)!.ns / 1e6) / 1000;
  const right = toEnd < gap * 1.1 ? toEnd : gap / 2;
  if (increase > 0) left = Math.min(left, (span * samples[0]!.value) / increase);
  return (increase * (span + left + right)) / span / secondsLong;
}

function bruteForce(expr: RangeAggregation, over: StepGrid, samples: readonly Sample[]): Map<string, (number | '_')[]> {
  const result = new Map<string, (number | '_')[]>();
  const steps = stepCount(over);
  const sorted = [...samples].sort((a, b) => a.ms - b.ms || a.ns - b.ns);
  for (let step = 0; step < steps; step++) {
    const endMs = over.startMs + step * over.stepMs - expr.range.offsetMs;
    const startMs = endMs - expr.range.rangeMs;
    const inside = sorted.filter(
      ({ ms, ns }) => (ms > startMs || (ms === startMs && ns > 0)) && (ms < endMs || (ms === endMs && ns === 0)),
    );
    const groups = Map.groupBy(inside, ({ series }) => series.key);
    if (expr.op === 'absent_over_time') {
      groups.clear();
      if (inside.length === 0) groups.set('a', []);
    }
    for (const [key, members] of groups) {
      if (!result.has(key)) result.set(key, row(undefined, steps));
      result.get(key)![step] = byDefinition(expr, members, endMs);
    }
  }
  return result;
}

function asRows(series: readonly StepSeries[], steps: number): Map<string, (number | '_')[]> {
  return new Map(series.map((one) => [one.labels[0]![1], row(one, steps)]));
}

function expectRows(actual: Map<string, (number | '_')[]>, expected: Map<string, (number | '_')[]>): void {
  expect([...actual.keys()].sort()).toEqual([...expected.keys()].sort());
  for (const [key, values] of expected) {
    for (const [i, value] of values.entries()) expectClose(actual.get(key)![i]!, value);
  }
}

const anySample: fc.Arbitrary<Sample> = fc.record({
  series: fc.constantFrom(A, B),
  ms: fc.integer({ min: 0, max: 200 }),
  ns: fc.constantFrom(0, 0, 1, 999_999),
  value: fc.integer({ min: 0, max: 1000 }),
});
/** No two samples of a series at one time, where their order would decide. */
const anySamples = fc.uniqueArray(anySample, {
  maxLength: 60,
  selector: ({ series, ms, ns }) => `${series.key}${ms},${ns}`,
});
const anyGrid: fc.Arbitrary<StepGrid> = fc
  .record({
    startMs: fc.integer({ min: 0, max: 150 }),
    steps: fc.integer({ min: 1, max: 20 }),
    stepMs: fc.integer({ min: 0, max: 40 }),
  })
  .map(({ startMs, steps, stepMs }) => ({ startMs, endMs: startMs + (steps - 1) * stepMs, stepMs }));
const anyLeaf: fc.Arbitrary<RangeAggregation> = fc
  .record({
    op: fc.constantFrom(...UNWRAPPED.map((op) => [op, true] as const), ...LINES.map((op) => [op, false] as const)),
    rangeMs: fc.integer({ min: 1, max: 120 }),
    offsetMs: fc.integer({ min: -50, max: 50 }),
    q: fc.constantFrom(0, 0.1, 0.5, 0.95, 1),
  })
  .map(({ op: [op, unwrap], rangeMs, offsetMs, q }) =>
    leaf(op, unwrap, rangeMs, offsetMs, op === 'quantile_over_time' ? q : null),
  );

describe('windows of any samples', () => {
  it('are as defined, in whatever order samples come', () => {
    fc.assert(
      fc.property(anyLeaf, anyGrid, anySamples, (expr, over, samples) => {
        const expected = bruteForce(expr, over, samples);
        const steps = stepCount(over);
        expectRows(asRows(run(expr, over, samples), steps), expected);
        const inOrder = [...samples].sort((a, b) => a.ms - b.ms || a.ns - b.ns);
        expectRows(asRows(run(expr, over, inOrder), steps), expected);
      }),
      { numRuns: 600 },
    );
  });

  it('are those of an instant query at each step', () => {
    fc.assert(
      fc.property(anyLeaf, anyGrid, anySamples, (expr, over, samples) => {
        const steps = stepCount(over);
        const whole = asRows(run(expr, over, samples), steps);
        for (let step = 0; step < steps; step++) {
          const at = over.startMs + step * over.stepMs;
          const single = asRows(run(expr, { startMs: at, endMs: at, stepMs: 0 }, samples), 1);
          for (const [key, values] of whole) expectClose(single.get(key)?.[0] ?? '_', values[step]!);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('are the same from buckets', () => {
    fc.assert(
      fc.property(anyLeaf, anyGrid, anySamples, (expr, over, samples) => {
        const width = bucketWidthMs(expr, over);
        if (width === null) {
          expect(['quantile_over_time', 'rate_counter']).toContain(expr.op);
          return;
        }
        const buckets = slideBuckets(expr, over, width, toBuckets(expr, over, width, samples));
        const steps = stepCount(over);
        expectRows(asRows(buckets, steps), asRows(run(expr, over, samples), steps));
      }),
      { numRuns: 400 },
    );
  });
});

it.each<[op: RangeOp, expected: number]>([
  ['first_over_time', 1],
  ['last_over_time', 4],
  ['avg_over_time', 2.5],
])('rows of one series and bucket are merged: %s', (op, expected) => {
  const rows = [3, 1, 4, 2].map((value) => ({ series: A, bucket: 1, count: 1, value, m2: 0, order: value }));
  const over = { startMs: 1000, endMs: 1000, stepMs: 0 };
  expect(slideBuckets(leaf(op, true, 1000), over, 1000, rows)[0]?.values).toEqual([expected]);
});

function toBuckets(expr: RangeAggregation, over: StepGrid, widthMs: number, samples: readonly Sample[]): BucketRow[] {
  const baseMs = bucketBaseMs(expr, over);
  const sorted = [...samples]
    .sort((a, b) => a.ms - b.ms || a.ns - b.ns)
    .filter(({ ms, ns }) => ms > baseMs || (ms === baseMs && ns > 0));
  const bucketOf = ({ ms, ns }: Sample) => Math.ceil((ms - baseMs + (ns > 0 ? 0.5 : 0)) / widthMs);
  const groups = Map.groupBy(sorted, (sample) => `${sample.series.key}${bucketOf(sample)}`);
  return [...groups.values()].map((members) => {
    const [first] = members;
    const value = byDefinition(valueOp(expr), members, 0);
    const m2 = byDefinition(leaf('stdvar_over_time', true, 1), members, 0) * members.length;
    return { series: first!.series, bucket: bucketOf(first!), count: members.length, value, m2 };
  });
}

/** The operation that BucketRow.value asks for. */
function valueOp(expr: RangeAggregation): RangeAggregation {
  if (expr.op === 'rate' || expr.op === 'bytes_rate') return leaf('sum_over_time', true, 1);
  if (expr.op === 'stddev_over_time' || expr.op === 'stdvar_over_time') return leaf('avg_over_time', true, 1);
  return expr;
}
