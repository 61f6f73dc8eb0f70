/** Random LogQL queries for property tests, as syntax trees that the parser could have made. */

import fc from 'fast-check';
import {
  type BinaryOp,
  type CompareOp,
  type Expr,
  type Grouping,
  type LabelFilter,
  type LabelFormat,
  type LabelTarget,
  type LineFilterOp,
  type LogExpr,
  type LogRange,
  type Matcher,
  type MetricExpr,
  RANGE_OPS,
  type RangeAggregation,
  type Stage,
  type Unwrap,
  VECTOR_OPS,
  type VectorMatching,
} from './ast.ts';
import { rangeFault } from './validate.ts';

/** What queries are made of. Twin tests pass the names and values that their data has. */
export interface Vocabulary {
  labels: fc.Arbitrary<string>;
  values: fc.Arbitrary<string>;
  /** Texts to look for in lines. */
  texts: fc.Arbitrary<string>;
  regexps: fc.Arbitrary<string>;
  /** Ranges and offsets. */
  durationsMs: fc.Arbitrary<number>;
}

export const ANY_VOCABULARY: Vocabulary = {
  labels: fc.constantFrom('app', 'env', 'level', 'status', 'trace_id', '_x', 'sum', 'rate', 'bytes', 'ip', 'Größe'),
  values: fc.oneof(fc.constantFrom('web', 'prod', '500', ''), fc.string({ unit: 'grapheme', maxLength: 8 })),
  texts: fc.oneof(
    fc.constantFrom('error', 'GET /', 'a"b\\c', '`', '\n\t\0', '日本'),
    fc.string({ unit: 'binary', maxLength: 8 }),
  ),
  regexps: fc.constantFrom('.+', 'a|b', '(?i)err.*', '\\d{3}', '[^"`]+', ''),
  durationsMs: fc.oneof(
    fc.constantFrom(60_000, 300_000, 3_600_000, 86_400_000, 604_800_000),
    fc.integer({ min: 1, max: 2 ** 31 }),
  ),
};

const COMPARE_OPS: readonly CompareOp[] = ['==', '!=', '>', '>=', '<', '<='];
const ADDRESSES = ['10.0.0.1', '10.0.0.0/8', '10.0.0.1-10.0.0.9', '::1', '2001:db8::/32'];
const PATTERNS = ['<a> <_>', '<ip> - "<method> <path>"', 'x<_>y<b>'];
const FILTER_PATTERNS = ['<_> error <_>', 'GET <_>', '', 'plain'];
const TEMPLATES = ['{{.app}}', '{{ .status | lower }} "x"', '', 'plain\n'];

function matcher(words: Vocabulary): fc.Arbitrary<Matcher> {
  return fc.oneof(
    fc.record({ name: words.labels, op: fc.constantFrom('=' as const, '!=' as const), value: words.values }),
    fc.record({ name: words.labels, op: fc.constantFrom('=~' as const, '!~' as const), value: words.regexps }),
  );
}

/** A selector that Loki accepts: its first matcher is not met by streams without the label. */
export function selectorArbitrary(words: Vocabulary): fc.Arbitrary<Matcher[]> {
  const value = words.values.filter((text) => text !== '');
  const first = fc.record({ name: words.labels, op: fc.constant('=' as const), value });
  return fc.tuple(first, fc.array(matcher(words), { maxLength: 2 })).map(([head, rest]) => [head, ...rest]);
}

