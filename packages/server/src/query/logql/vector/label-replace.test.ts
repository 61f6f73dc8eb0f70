import type { MetricExpr } from '@tailwater/schema/logql';
import { it } from 'vitest';
import { type Case, checkCase, L } from './test-rows.ts';

function replace(destination: string, replacement: string, source: string, pattern: string): MetricExpr {
  return { kind: 'label-replace', inner: L, destination, replacement, source, pattern };
}

const REPLACEMENTS: Case[] = [
  [
    'anchored',
    replace('new', '$1', 'app', '(fo)o'),
    { 'app=foo,t=1': [6], 'app=foobar,t=2': [6] },
    {},
    { 'app=foo,new=fo,t=1': [6], 'app=foobar,t=2': [6] },
  ],
  [
    'alternatives are anchored',
    replace('new', 'x', 'app', 'foo|bar'),
    { 'app=foobar': [1] },
    {},
    { 'app=foobar': [1] },
  ],
  ['overwrites', replace('t', 'gold', 'app', 'foo'), { 'app=foo,t=1': [6] }, {}, { 'app=foo,t=gold': [6] }],
  ['an empty one deletes', replace('t', '', 'app', 'foo'), { 'app=foo,t=1': [6] }, {}, { 'app=foo': [6] }],
  ['an empty capture deletes', replace('app', '$1', 'app', 'foo(.*)'), { 'app=foo,t=1': [6] }, {}, { 't=1': [6] }],
  ['an absent source is empty', replace('z', 'eu', 'missing', '.*'), { 'app=foo': [6] }, {}, { 'app=foo,z=eu': [6] }],
  [
    'names and braces',
    replace('z', `\${w}-\${1}$$$w`, 'app', '(?P<w>f)oo'),
    { 'app=foo': [6] },
    {},
    { 'app=foo,z=f-f$f': [6] },
  ],
  ['the longest name', replace('z', `$1x-\${1}x`, 'app', '(f)oo'), { 'app=foo': [6] }, {}, { 'app=foo,z=-fx': [6] }],
  ['no such group', replace('z', `a$9b\${nope}c`, 'app', 'foo'), { 'app=foo': [6] }, {}, { 'app=foo,z=ac': [6] }],
  ['no reference', replace('z', '$-${', 'app', 'foo'), { 'app=foo': [6] }, {}, { 'app=foo,z=$-${': [6] }],
];

it.each(REPLACEMENTS)('%s', async (_name, expr, left, right, expected) => {
  await checkCase(expr, left, right, expected);
});
