import { expect, test } from 'vitest';
import type { LabelFilter, LogRange, Stage } from './ast.ts';
import { parseQuery } from './parse.ts';
import { printQuery } from './printer.ts';

function stagesOf(text: string): readonly Stage[] {
  const expr = parseQuery(`{app="a"} ${text}`);
  return expr.kind === 'log' ? expr.stages : [];
}

function text(value: string): { kind: 'text'; value: string } {
  return { kind: 'text', value };
}

test.each<[string, Stage[]]>([
  ['|= "a"', [{ kind: 'line-filter', op: '|=', args: [text('a')] }]],
  [
    '|= "a" or "b" or ip("::1")',
    [{ kind: 'line-filter', op: '|=', args: [text('a'), text('b'), { kind: 'ip', value: '::1' }] }],
  ],
  // Of a negative operator none may match.
  [
    '!~ "a" or "b"',
    [
      { kind: 'line-filter', op: '!~', args: [text('a')] },
      { kind: 'line-filter', op: '!~', args: [text('b')] },
    ],
  ],
  ['|> "<_> x"', [{ kind: 'line-filter', op: '|>', args: [text('<_> x')] }]],
  ['| JSON', [{ kind: 'json', extractions: [] }]],
  [
    '| json a="b.c", d',
    [
      {
        kind: 'json',
        extractions: [
          { name: 'a', expression: 'b.c' },
          { name: 'd', expression: 'd' },
        ],
      },
    ],
  ],
  ['| logfmt --keep-empty --strict', [{ kind: 'logfmt', strict: true, keepEmpty: true, extractions: [] }]],
  [
    '| logfmt --strict a="b"',
    [{ kind: 'logfmt', strict: true, keepEmpty: false, extractions: [{ name: 'a', expression: 'b' }] }],
  ],
  ['| regexp `(?P<a>\\w+)`', [{ kind: 'regexp', pattern: '(?P<a>\\w+)' }]],
  ['| pattern "<a> <_>"', [{ kind: 'pattern', pattern: '<a> <_>' }]],
  ['| unpack | decolorize', [{ kind: 'unpack' }, { kind: 'decolorize' }]],
  ['| line_format "{{.a}}\\n"', [{ kind: 'line-format', template: '{{.a}}\n' }]],
  [
    '| label_format a=b, c="{{.d}}"',
    [
      {
        kind: 'label-format',
        formats: [
          { kind: 'rename', name: 'a', source: 'b' },
          { kind: 'template', name: 'c', template: '{{.d}}' },
        ],
      },
    ],
  ],
  [
    '| drop a, b!="x"',
    [
      {
        kind: 'drop',
        targets: [
          { name: 'a', matcher: null },
          { name: 'b', matcher: { name: 'b', op: '!=', value: 'x' } },
        ],
      },
    ],
  ],
  ['| keep a', [{ kind: 'keep', targets: [{ name: 'a', matcher: null }] }]],
])('stages %s', (query, stages) => {
  expect(stagesOf(query)).toEqual(stages);
});

