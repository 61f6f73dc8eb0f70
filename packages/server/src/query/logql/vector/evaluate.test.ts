import type { Grouping, MetricExpr } from '@tailwater/schema/logql';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RangeWindows } from '../range/range-windows.ts';
import type { RangeSource } from '../series.ts';
import { evaluate } from './evaluate.ts';
import {
  agg,
  binary,
  by,
  INSTANT,
  L,
  labelsOf,
  leaf,
  literal,
  type Modifier,
  NAN,
  R,
  type Rows,
  range,
  SPECIAL,
  sourceOf,
  toRows,
  vector,
  without,
} from './test-rows.ts';

describe('evaluate', () => {
  it.each<[name: string, expr: MetricExpr, answer: number[]]>([
    ['literal', literal(2), [2, 2, 2]],
    ['folded', binary(literal(7), '>', literal(2)), [1, 1, 1]],
    ['by zero', binary(literal(7), '/', literal(0)), [NAN, NAN, NAN]],
  ])('scalar: %s', async (_name, expr, values) => {
    expect(await evaluate(expr, range(3), sourceOf({}))).toEqual({ kind: 'scalar', values });
  });

  it.each<[name: string, expr: MetricExpr, ordered: boolean, order: string[]]>([
    ['by labels', L, false, ['k=fin', 'k=nan', 'k=ninf', 'k=pinf']],
    ['sort', agg('sort', L), true, ['k=ninf', 'k=fin', 'k=pinf', 'k=nan']],
    ['sort_desc', agg('sort_desc', L), true, ['k=pinf', 'k=fin', 'k=ninf', 'k=nan']],
    ['sort inside', binary(agg('sort_desc', L), '+', literal(1)), true, ['k=pinf', 'k=fin', 'k=ninf', 'k=nan']],
    ['sort of topk', agg('sort', agg('topk', L, null, 2)), true, ['k=fin', 'k=pinf']],
    ['topk', agg('topk', L, null, 2), false, ['k=fin', 'k=pinf']],
    ['approx_topk', agg('approx_topk', L, null, 2), false, ['k=fin', 'k=pinf']],
  ])('order of an instant query: %s', async (_name, expr, ordered, order) => {
    const result = await evaluate(expr, INSTANT, sourceOf({ L: SPECIAL }));
    expect(result).toMatchObject({ kind: 'series', ordered });
    expect(toRows(result, 1).map(([text]) => text)).toEqual(order);
  });

  it('orders labels by their bytes', async () => {
    const rows = { 'a=\u{1f600}': [1], 'a=\uff5e': [1], 'a=b': [1], 'a=b,c=d': [1], 'a=B': [1] };
    const result = await evaluate(L, INSTANT, sourceOf({ L: rows }));
    expect(toRows(result, 1).map(([text]) => text)).toEqual(['a=B', 'a=b', 'a=b,c=d', 'a=\uff5e', 'a=\u{1f600}']);
  });

  it('keeps both series that label_replace makes alike', async () => {
    const rows = { 'a=1': [1, '_'], 'a=2': [2, 3] } as const;
    const expr: MetricExpr = {
      kind: 'label-replace',
      inner: L,
      destination: 'a',
      replacement: '',
      source: 'a',
      pattern: '.*',
    };
    const instant = await evaluate(expr, INSTANT, sourceOf({ L: { 'a=1': [1], 'a=2': [2] } }));
    expect(toRows(instant, 1)).toEqual([
      ['', [1]],
      ['', [2]],
    ]);
    const overTime = await evaluate(expr, range(2), sourceOf({ L: rows }));
    expect(overTime).toMatchObject({ series: [{ labels: [], steps: [0, 0, 1], values: [1, 2, 3] }] });
    await expect(evaluate(binary(L, '+', expr, { kind: 'on' }), range(2), sourceOf({ L: rows }))).rejects.toThrow(
      'found duplicate series on the right',
    );
  });

  it.each<[name: string, expr: MetricExpr, asked: (string[] | null)[]]>([
    ['sum by', agg('sum', leaf('L', 'rate'), by('b', 'a')), [['b', 'a']]],
    ['sum', agg('sum', leaf('L', 'count_over_time')), [[]]],
    ['sum by ()', agg('sum', leaf('L', 'bytes_rate'), by()), [[]]],
    ['sum inside', agg('max', agg('sum', leaf('L', 'bytes_over_time'), by('a'))), [['a']]],
    ['sum of sum_over_time', agg('sum', leaf('L', 'sum_over_time'), by('a')), [['a']]],
    ['sum without', agg('sum', leaf('L', 'rate'), without('a')), [null]],
    ['sum of max_over_time', agg('sum', leaf('L', 'max_over_time'), by('a')), [null]],
    ['avg', agg('avg', leaf('L', 'rate'), by('a')), [null]],
    ['sum of a product', agg('sum', binary(leaf('L', 'rate'), '*', literal(2)), by('a')), [null]],
    ['the same aggregation twice', binary(L, '/', binary(L, '+', R)), [null, null]],
    ['the same one, grouped otherwise', binary(agg('sum', leaf('L', 'rate')), '/', leaf('L', 'rate')), [[], null]],
  ])('groups at the source: %s', async (_name, expr, expected) => {
    const asked: (readonly string[] | null)[] = [];
    await evaluate(expr, range(2), sourceOf({}, asked));
    expect(asked).toEqual(expected);
  });

  it('asks for all range aggregations before it waits for one', async () => {
    const waiting: (() => void)[] = [];
    const source: RangeSource = {
      evaluate: () =>
        new Promise((resolve) => {
          waiting.push(() => resolve([]));
          if (waiting.length === 3) for (const go of waiting) go();
        }),
    };
    const expr = binary(agg('sum', leaf('a', 'rate')), '/', binary(leaf('b'), 'or', agg('max', leaf('c'))));
    expect(await evaluate(expr, range(2), source)).toEqual({ kind: 'series', series: [], ordered: false });
  });
});

