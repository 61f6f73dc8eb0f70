import { expect, test } from 'vitest';
import { LogqlError } from './errors.ts';
import { parseQuery, parseSelector } from './parse.ts';

/** Stands for the engines of the server: refuses a few texts in Go's words. */
const checks = {
  regexp: (pattern: string): string | null =>
    pattern.includes('(') && !pattern.includes(')') ? `error parsing regexp: missing closing ): \`${pattern}\`` : null,
  template: (text: string): string | null =>
    text.includes('{{nope') ? 'template: line:1: function "nope" not defined' : null,
};

function faultOf(text: string): string {
  try {
    parseQuery(text, checks);
  } catch (error) {
    expect(error).toBeInstanceOf(LogqlError);
    return (error as LogqlError).message;
  }
  return 'parsed';
}

const EMPTY = `parse error : queries require at least one regexp or equality matcher that does not have an empty-compatible value. For instance, app=~".*" does not meet this requirement, but app=~".+" will`;

test.each([
  // Where the grammar fails.
  ['', 'parse error : syntax error: unexpected $end'],
  ['   ', 'parse error at line 1, col 4: syntax error: unexpected $end'],
  ['# only a comment', 'parse error at line 1, col 17: syntax error: unexpected $end'],
  ['{', 'parse error at line 1, col 2: syntax error: unexpected $end, expecting IDENTIFIER or }'],
  ['{app', 'parse error at line 1, col 5: syntax error: unexpected $end, expecting = or =~ or !~ or !='],
  ['{app=', 'parse error at line 1, col 6: syntax error: unexpected $end, expecting STRING'],
  ['{app="a"', 'parse error at line 1, col 9: syntax error: unexpected $end, expecting } or ,'],
  ['{app="a",}', 'parse error at line 1, col 10: syntax error: unexpected }, expecting IDENTIFIER'],
  ['{app=a}', 'parse error at line 1, col 6: syntax error: unexpected IDENTIFIER, expecting STRING'],
  ["{app='a'}", 'parse error at line 1, col 6: syntax error: unexpected IDENTIFIER, expecting STRING'],
  ['{json="a"}', 'parse error at line 1, col 2: syntax error: unexpected json, expecting IDENTIFIER or }'],
  ['{$="a"}', 'parse error at line 1, col 2: syntax error: unexpected IDENTIFIER, expecting IDENTIFIER or }'],
  ['{app="a"}\n|= 5', 'parse error at line 2, col 4: syntax error: unexpected NUMBER, expecting STRING or ip'],
  ['{app="a"} |= "x" or', 'parse error at line 1, col 20: syntax error: unexpected $end, expecting STRING or ip'],
  ['{app="a"} | nope', 'parse error at line 1, col 17: syntax error: unexpected $end'],
  ['{app="a"} | size > 1mb', 'parse error at line 1, col 23: syntax error: unexpected $end'],
  ['{app="a"} | x =~ 5', 'parse error at line 1, col 18: syntax error: unexpected NUMBER, expecting STRING'],
  ['{app="a"} | x = -', 'parse error at line 1, col 18: syntax error: unexpected $end, expecting NUMBER'],
  ['{app="a"} | regexp', 'parse error at line 1, col 19: syntax error: unexpected $end, expecting STRING'],
  ['{app="a"} | label_format a', 'parse error at line 1, col 27: syntax error: unexpected $end, expecting ='],
  [
    '{app="a"} | label_format a=1',
    'parse error at line 1, col 28: syntax error: unexpected NUMBER, expecting IDENTIFIER or STRING',
  ],
  [
    '{app="a"} | logfmt --loose',
    'parse error at line 1, col 22: syntax error: unexpected IDENTIFIER, expecting NUMBER',
  ],
  ['{app="a"} | unwrap x', 'parse error at line 1, col 13: syntax error: unexpected unwrap'],
  ['{app="a"} foo', 'parse error at line 1, col 11: syntax error: unexpected IDENTIFIER'],
  ['{app="a"}[5m]', 'parse error at line 0, col 10: syntax error: unexpected RANGE'],
  ['nope({app="a"}[5m])', 'parse error at line 1, col 1: syntax error: unexpected IDENTIFIER'],
  ['rate {app="a"}[5m]', 'parse error at line 1, col 1: syntax error: unexpected IDENTIFIER'],
  ['rate(x)', 'parse error at line 1, col 6: syntax error: unexpected IDENTIFIER, expecting NUMBER or { or ('],
  ['rate({app="a"}[5m]', 'parse error at line 1, col 19: syntax error: unexpected $end, expecting )'],
  ['rate({app="a"})', 'parse error at line 1, col 15: syntax error: unexpected )'],
  [
    'rate({app="a"}[5m] offset 5)',
    'parse error at line 1, col 27: syntax error: unexpected NUMBER, expecting DURATION',
  ],
  [
    'rate({app="a"} | unwrap [5m])',
    'parse error at line 0, col 25: syntax error: unexpected RANGE, expecting IDENTIFIER or BYTES_CONV or DURATION_CONV or DURATION_SECONDS_CONV',
  ],
  ['rate({app="a"} | unwrap x)', 'parse error at line 1, col 26: syntax error: unexpected ), expecting RANGE or |'],
  ['rate by (a) ({app="a"}[5m])', 'parse error at line 1, col 6: syntax error: unexpected by, expecting ('],
  ['sum({app="a"})', 'parse error at line 1, col 14: syntax error: unexpected )'],
  ['sum by a (rate({app="a"}[5m]))', 'parse error at line 1, col 1: syntax error: unexpected IDENTIFIER'],
  ['sum by (a b) (vector(1))', 'parse error at line 1, col 11: syntax error: unexpected IDENTIFIER, expecting , or )'],
  [
    'sum by (sum(a)) (vector(1))',
    'parse error at line 1, col 9: syntax error: unexpected SUM, expecting IDENTIFIER or )',
  ],
  ['vector(x)', 'parse error at line 1, col 8: syntax error: unexpected IDENTIFIER, expecting NUMBER'],
  ['-rate({app="a"}[5m])', 'parse error at line 1, col 2: syntax error: unexpected RATE, expecting NUMBER'],
  ['1 + bool 2 bool', 'parse error at line 1, col 12: syntax error: unexpected bool'],
  ['vector(1) + on vector(1)', 'parse error at line 1, col 16: syntax error: unexpected VECTOR, expecting ('],
  ['vector(1) + group_left vector(1)', 'parse error at line 1, col 13: syntax error: unexpected group_left'],
  ['label_replace(vector(1),"a")', 'parse error at line 1, col 28: syntax error: unexpected ), expecting ,'],
  // What is no token.
  ['{app="a', 'parse error at line 1, col 6: literal not terminated'],
  ['{app="a\n"}', 'parse error at line 1, col 6: literal not terminated'],
  ['{app=`a', 'parse error at line 1, col 6: literal not terminated'],
  ['{app="\\d"}', 'parse error at line 1, col 6: invalid char escape'],
  ['{app="\\400"}', 'parse error at line 1, col 6: invalid syntax'],
  ["{app='ab'}", 'parse error at line 1, col 6: invalid char literal'],
  ['{app="\0"}', 'parse error at line 1, col 6: invalid character NUL'],
  ['{app="\ud800"}', 'parse error at line 1, col 6: invalid UTF-8 encoding'],
  ['{app="a"} /* x', 'parse error at line 1, col 11: comment not terminated'],
  ['rate({app="a"}[5m', "parse error at line 0, col 15: missing closing ']' in duration"],
  ['rate({app="a"}[5x])', 'parse error at line 0, col 15: unknown unit "x" in duration "5x"'],
  ['rate({app="a"}[ 5m])', 'parse error at line 0, col 15: not a valid duration string: " 5m"'],
  ['rate({app="a"}[])', 'parse error at line 0, col 15: empty duration string'],
  ['rate({app="a"}[500y])', 'parse error at line 0, col 15: duration out of range'],
  ['1e', 'parse error at line 1, col 1: exponent has no digits'],
  ['089', "parse error at line 1, col 1: invalid digit '8' in octal literal"],
  ['0x', 'parse error at line 1, col 1: hexadecimal literal has no digits'],
  ['1__0', "parse error at line 1, col 1: '_' must separate successive digits"],
  // What makes no sense.
  ['{}', EMPTY],
  ['{app=~".*"}', EMPTY],
  ['{app=""}', EMPTY],
  ['{app!="a", env!~".+x"}', EMPTY],
  ['sum(rate({app=~"a?"}[5m]))', EMPTY],
  ['sum_over_time({app="a"}[5m])', 'parse error : invalid aggregation sum_over_time without unwrap'],
  ['rate_counter({app="a"}[5m])', 'parse error : invalid aggregation rate_counter without unwrap'],
  ['count_over_time({app="a"} | unwrap x [5m])', 'parse error : invalid aggregation count_over_time with unwrap'],
  ['rate({app="a"}[5m]) by (x)', 'parse error : grouping not allowed for rate aggregation'],
  [
    'quantile_over_time({app="a"} | unwrap x [5m])',
    'parse error : parameter required for operation quantile_over_time',
  ],
  ['rate(0.5, {app="a"}[5m])', 'parse error : parameter 0.5 not supported for operation rate'],
  ['topk(rate({app="a"}[5m]))', 'parse error : parameter required for operation topk'],
  ['topk(1.5, rate({app="a"}[5m]))', 'parse error : invalid parameter topk(1.5,'],
  ['topk(0, rate({app="a"}[5m]))', 'parse error : invalid parameter (must be greater than 0) topk(0'],
  ['sum(2, rate({app="a"}[5m]))', 'parse error : unsupported parameter for operation sum(2,'],
  ['approx_topk(2, rate({app="a"}[5m])) by (x)', 'parse error : grouping not allowed for approx_topk aggregation'],
  ['sort(rate({app="a"}[5m])) by (x)', "parse error : sort and sort_desc doesn't allow grouping by "],
  ['vector(1) and 1', 'parse error : unexpected literal for right leg of logical/set binary operation (and): 1.000000'],
  [
    '2 unless vector(1)',
    'parse error : unexpected literal for left leg of logical/set binary operation (unless): 2.000000',
  ],
  ['{app="a"} + 1', 'parse error : unexpected type for left leg of binary operation (+): *syntax.MatchersExpr'],
  ['1 > {app="a"} | json', 'parse error : unexpected type for right leg of binary operation (>): *syntax.PipelineExpr'],
  ['0x10', 'parse error : unable to parse literal as a float: strconv.ParseFloat: parsing "0x10": invalid syntax'],
  [
    'vector(1e999)',
    'parse error : unable to parse vectorExpr as a float: strconv.ParseFloat: parsing "1e999": value out of range',
  ],
  [
    '{app="a"} | x > 0b1',
    'parse error : unable to parse literal as a float: strconv.ParseFloat: parsing "0b1": invalid syntax',
  ],
  // Regular expressions, patterns, templates and the rest of what stages hold.
  ['{app=~"("}', 'parse error : error parsing regexp: missing closing ): `(`'],
  ['{app="a"} |~ "("', 'parse error : stage \'|~ "("\' : error parsing regexp: missing closing ): `(`'],
  ['{app="a"} | x=~"("', 'parse error : error parsing regexp: missing closing ): `(`'],
  ['label_replace(vector(1), "a", "$1", "b", "\\\\q(x")', 'parsed'],
  ['{app="a"} | regexp "("', 'parse error : invalid regexp parser: error parsing regexp: missing closing ): `(`'],
  ['{app="a"} | regexp "(.*)"', 'parse error : invalid regexp parser: at least one named capture must be supplied'],
  ['{app="a"} | regexp "(?P<a>.)(?P<a>.)"', "parse error : invalid regexp parser: duplicate extracted label name 'a'"],
  [
    '{app="a"} | regexp `[(?P<a>)]\\(?P<b>`',
    'parse error : invalid regexp parser: at least one named capture must be supplied',
  ],
  [
    '{app="a"} | pattern ""',
    'parse error : invalid pattern parser: parse error at line 1, col 1: syntax error: unexpected $end, expecting IDENTIFIER or LITERAL',
  ],
  ['{app="a"} | pattern "<_>"', 'parse error : invalid pattern parser: at least one capture is required'],
  [
    '{app="a"} | pattern "<a><_>"',
    "parse error : invalid pattern parser: found consecutive capture '<a><_>': invalid expression",
  ],
  [
    '{app="a"} | pattern "<a> <a>"',
    'parse error : invalid pattern parser: duplicate capture name (a): invalid expression',
  ],
  ['{app="a"} |> "<_> <a>"', "parse error : stage '|> \"<_> <a>\"' : named captures are not allowed: found '<a>'"],
  ['{app="a"} |= "x" or ip("1.2.3")', 'parse error : stage \'|= "x" or ip("1.2.3")\' : ip: invalid pattern: "1.2.3"'],
  [
    '{app="a"} | json |= "x" |~ "(" | b=ip("c")',
    'parse error : stage \'|= "x" |~ "("\' : error parsing regexp: missing closing ): `(`',
  ],
  [
    '{app="a"} | line_format "{{nope}}" |~ "("',
    'parse error : stage \'| line_format "{{nope}}"\' : invalid line template: template: line:1: function "nope" not defined',
  ],
  ['{app="a"} |~ ip("1.2.3.4")', 'parse error : stage \'|~ ip("1.2.3.4")\' : ip: invalid operation'],
  [
    '{app="a"} | x=ip("1.2.3.4/33")',
    'parse error : stage \'| x=ip("1.2.3.4/33")\' : ip: invalid pattern: "1.2.3.4/33"',
  ],
  [
    'sum_over_time({app="a"} | unwrap x | y=ip("z") [5m])',
    'parse error : stage \'| y=ip("z")\' : ip: invalid pattern: "z"',
  ],
  [
    '{app="a"} | json a="b c"',
    'parse error : stage \'| json a="b c"\' : cannot parse expression [b c]: syntax error: unexpected FIELD',
  ],
  [
    '{app="a"} | logfmt a="b c"',
    'parse error : stage \'| logfmt a="b c"\' : cannot parse expression [b c]: syntax error: unexpected KEY',
  ],
  [
    '{app="a"} | line_format "{{nope}}"',
    'parse error : stage \'| line_format "{{nope}}"\' : invalid line template: template: line:1: function "nope" not defined',
  ],
  [
    '{app="a"} | label_format b="{{nope}}"',
    'parse error : stage \'| label_format b="{{nope}}"\' : invalid template for label \'b\': template: line:1: function "nope" not defined',
  ],
  [
    '{app="a"} | label_format b=c,b="d"',
    "parse error : stage '| label_format b=c,b=\"d\"' : multiple label name 'b' not allowed in a single format operation",
  ],
  [
    '{app="a"} | label_format __error__="x"',
    'parse error : stage \'| label_format __error__="x"\' : __error__ cannot be formatted',
  ],
])('%s', (text, fault) => {
  expect(faultOf(text)).toBe(fault);
});