test.each<[string, LabelFilter]>([
  ['a="b"', { kind: 'matcher', matcher: { name: 'a', op: '=', value: 'b' } }],
  ['a!~`b`', { kind: 'matcher', matcher: { name: 'a', op: '!~', value: 'b' } }],
  ['a=5', { kind: 'number', name: 'a', op: '==', value: 5 }],
  ['a>=-.5', { kind: 'number', name: 'a', op: '>=', value: -0.5 }],
  ['a!=+1e3', { kind: 'number', name: 'a', op: '!=', value: 1000 }],
  ['a<0x1p-2', { kind: 'number', name: 'a', op: '<', value: 0.25 }],
  ['a==1_000', { kind: 'number', name: 'a', op: '==', value: 1000 }],
  ['a>1h15m30.5s', { kind: 'duration', name: 'a', op: '>', seconds: 4530.5, text: '1h15m30.5s' }],
  ['a>1d', { kind: 'duration', name: 'a', op: '>', seconds: 86_400, text: '1d' }],
  ['a>-5m', { kind: 'duration', name: 'a', op: '>', seconds: -300, text: '-5m' }],
  ['a<=250µs', { kind: 'duration', name: 'a', op: '<=', seconds: 0.00025, text: '250µs' }],
  ['a=1KB', { kind: 'bytes', name: 'a', op: '==', bytes: 1000, text: '1KB' }],
  ['a<1.5MiB', { kind: 'bytes', name: 'a', op: '<', bytes: 1_572_864, text: '1.5MiB' }],
  ['a<5PB', { kind: 'bytes', name: 'a', op: '<', bytes: 5e15, text: '5PB' }],
  ['a<0B', { kind: 'bytes', name: 'a', op: '<', bytes: 0, text: '0B' }],
  ['a=ip("10.0.0.0/8")', { kind: 'ip', name: 'a', op: '=', value: '10.0.0.0/8' }],
  // Functions are names where no bracket follows.
  ['sum="b"', { kind: 'matcher', matcher: { name: 'sum', op: '=', value: 'b' } }],
  ['bytes>5', { kind: 'number', name: 'bytes', op: '>', value: 5 }],
  ['ip!="b"', { kind: 'matcher', matcher: { name: 'ip', op: '!=', value: 'b' } }],
])('label filter %s', (query, filter) => {
  expect(stagesOf(`| ${query}`)).toEqual([{ kind: 'label-filter', filter }]);
});

/** Loki's binding, made visible by the brackets that it prints. */
test.each([
  ['a=1 or b=2 and c=3', '( a==1 or ( b==2 , c==3 ) )'],
  ['a=1 and b=2 or c=3', '( ( a==1 , b==2 ) or c==3 )'],
  ['a=1 or b=2 or c=3', '( ( a==1 or b==2 ) or c==3 )'],
  ['a=1, b=2 or c=3', '( a==1 , ( b==2 or c==3 ) )'],
  ['a=1 b=2 or c=3', '( a==1 , ( b==2 or c==3 ) )'],
  ['a=1 or b=2, c=3', '( a==1 or ( b==2 , c==3 ) )'],
  ['a=1 and b=2 c=3', '( a==1 , ( b==2 , c==3 ) )'],
  ['(a=1 or b=2) c=3', '( ( a==1 or b==2 ) , c==3 )'],
])('%s binds as %s', (query, printed) => {
  expect(printQuery(parseQuery(`{app="a"} | ${query}`))).toBe(`{app="a"} | ${printed}`);
});

function rangeOf(inner: string): LogRange | null {
  const expr = parseQuery(`rate(${inner})`);
  return expr.kind === 'range-aggregation' ? expr.range : null;
}

const JSON_STAGE: Stage = { kind: 'json', extractions: [] };
const UNWRAP = { label: 'x', conversion: null, filters: [] };