function lineFilter(words: Vocabulary): fc.Arbitrary<Stage> {
  const text = words.texts.map((value) => ({ kind: 'text' as const, value }));
  const ip = fc.constantFrom(...ADDRESSES).map((value) => ({ kind: 'ip' as const, value }));
  const regexp = words.regexps.map((value) => ({ kind: 'text' as const, value }));
  const pattern = fc.constantFrom(...FILTER_PATTERNS).map((value) => ({ kind: 'text' as const, value }));
  const filter = (op: LineFilterOp, arg: fc.Arbitrary<{ kind: 'text' | 'ip'; value: string }>): fc.Arbitrary<Stage> =>
    fc
      .array(arg, { minLength: 1, maxLength: op.startsWith('|') ? 3 : 1 })
      .map((args) => ({ kind: 'line-filter', op, args }));
  return fc.oneof(
    filter('|=', fc.oneof({ weight: 4, arbitrary: text }, ip)),
    filter('!=', fc.oneof({ weight: 4, arbitrary: text }, ip)),
    filter('|~', regexp),
    filter('!~', regexp),
    filter('|>', pattern),
    filter('!>', pattern),
  );
}

function labelFilter(words: Vocabulary): fc.Arbitrary<LabelFilter> {
  const name = words.labels;
  const op = fc.constantFrom(...COMPARE_OPS);
  const duration = fc.constantFrom<[string, number]>(
    ['5m', 300],
    ['1.5s', 1.5],
    ['1h15m30.9s', 4530.9],
    ['1d', 86_400],
    ['-3µs', -3e-6],
  );
  const bytes = fc.constantFrom<[string, number]>(
    ['5kB', 5000],
    ['1MiB', 1_048_576],
    ['0B', 0],
    ['1.5GB', 1_500_000_000],
    ['5PB', 5e15],
  );
  const leaf: fc.Arbitrary<LabelFilter> = fc.oneof(
    matcher(words).map((inner) => ({ kind: 'matcher' as const, matcher: inner })),
    fc.record({ kind: fc.constant('number' as const), name, op, value: numberArbitrary() }),
    fc
      .tuple(name, op, duration)
      .map(([label, sign, [text, seconds]]) => ({ kind: 'duration' as const, name: label, op: sign, seconds, text })),
    fc
      .tuple(name, op, bytes)
      .map(([label, sign, [text, size]]) => ({ kind: 'bytes' as const, name: label, op: sign, bytes: size, text })),
    fc.record({
      kind: fc.constant('ip' as const),
      name,
      op: fc.constantFrom('=' as const, '!=' as const),
      value: fc.constantFrom(...ADDRESSES),
    }),
  );
  return fc.letrec<{ filter: LabelFilter }>((tie) => ({
    filter: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      { weight: 3, arbitrary: leaf },
      {
        weight: 1,
        arbitrary: fc.record({
          kind: fc.constantFrom('and' as const, 'or' as const),
          left: tie('filter'),
          right: tie('filter'),
        }),
      },
    ),
  })).filter;
}

/** Numbers that have a literal: neither NaN nor infinite, and no negative zero. */
function numberArbitrary(): fc.Arbitrary<number> {
  const any = fc.oneof(fc.integer({ min: -1000, max: 1000 }), fc.double({ noNaN: true, noDefaultInfinity: true }));
  return any.map((value) => (Object.is(value, -0) ? 0 : value));
}