const anyRows: fc.Arbitrary<Rows> = fc.dictionary(
  fc.constantFrom('', 'a=1', 'a=1,b=1', 'a=1,b=2', 'a=2', 'a=2,b=1', 'b=1'),
  fc
    .array(fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constant('_' as const)), { minLength: 4, maxLength: 4 })
    .filter((values) => values.some((value) => value !== '_')),
);
const anyMatching: fc.Arbitrary<Modifier> = fc.constantFrom<Modifier[]>(
  {},
  { kind: 'on', labels: ['a'] },
  { kind: 'on' },
  { kind: 'ignoring', labels: ['b'] },
);

async function rowsOf(expr: MetricExpr, left: Rows, right: Rows) {
  return toRows(await evaluate(expr, range(4), sourceOf({ L: left, R: right })), 4);
}

describe('laws', () => {
  it('of sets', async () => {
    await fc.assert(
      fc.asyncProperty(anyRows, anyRows, anyMatching, async (left, right, m) => {
        const rows = (expr: MetricExpr) => rowsOf(expr, left, right);
        // A vector is split by another into what matches and what does not.
        expect(await rows(binary(binary(L, 'and', R, m), 'or', binary(L, 'unless', R, m)))).toEqual(await rows(L));
        expect(await rows(binary(L, 'and', L, m))).toEqual(await rows(L));
        expect(await rows(binary(L, 'or', L, m))).toEqual(await rows(L));
        expect(await rows(binary(L, 'unless', L, m))).toEqual([]);
        expect(await rows(binary(L, 'unless', binary(L, 'unless', R, m)))).toEqual(await rows(binary(L, 'and', R, m)));
        expect(await rows(binary(binary(L, 'or', R, m), 'unless', binary(R, 'unless', L, m)))).toEqual(await rows(L));
      }),
      { numRuns: 200 },
    );
  });

  it('of aggregation', async () => {
    const grouping = fc.constantFrom<(Grouping | null)[]>(null, by('a'), by('b'), without('a'), without());
    await fc.assert(
      fc.asyncProperty(anyRows, grouping, fc.integer({ min: 1, max: 4 }), async (left, g, k) => {
        const rows = (expr: MetricExpr) => rowsOf(expr, left, {});
        expect(await rows(agg('sum', agg('sum', L, g), g))).toEqual(await rows(agg('sum', L, g)));
        expect(await rows(agg('max', agg('topk', L, g, k), g))).toEqual(await rows(agg('max', L, g)));
        expect(await rows(agg('min', agg('bottomk', L, g, k), g))).toEqual(await rows(agg('min', L, g)));
        // The k best and the k best of the negatives are the same.
        const negative = binary(literal(0), '-', L);
        expect(await rows(agg('sum', agg('topk', L, g, k), g))).toEqual(
          await rows(binary(literal(0), '-', agg('sum', agg('bottomk', negative, g, k), g))),
        );
        const counted = await rows(agg('count', agg('topk', L, g, k), g));
        for (const [, values] of counted) for (const value of values) expect(value === '_' || value <= k).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});

/** Real samples: a range query must give at each step what an instant query gives there. */
function sampleSource(samples: readonly { text: string; ms: number; value: number }[]): RangeSource {
  return {
    evaluate: async (expr, grid) => {
      const windows = new RangeWindows(expr, grid);
      for (const { text, ms, value } of samples)
        windows.add({ key: text, labels: labelsOf(text), error: null }, ms, 0, value);
      return windows.finish();
    },
  };
}

const anyExpr = fc.constantFrom<MetricExpr[]>(
  agg('sum', leaf('L', 'rate'), by('a')),
  agg('avg', L, without('b')),
  agg('topk', L, by('a'), 1),
  binary(L, '>', literal(2)),
  binary(agg('sum', L, by('a')), '/', agg('count', L, by('a')), {}),
  binary(L, '-', agg('max', L, by('a')), { kind: 'on', labels: ['a'], group: 'left' }),
  binary(agg('sum', leaf('L', 'count_over_time')), 'or', vector(0)),
  binary(L, 'unless', binary(L, '>', literal(1))),
);

it('a range query is an instant query at each step', async () => {
  const sample = fc.record({
    text: fc.constantFrom('a=1,b=1', 'a=1,b=2', 'a=2,b=1'),
    ms: fc.integer({ min: 0, max: 8000 }),
    value: fc.double({ min: -5, max: 5, noNaN: true }),
  });
  await fc.assert(
    fc.asyncProperty(
      anyExpr,
      fc.uniqueArray(sample, { maxLength: 30, selector: ({ text, ms }) => text + ms }),
      async (expr, samples) => {
        const source = sampleSource(samples);
        const grid = { startMs: 1000, endMs: 8000, stepMs: 700 };
        const whole = toRows(await evaluate(expr, grid, source), 11);
        for (let step = 0; step < 11; step++) {
          const at = grid.startMs + step * grid.stepMs;
          const single = toRows(await evaluate(expr, { startMs: at, endMs: at, stepMs: 0 }, source), 1);
          const expected = whole.filter(([, values]) => values[step] !== '_');
          expect(single.map(([text]) => text)).toEqual(expected.map(([text]) => text));
          single.forEach(([, [value]], i) => {
            expect(value).toBeCloseTo(Number(expected[i]![1][step]), 9);
          });
        }
      },
    ),
    { numRuns: 60 },
  );
});