test.each<[string, Omit<LogRange, 'log'>, Stage[]]>([
  ['{a="b"}[5m]', { rangeMs: 300_000, offsetMs: 0, unwrap: null }, []],
  ['{a="b"}[1h30m] offset 1d', { rangeMs: 5_400_000, offsetMs: 86_400_000, unwrap: null }, []],
  ['{a="b"}[1s] offset -5m', { rangeMs: 1000, offsetMs: -300_000, unwrap: null }, []],
  ['({a="b"})[5m]', { rangeMs: 300_000, offsetMs: 0, unwrap: null }, []],
  ['(({a="b"}[5m]))', { rangeMs: 300_000, offsetMs: 0, unwrap: null }, []],
  ['{a="b"} | json [5m] offset 1m', { rangeMs: 300_000, offsetMs: 60_000, unwrap: null }, [JSON_STAGE]],
  ['({a="b"} | json)[5m] offset 1m', { rangeMs: 300_000, offsetMs: 60_000, unwrap: null }, [JSON_STAGE]],
  ['{a="b"}[5m] offset 1m | json', { rangeMs: 300_000, offsetMs: 60_000, unwrap: null }, [JSON_STAGE]],
  ['{a="b"}[5m] | json | unwrap x', { rangeMs: 300_000, offsetMs: 0, unwrap: UNWRAP }, [JSON_STAGE]],
  ['{a="b"} | json | unwrap x [5m] offset 1m', { rangeMs: 300_000, offsetMs: 60_000, unwrap: UNWRAP }, [JSON_STAGE]],
  ['({a="b"} | json | unwrap x)[5m]', { rangeMs: 300_000, offsetMs: 0, unwrap: UNWRAP }, [JSON_STAGE]],
  ['({a="b"})[5m] offset 1m | unwrap x', { rangeMs: 300_000, offsetMs: 60_000, unwrap: UNWRAP }, []],
  ['{a="b"} | unwrap x [5m]', { rangeMs: 300_000, offsetMs: 0, unwrap: UNWRAP }, []],
  ['{a="b"} | unwrap bytes(x)[5m]', { rangeMs: 300_000, offsetMs: 0, unwrap: { ...UNWRAP, conversion: 'bytes' } }, []],
  ['{a="b"} | unwrap bytes [5m]', { rangeMs: 300_000, offsetMs: 0, unwrap: { ...UNWRAP, label: 'bytes' } }, []],
  [
    '{a="b"} | unwrap duration_seconds(x) | y=1 | z="" [5m]',
    {
      rangeMs: 300_000,
      offsetMs: 0,
      unwrap: {
        label: 'x',
        conversion: 'duration_seconds',
        filters: [
          { kind: 'number', name: 'y', op: '==', value: 1 },
          { kind: 'matcher', matcher: { name: 'z', op: '=', value: '' } },
        ],
      },
    },
    [],
  ],
])('log range %s', (query, range, stages) => {
  expect(rangeOf(query)).toEqual({
    log: { kind: 'log', selector: [{ name: 'a', op: '=', value: 'b' }], stages },
    ...range,
  });
});

/** Strings with Go's escapes; `#`, `//` and `/*` comments; words in any case. */
test.each([
  ['{a="\\x41\\101\\u00e9\\U0001F600\\t\\"\\\\"}', 'AAé😀\t"\\'],
  ['{a="\\xe6\\x97\\xa5\\xff"}', '日�'],
  ['{a=`\\n\n"`}', '\\n\n"'],
  ['# one\n{a="x" /* two */} // three', 'x'],
  ['\ufeff{a="x"}', 'x'],
])('%s', (query, value) => {
  expect(parseQuery(query)).toEqual({ kind: 'log', selector: [{ name: 'a', op: '=', value }], stages: [] });
});