export function stageArbitrary(words: Vocabulary): fc.Arbitrary<Stage> {
  const name = words.labels;
  const template = fc.constantFrom(...TEMPLATES);
  const extraction = fc.record({ name, expression: fc.constantFrom('a', 'a.b["c d"][0]', '["x"]', '[3].y') });
  const key = fc.record({ name, expression: fc.constantFrom('a', 'msg', '"level"') });
  const format: fc.Arbitrary<LabelFormat> = fc.oneof(
    fc.record({ kind: fc.constant('rename' as const), name, source: name }),
    fc.record({ kind: fc.constant('template' as const), name, template }),
  );
  const target: fc.Arbitrary<LabelTarget> = fc.oneof(
    name.map((label) => ({ name: label, matcher: null })),
    matcher(words).map((inner) => ({ name: inner.name, matcher: inner })),
  );
  const targets = fc.array(target, { minLength: 1, maxLength: 3 });
  return fc.oneof(
    { weight: 4, arbitrary: lineFilter(words) },
    { weight: 4, arbitrary: labelFilter(words).map((filter) => ({ kind: 'label-filter' as const, filter })) },
    fc.record({ kind: fc.constant('json' as const), extractions: fc.array(extraction, { maxLength: 2 }) }),
    fc.record({
      kind: fc.constant('logfmt' as const),
      strict: fc.boolean(),
      keepEmpty: fc.boolean(),
      extractions: fc.array(key, { maxLength: 2 }),
    }),
    fc.constantFrom<Stage>(
      { kind: 'regexp', pattern: '(?P<a>\\w+) (?P<b>.*)' },
      { kind: 'unpack' },
      { kind: 'decolorize' },
    ),
    fc.record({ kind: fc.constant('pattern' as const), pattern: fc.constantFrom(...PATTERNS) }),
    fc.record({ kind: fc.constant('line-format' as const), template }),
    fc.record({
      kind: fc.constant('label-format' as const),
      formats: fc.uniqueArray(format, { minLength: 1, maxLength: 3, selector: (item) => item.name }),
    }),
    fc.record({ kind: fc.constantFrom('drop' as const, 'keep' as const), targets }),
  );
}

export function logArbitrary(words: Vocabulary = ANY_VOCABULARY): fc.Arbitrary<LogExpr> {
  return fc.record({
    kind: fc.constant('log' as const),
    selector: selectorArbitrary(words),
    stages: fc.array(stageArbitrary(words), { maxLength: 4 }).map(withoutLostFilters),
  });
}

/** `| drop a != "x"` is a matcher of the drop and never a line filter behind it, so no text says the latter. */
function withoutLostFilters(stages: Stage[]): Stage[] {
  const kept: Stage[] = [];
  for (const stage of stages) {
    const before = kept.at(-1);
    const open = (before?.kind === 'drop' || before?.kind === 'keep') && before.targets.at(-1)?.matcher === null;
    if (!open || stage.kind !== 'line-filter' || (stage.op !== '!=' && stage.op !== '!~')) kept.push(stage);
  }
  return kept;
}

function grouping(words: Vocabulary): fc.Arbitrary<Grouping> {
  return fc.record({
    kind: fc.constantFrom('by' as const, 'without' as const),
    labels: fc.uniqueArray(words.labels, { maxLength: 2 }),
  });
}

function rangeAggregation(words: Vocabulary): fc.Arbitrary<RangeAggregation> {
  const unwrap: fc.Arbitrary<Unwrap> = fc.record({
    label: words.labels,
    conversion: fc.constantFrom(null, 'bytes' as const, 'duration' as const, 'duration_seconds' as const),
    filters: fc.array(labelFilter(words), { maxLength: 1 }),
  });
  const range: fc.Arbitrary<LogRange> = fc.record({
    log: logArbitrary(words),
    rangeMs: words.durationsMs,
    offsetMs: fc.oneof(fc.constant(0), words.durationsMs, fc.constant(-60_000)),
    unwrap: fc.option(unwrap),
  });
  const quantile = fc.constantFrom(0, 0.5, 0.95, 0.99, 1);
  return fc
    .tuple(fc.constantFrom(...RANGE_OPS), range, fc.option(grouping(words)), quantile)
    .map(([op, over, groups, parameter]): RangeAggregation => {
      // What an operation refuses is left out, what it needs is added.
      const kept =
        rangeFault(op, { ...over, unwrap: null }, null) === null && rangeFault(op, over, null) !== null
          ? null
          : over.unwrap;
      const needed =
        kept ??
        (rangeFault(op, { ...over, unwrap: null }, null) === null
          ? null
          : { label: 'x', conversion: null, filters: [] });
      const whole = { ...over, unwrap: needed };
      const allowed = rangeFault(op, whole, groups) === null ? groups : null;
      return {
        kind: 'range-aggregation',
        op,
        parameter: op === 'quantile_over_time' ? parameter : null,
        range: whole,
        grouping: allowed,
      };
    });
}

