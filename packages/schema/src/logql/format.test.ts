import { expect, test } from 'vitest';
import { formatQuery } from './format.ts';
import { parseQuery } from './parse.ts';
import { printQuery } from './printer.ts';

/** Laid out with 20 characters a line unless a case says otherwise. */
test.each([
  ['{app="web"}', ['{app="web"}']],
  ['{app="web"}|logfmt|level="error"', ['{app="web"}', '  | logfmt', '  | level="error"']],
  ['{app="web"} |= "first" != "second" | json', ['{app="web"}', '  |= "first"', '  != "second"', '  | json']],
  ['{app="web"} |= "first" or "second"', ['{app="web"}', '  |= "first" or "second"']],
  ['{app="web"} |= "a" != "b" | json', ['{app="web"}', '  |= "a" != "b"', '  | json']],
  ['{app="web"} | decolorize | drop a,b', ['{app="web"}', '  | decolorize', '  | drop a,b']],
  ['rate({app="web"} | decolorize [5m])', ['rate(', '  {app="web"}', '    | decolorize [5m]', ')']],
  ['rate({app="web"}[5m] offset 2h)', ['rate(', '  {app="web"} [5m] offset 2h', ')']],
  ['rate({app="web"}[5m] offset -48h)', ['rate(', '  {app="web"} [5m] offset -48h0m0s', ')']],
  [
    'quantile_over_time(0.9, {app="web"} | unwrap bytes(size) | x="" [5m]) by (a, b)',
    ['quantile_over_time(', '  0.9,', '  {app="web"}', '    | unwrap bytes(size)', '    | x="" [5m]', ') by (a, b)'],
  ],
  [
    'max_over_time({app="web"} | unwrap x [5m]) by ()',
    ['max_over_time(', '  {app="web"}', '    | unwrap x [5m]', ') by ()'],
  ],
  ['topk(3, rate({a="b"}[5m])) by (x, y)', ['topk by (x, y)(', '  3,', '  rate({a="b"}[5m])', ')']],
  ['sum without () (rate({app="web"}[5m]))', ['sum without ()(', '  rate(', '    {app="web"} [5m]', '  )', ')']],
  [
    'label_replace(vector(1), "to", "$1", "from", "(.*)")',
    ['label_replace(', '  vector(1.000000),', '  "to",', '  "$1",', '  "from",', '  "(.*)"', ')'],
  ],
  [
    'vector(1) + on (a, b) group_left (c) vector(2)',
    ['  vector(1.000000)', '+ on (a, b) group_left (c)', '  vector(2.000000)'],
  ],
  // Without brackets this would be another query.
  [
    '(vector(1) + vector(2)) * vector(3)',
    ['  (', '      vector(1.000000)', '    +', '      vector(2.000000)', '  )', '*', '  vector(3.000000)'],
  ],
  [
    'vector(1) + vector(2) - vector(3)',
    ['    vector(1.000000)', '  +', '    vector(2.000000)', '-', '  vector(3.000000)'],
  ],
])('%s', (query, lines) => {
  const expr = parseQuery(query);
  expect(formatQuery(expr, 20).split('\n')).toEqual(lines);
  expect(printQuery(parseQuery(lines.join('\n')))).toBe(printQuery(expr));
});

test('what fits in a hundred bytes stays on one line', () => {
  const query = (length: number): string => `{app="${'x'.repeat(length)}"} | json`;
  expect(formatQuery(parseQuery(query(85)))).toBe(query(85));
  expect(formatQuery(parseQuery(query(86))).split('\n')).toHaveLength(2);
});