test.each([
  ['SUM BY (a) (RATE({b="c"}[5m])) OR Vector(1)', '(sum by (a)(rate({b="c"}[5m])) or vector(1.000000))'],
  // The grouping may stand on either side.
  ['sum(rate({b="c"}[5m])) without (x, y)', 'sum without (x,y)(rate({b="c"}[5m]))'],
  ['sum by () (rate({b="c"}[5m]))', 'sum(rate({b="c"}[5m]))'],
  ['sum without () (rate({b="c"}[5m]))', 'sum without ()(rate({b="c"}[5m]))'],
  ['max_over_time({b="c"} | unwrap x [5m]) by ()', 'max_over_time({b="c"} | unwrap x[5m]) by ()'],
  ['topk(5, rate({b="c"}[5m])) by (x)', 'topk by (x)(5,rate({b="c"}[5m]))'],
  ['sum(1 + vector(2))', 'sum((1 + vector(2.000000)))'],
  [
    'quantile_over_time(0.99, {b="c"} | unwrap x [5m]) by (y)',
    'quantile_over_time(0.99,{b="c"} | unwrap x[5m]) by (y)',
  ],
  ['label_replace(vector(1), "a", "$1", "b", "(.*)")', 'label_replace(vector(1.000000),"a","$1","b","(.*)")'],
  // Literals are folded.
  ['1 + 2 * 3 ^ 2 - 4', '15'],
  ['2 ^ 3 ^ 2', '512'],
  ['-2 ^ 2', '4'],
  ['1 > bool 2', '0'],
  ['2 >= 2', '1'],
  ['7 % 4', '3'],
  ['1 ^ (0 / 0)', '1'],
  ['5 / 0', '(0 / 0)'],
  ['5 % 0', '(0 / 0)'],
  ['-1e308 * 10', '(-1e+308 * 10)'],
  ['1000000', '1e+06'],
  ['0.00001', '1e-05'],
  ['123456.75', '123456.75'],
  ['vector(0.00000001)', 'vector(0.00000001)'],
  // Operators and their modifiers.
  ['vector(1) + vector(2) * vector(3)', '(vector(1.000000) + (vector(2.000000) * vector(3.000000)))'],
  ['vector(1) - vector(2) - 3', '((vector(1.000000) - vector(2.000000)) - 3)'],
  ['vector(1) or vector(2) and vector(3)', '(vector(1.000000) or (vector(2.000000) and vector(3.000000)))'],
  [
    'vector(1) > bool on(a,b) group_left(c) vector(2)',
    '(vector(1.000000) > bool on (a,b) group_left (c) vector(2.000000))',
  ],
  [
    'vector(1) / ignoring(a) group_right vector(2)',
    '(vector(1.000000) / ignoring (a) group_right () vector(2.000000))',
  ],
  ['vector(1) + ignoring() vector(2)', '(vector(1.000000) + vector(2.000000))'],
  ['vector(1) and on() vector(2)', '(vector(1.000000) and on () vector(2.000000))'],
  ['vector(1) - -1', '(vector(1.000000) - -1)'],
  // Units.
  ['rate({b="c"}[90s] offset 90m)', 'rate({b="c"}[1m30s] offset 1h30m0s)'],
  ['rate({b="c"}[14d])', 'rate({b="c"}[2w])'],
  ['{b="c"} | x>1d | y<1536ms | z=1000B | z=1234567B', '{b="c"} | x>24h0m0s | y<1.536s | z==1.0kB | z==1234567B'],
  ['{b="c\\n\\u00a0\\x00é`"}', '{b="c\\n\\u00a0\\x00é`"}'],
  ['{b="c"} != "x" or "y" |= "p" or "q"', '{b="c"} != "x" != "y" |= "p" or "q"'],
  ['{b="c"} | drop x,y=~"z" | keep w', '{b="c"} | drop x,y=~"z" | keep w'],
])('%s prints as %s', (query, printed) => {
  expect(printQuery(parseQuery(query))).toBe(printed);
  expect(printQuery(parseQuery(printed))).toBe(printed);
});

test.each([
  ['a+', false],
  ['a*', true],
  ['(a|)', true],
  ['(a|b)', false],
  ['a|', true],
  ['^$', true],
  ['(?i)(?:x*)(?P<n>y?)', true],
  ['\\Q\\E', true],
  ['\\Qa*\\E', false],
  ['\\Qa\\E*', true],
  ['[*]', false],
  ['[]*]*', true],
  ['[[:alpha:]]{0,3}', true],
  ['x{2,}', false],
  ['(x*)+', true],
  ['((a*)*)*b', false],
  ['\\pL?\\x{41}*\\.?', true],
  ['\\b', false],
])('the regular expression %s may match nothing: %s', (pattern, empty) => {
  const query = `{app=~${JSON.stringify(pattern)}}`;
  if (empty) expect(() => parseQuery(query)).toThrow('empty-compatible');
  else expect(parseQuery(query).kind).toBe('log');
});
