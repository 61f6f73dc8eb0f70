import { describe, expect, test } from 'vitest';
import { parsedText, type RowParts } from './run-one.testing.ts';

const FAULT = (details: string) =>
  `__error__=LogfmtParserErr __error_details__=${JSON.stringify(`logfmt syntax error at pos ${details}`)}`;

describe('logfmt', () => {
  const cases: [line: string, expected: string, strict?: string, parts?: RowParts][] = [
    ['', ''],
    ['   ', ''],
    ['a=1 b=two', 'a=1 b=two'],
    ['a=1\tb=2\nc=3', 'a=1 b=2 c=3'],
    ['a="x y" b="q\\"r" c="\\n\\t\\\\\\/"', 'a="x y" b="q\\"r" c="\\n\\t\\\\/"'],
    ['a="\\u00e9\\ud83d\\ude00"', 'a="é😀"'],
    ['a="\\ud83d"', 'a=" "'],
    ['a="\\\'"', 'a="\'"'],
    // No blank is needed behind a quoted value.
    ['a="x"b=2', 'a=x b=2'],
    ['a= b=2 c="" d', 'b=2'],
    ['a=1 a=2', 'a=1'],
    ['a= a=2', 'a=2'],
    ['app=x', 'app_extracted=x'],
    ['level=x', 'level_extracted=x', undefined, { metadata: { level: 'y' } }],
    ['foo.bar=1 te-st=2 1x=3 é=4', '_=4 _1x=3 foo_bar=1 te_st=2'],
    ['\u00a0=1 b=2', 'b=2'],
    ['a=x\ufffdy', 'a="x y"'],
    ['url=http://x/?q', 'url="http://x/?q"'],
    // Malformed pairs are passed over to the next blank; with --strict they end it.
    ['x====y=1 b=2', 'b=2', FAULT("3 : unexpected '='")],
    ['a=1 =x b=2', 'a=1 b=2', `${FAULT("5 : unexpected '='")} a=1`],
    ['a=1 k"ey=2 b=3', 'a=1 b=3', `${FAULT(`6 : unexpected '"'`)} a=1`],
    ['a=b=c d=1', 'd=1', FAULT("4 : unexpected '='")],
    ['a=b"c d=1', 'd=1', FAULT(`4 : unexpected '"'`)],
    ['a=1 b="x', 'a=1', `${FAULT('9 : unterminated quoted value')} a=1`],
    ['a=1 b="\\q" c=2', 'a=1 c=2', `${FAULT('11 : invalid quoted value')} a=1`],
    ['a=1 b\ufffd=2 c=3', 'a=1 c=3', `${FAULT('9 : invalid key')} a=1`],
    ['é=1 é==2 c=3', '_=1 c=3', `_=1 ${FAULT("9 : unexpected '='")}`],
    ['{"a":1}', '', FAULT(`2 : unexpected '"'`)],
    ['plain words only', ''],
  ];
  test.each(cases)('%s', (line, expected, strict, parts) => {
    expect(parsedText('| logfmt', line, parts)).toBe(expected);
    expect(parsedText('| logfmt --strict', line, parts)).toBe(strict ?? expected);
  });

  const withEmpty: [line: string, expected: string][] = [
    ['a= b=2 c="" d', 'a="" b=2 c="" d=""'],
    ['a= a=2', 'a=""'],
    ['plain words', 'plain="" words=""'],
  ];
  test.each(withEmpty)('--keep-empty %s', (line, expected) => {
    expect(parsedText('| logfmt --keep-empty', line)).toBe(expected);
  });

  const keys: [stage: string, line: string, expected: string, parts?: RowParts][] = [
    ['logfmt a="key", b', 'key=1 b=2 c=3', 'a=1 b=2'],
    ['logfmt a, missing', 'a=1', 'a=1 missing=""'],
    ['logfmt a="foo_bar"', 'foo.bar=1', 'a=1'],
    ['logfmt a="k", b="k"', 'k=1', 'a=1 b=1'],
    // Of several the last counts here.
    ['logfmt a', 'a=1 a=2', 'a=2'],
    ['logfmt a', 'a=', 'a=""'],
    ['logfmt app', 'app=x', 'app_extracted=x'],
    ['logfmt app', 'b=x', ''],
    ['logfmt lvl="level"', 'level=x', 'lvl=x', { metadata: { level: 'y' } }],
    ['logfmt --strict a', 'a=1 =x', `${FAULT("5 : unexpected '='")} a=1`],
    ['logfmt a', 'x==1 a=1', 'a=1'],
  ];
  test.each(keys)('%s of %s', (stage, line, expected, parts) => {
    expect(parsedText(`| ${stage}`, line, parts)).toBe(expected);
  });
});

