import { it } from 'vitest';
import { agg, by, type Case, checkCase, INF, L, NAN, PODS, type Rows, SPECIAL, without } from './test-rows.ts';

const only = (...names: string[]): Rows =>
  Object.fromEntries(names.map((name) => [`k=${name}`, SPECIAL[`k=${name}`]!]));
const AGGREGATIONS: Case[] = [
  ['sum', agg('sum', L), PODS, {}, { '': [63, 15] }],
  ['sum by', agg('sum', L, by('app')), PODS, {}, { 'app=bar': [45, 5], 'app=foo': [18, 10] }],
  ['sum by ()', agg('sum', L, by()), PODS, {}, { '': [63, 15] }],
  ['sum by an absent label', agg('sum', L, by('zone', 'app')), PODS, {}, { 'app=bar': [45, 5], 'app=foo': [18, 10] }],
  ['sum without', agg('sum', L, without('app')), PODS, {}, { 'pod=a': [21, 7], 'pod=b': [42, 8] }],
  ['sum without ()', agg('sum', L, without()), PODS, {}, PODS],
  ['avg by', agg('avg', L, by('app')), PODS, {}, { 'app=bar': [22.5, 5], 'app=foo': [9, 5] }],
  ['min', agg('min', L), PODS, {}, { '': [6, 2] }],
  ['max', agg('max', L), PODS, {}, { '': [30, 8] }],
  ['count', agg('count', L), PODS, {}, { '': [4, 3] }],
  ['stddev', agg('stddev', L, by('app')), PODS, {}, { 'app=bar': [7.5, 0], 'app=foo': [3, 3] }],
  ['stdvar', agg('stdvar', L, by('app')), PODS, {}, { 'app=bar': [56.25, 0], 'app=foo': [9, 9] }],
  [
    'topk',
    agg('topk', L, null, 2),
    PODS,
    {},
    { 'app=bar,pod=a': [15, 5], 'app=bar,pod=b': [30, '_'], 'app=foo,pod=b': ['_', 8] },
  ],
  [
    'topk by',
    agg('topk', L, by('app'), 1),
    PODS,
    {},
    { 'app=bar,pod=a': ['_', 5], 'app=bar,pod=b': [30, '_'], 'app=foo,pod=b': [12, 8] },
  ],
  ['topk without ()', agg('topk', L, without(), 1), PODS, {}, PODS],
  ['topk of more than there are', agg('topk', L, null, 9), PODS, {}, PODS],
  ['bottomk', agg('bottomk', L, null, 1), PODS, {}, { 'app=foo,pod=a': [6, 2] }],
  [
    'bottomk without',
    agg('bottomk', L, without('pod'), 1),
    PODS,
    {},
    { 'app=bar,pod=a': [15, 5], 'app=foo,pod=a': [6, 2] },
  ],
  ['sort in a range query', agg('sort', L), PODS, {}, PODS],
  [
    'approx_topk in a range query',
    agg('approx_topk', L, null, 2),
    PODS,
    {},
    'count min sketches are only supported on instant queries',
  ],
  ['sum of NaN', agg('sum', L), only('fin', 'nan'), {}, { '': [NAN] }],
  ['sum of Inf', agg('sum', L), only('fin', 'pinf'), {}, { '': [INF] }],
  ['avg of Inf', agg('avg', L), only('fin', 'pinf'), {}, { '': [INF] }],
  ['avg of Inf first', agg('avg', L), { 'a=1': [INF], 'a=2': [2], 'a=3': [INF] }, {}, { '': [INF] }],
  ['avg of both Inf', agg('avg', L), only('ninf', 'pinf'), {}, { '': [NAN] }],
  ['avg of Inf and NaN', agg('avg', L), only('pinf', 'nan'), {}, { '': [NAN] }],
  ['min skips NaN', agg('min', L), only('nan', 'pinf'), {}, { '': [INF] }],
  ['max skips NaN', agg('max', L), only('nan', 'ninf'), {}, { '': [-INF] }],
  ['max of NaN', agg('max', L), only('nan'), {}, { '': [NAN] }],
  ['count counts NaN', agg('count', L), SPECIAL, {}, { '': [4] }],
  ['stddev of Inf', agg('stddev', L), only('fin', 'pinf'), {}, { '': [NAN] }],
  ['stddev of one NaN', agg('stddev', L), only('nan'), {}, { '': [0] }],
  ['topk prefers numbers to NaN', agg('topk', L, null, 1), only('nan', 'ninf'), {}, only('ninf')],
  ['bottomk prefers numbers to NaN', agg('bottomk', L, null, 1), only('nan', 'pinf'), {}, only('pinf')],
  ['of nothing', agg('sum', L), {}, {}, {}],
];

it.each(AGGREGATIONS)('%s', async (_name, expr, left, right, expected) => {
  await checkCase(expr, left, right, expected);
});
