import { describe, expect, test } from 'vitest';
import { parse } from '../parse.ts';
import { requiredFields } from './index.ts';
import { rangeAggregation } from './run-one.testing.ts';

describe('requiredFields', () => {
  const cases: [query: string, sumGrouping: string[] | null, line: boolean, metadata: true | string[]][] = [
    ['count_over_time({a="b"}[5m])', null, false, true],
    ['count_over_time({a="b"}[5m])', [], false, []],
    ['count_over_time({a="b"}[5m])', ['level'], false, ['level']],
    ['count_over_time({a="b"} |= "x" [5m])', [], true, []],
    ['bytes_over_time({a="b"}[5m])', [], true, []],
    ['bytes_rate({a="b"} | x="y" [5m])', [], true, ['x']],
    ['count_over_time({a="b"} | x="y" or z>5 [5m])', ['l'], false, ['l', 'x', 'z']],
    ['count_over_time({a="b"} | json [5m])', [], false, []],
    ['count_over_time({a="b"} | json [5m])', ['l'], true, ['l']],
    ['count_over_time({a="b"} | json | x_extracted="y" [5m])', [], true, ['x', 'x_extracted']],
    ['count_over_time({a="b"} | label_format x="{{.y}}" [5m])', ['x'], false, ['x', 'y']],
    ['count_over_time({a="b"} | label_format x=y [5m])', ['x'], false, ['x', 'y']],
    ['count_over_time({a="b"} | label_format x="{{__line__}}" [5m])', ['x'], true, ['x']],
    ['count_over_time({a="b"} | label_format x="{{range .}}.{{end}}" [5m])', ['x'], false, true],
    ['count_over_time({a="b"} | line_format "{{.y}}" [5m])', ['x'], false, ['x']],
    ['count_over_time({a="b"} | line_format "{{.y}}" |= "z" [5m])', ['x'], true, ['x', 'y']],
    ['sum_over_time({a="b"} | unwrap x [5m])', null, false, true],
    ['sum_over_time({a="b"} | unwrap x | y="z" [5m])', ['l'], false, ['l', 'x', 'y']],
    ['avg_over_time({a="b"} | unwrap x [5m]) by (g)', null, false, ['g', 'x']],
    ['avg_over_time({a="b"} | unwrap x [5m]) without (g)', null, false, true],
    ['absent_over_time({a="b"}[5m])', null, false, []],
    ['absent_over_time({a="b"} | json | x="y" [5m])', null, true, ['x']],
    ['count_over_time({a="b"} | decolorize [5m])', [], false, []],
    ['count_over_time({a="b"} | drop x | keep y [5m])', ['y'], false, ['y']],
  ];
  test.each(cases)('%s by %j', (query, sumGrouping, line, metadata) => {
    expect(requiredFields(rangeAggregation(parse(query)), sumGrouping)).toEqual({ line, metadata });
  });

  test('a log query answers everything', () => {
    const expr = parse('{a="b"}');
    expect(expr.kind === 'log' && requiredFields(expr)).toEqual({ line: true, metadata: true });
  });
});