const BINARY_OPS: readonly BinaryOp[] = [
  '+',
  '-',
  '*',
  '/',
  '%',
  '^',
  '==',
  '!=',
  '>',
  '>=',
  '<',
  '<=',
  'and',
  'or',
  'unless',
];

function matching(words: Vocabulary): fc.Arbitrary<VectorMatching> {
  const labels = fc.uniqueArray(words.labels, { maxLength: 2 });
  return fc
    .record({
      kind: fc.constantFrom('on' as const, 'ignoring' as const),
      labels,
      group: fc.constantFrom(null, 'left' as const, 'right' as const),
      include: labels,
    })
    .map((found) => (found.group === null ? { ...found, include: [] } : found))
    .map((found) =>
      found.kind === 'ignoring' && found.labels.length === 0 && found.group === null
        ? { ...found, kind: 'on' as const }
        : found,
    );
}

/** Metric queries up to a few levels deep. */
export function metricArbitrary(words: Vocabulary = ANY_VOCABULARY): fc.Arbitrary<MetricExpr> {
  const literal = numberArbitrary().map((value): MetricExpr => ({ kind: 'literal', value }));
  const binary = (side: fc.Arbitrary<MetricExpr>): fc.Arbitrary<MetricExpr> =>
    fc
      .record({
        kind: fc.constant('binary' as const),
        op: fc.constantFrom(...BINARY_OPS),
        bool: fc.boolean(),
        matching: fc.option(matching(words)),
        left: fc.oneof({ weight: 4, arbitrary: side }, literal),
        right: fc.oneof({ weight: 4, arbitrary: side }, literal),
      })
      // Two literals are folded, and sets are not made with them.
      .filter(({ op, left, right }) => {
        const literals = Number(left.kind === 'literal') + Number(right.kind === 'literal');
        return literals === 0 || (literals === 1 && op !== 'and' && op !== 'or' && op !== 'unless');
      });
  return fc.letrec<{ metric: MetricExpr }>((tie) => ({
    metric: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      { weight: 4, arbitrary: rangeAggregation(words) },
      { weight: 1, arbitrary: numberArbitrary().map((value) => ({ kind: 'vector' as const, value: Math.abs(value) })) },
      { weight: 3, arbitrary: vectorAggregation(words, tie('metric')) },
      { weight: 2, arbitrary: binary(tie('metric')) },
      {
        weight: 1,
        arbitrary: fc.record({
          kind: fc.constant('label-replace' as const),
          inner: tie('metric'),
          destination: words.labels,
          replacement: fc.constantFrom('$1', '$1-x', ''),
          source: words.labels,
          pattern: words.regexps,
        }),
      },
    ),
  })).metric;
}

function vectorAggregation(words: Vocabulary, inner: fc.Arbitrary<MetricExpr>): fc.Arbitrary<MetricExpr> {
  return fc
    .record({
      kind: fc.constant('vector-aggregation' as const),
      op: fc.constantFrom(...VECTOR_OPS),
      parameter: fc.integer({ min: 1, max: 10 }),
      grouping: fc.option(grouping(words)),
      inner,
    })
    .map((found) => {
      const ungrouped = found.op === 'sort' || found.op === 'sort_desc' || found.op === 'approx_topk';
      // `by ()` is printed as nothing.
      const empty = found.grouping?.kind === 'by' && found.grouping.labels.length === 0;
      const counted = found.op === 'topk' || found.op === 'bottomk' || found.op === 'approx_topk';
      return {
        ...found,
        grouping: ungrouped || empty ? null : found.grouping,
        parameter: counted ? found.parameter : null,
      };
    });
}

export function queryArbitrary(words: Vocabulary = ANY_VOCABULARY): fc.Arbitrary<Expr> {
  return fc.oneof(logArbitrary(words), metricArbitrary(words));
}