test('an error has the place that its text names', () => {
  expect(() => parseQuery('{app="a"}\n | x = @')).toThrow(
    expect.objectContaining({ line: 2, column: 8, name: 'LogqlError' }),
  );
  expect(() => parseQuery('{}')).toThrow(expect.objectContaining({ line: 0, column: 0 }));
});

test.each([
  ['brackets', '('.repeat(100_000)],
  ['functions', 'sum('.repeat(30_000)],
  ['ranges', `rate(${'('.repeat(100_000)}`],
  ['powers', `vector(1)${' ^ vector(1)'.repeat(5000)}`],
  ['sums', `vector(1)${' + vector(1)'.repeat(5000)}`],
  ['label filters by comma', `{a="b"} | a="b"${', a="b"'.repeat(10_000)}`],
  ['label filters by or', `{a="b"} | a="b"${' or a="b"'.repeat(10_000)}`],
  ['brackets in label filters', `{a="b"} | ${'('.repeat(100_000)}`],
])('what nests too deeply is refused: %s', (_, text) => {
  expect(faultOf(text)).toBe('parse error : query is nested too deeply (more than 500 levels)');
});

test('the size is counted in bytes', () => {
  const around = (length: number): string => `{app="${'ä'.repeat(length)}"}`;
  expect(faultOf(around(65_531))).toBe('parsed');
  expect(faultOf(around(65_532))).toBe('parse error : input size too long (131072 > 131072)');
});

test.each([
  ['{}', []],
  ['({app=~".*"})', [{ name: 'app', op: '=~', value: '.*' }]],
])('%s is a selector', (text, matchers) => {
  expect(parseSelector(text)).toEqual(matchers);
});

test.each([
  ['{app="a"} |= "x"', 'only label matchers are supported'],
  ['vector(1)', 'only label matchers are supported'],
  ['app', 'parse error at line 1, col 1: syntax error: unexpected IDENTIFIER'],
])('%s is none', (text, fault) => {
  expect(() => parseSelector(text)).toThrow(fault);
});