describe('regexp', () => {
  const cases: [pattern: string, line: string, expected: string, parts?: RowParts][] = [
    ['(?P<m>\\w+) (?P<p>\\S+)', 'GET /x HTTP', 'm=GET p=/x'],
    ['(?<m>\\w+)', 'abc', 'm=abc'],
    ['(?P<a>x)|(?P<b>y)', 'y', 'a="" b=y'],
    ['(?P<a>.*)buzz', 'one buzz two buzz', 'a="one buzz two "'],
    ['(?P<a>.*?)buzz', 'one buzz two buzz', 'a="one "'],
    ['(?P<a>nope)', 'text', ''],
    ['(?P<app>\\w+)', 'x', 'app_extracted=x'],
    ['(?P<level>\\w+)', 'x', 'level_extracted=x', { metadata: { level: 'y' } }],
    ['(x)(?P<a>\\d+)', 'x12', 'a=12'],
    ['(?i)level=(?P<l>\\w+)', 'LEVEL=warn', 'l=warn'],
    ['a(?P<r>.+)b', 'a\nb', ''],
    ['(?s)a(?P<r>.+)b', 'a\nb', 'r="\\n"'],
    ['(?P<r>(ab)+)', 'ababab', 'r=ababab'],
  ];
  test.each(cases)('%s of %j', (pattern, line, expected, parts) => {
    expect(parsedText(`| regexp \`${pattern}\``, line, parts)).toBe(expected);
  });
});

describe('pattern', () => {
  const cases: [pattern: string, line: string, expected: string, parts?: RowParts][] = [
    ['foo <a> bar', 'foo buzz bar', 'a=buzz'],
    ['foo <a> bar<b>', 'foo buzz bar', 'a=buzz b=""'],
    ['<a>foo <b> bar', 'foo buzz bar', 'a="" b=buzz'],
    ['<a>', ' any ', 'a=" any "'],
    ['<path>?<_>', '/a/b?x=1', 'path=/a/b'],
    ['<path>?<_>', '/a/b', 'path=/a/b'],
    // What lacks its literal takes the rest; the others are not set.
    ['<a> - <b> - <c>', '1 - 2', 'a=1 b=2'],
    ['<a> <b>|<c>', 'x y z', 'a=x b="y z"'],
    ['[<a>] <b>', 'no bracket', ''],
    ['[<a>] <b>', ' [x] y', ''],
    ['<a> <_> <b>', '1 2 3', 'a=1 b=3'],
    ['<a>', '', ''],
    ['<ip> - <user> [<_>] "<method> <p>"', '1.2.3.4 - bob [now] "GET /x"', 'ip=1.2.3.4 method=GET p=/x user=bob'],
    ['uni <e> code', 'uni 🤷 code', 'e="🤷"'],
    ['▶ <a>', '▶ x', 'a=x'],
    ['<app> <level>', 'x y', 'app_extracted=x level_extracted=y', { metadata: { level: 'z' } }],
    ['<1a> <b>', '<1a> x', 'b=x'],
  ];
  test.each(cases)('%s of %s', (pattern, line, expected, parts) => {
    expect(parsedText(`| pattern \`${pattern}\``, line, parts)).toBe(expected);
  });
});

describe('parsers one after another', () => {
  const cases: [stages: string, line: string, expected: string][] = [
    // The first to find a name keeps it.
    ['| json | logfmt', '{"a":1} a=2 b=3', 'a=1 b=3'],
    ['| logfmt | regexp `(?P<a>\\w+)$`', 'a=1 zzz', 'a=1'],
    ['| json | drop a | logfmt', '{"a":1} a=2', ''],
    ['| json a | json', '{"a":1,"b":2}', 'a=1 b=2'],
    ['| label_format a="x" | json', '{"a":1,"b":2}', 'a=x b=2'],
    // Errors: the later parser's stays.
    ['| json | logfmt --strict', 'a==1', `${FAULT("3 : unexpected '='")}`],
    [
      '| logfmt --strict | json',
      'a==1',
      "__error__=JSONParserErr __error_details__=\"Value looks like object, but can't find closing '}' symbol\"",
    ],
    [
      '| line_format "{{.inner}}" | json',
      '{"inner":"x"}',
      "__error__=JSONParserErr __error_details__=\"Value looks like object, but can't find closing '}' symbol\"",
    ],
    ['| json inner | line_format "{{.inner}}" | json', '{"inner":"{\\"z\\":1}"}', 'inner="{\\"z\\":1}" z=1'],
  ];
  test.each(cases)('%s of %s', (stages, line, expected) => {
    expect(parsedText(stages, line)).toBe(expected);
  });
});
