import { describe, expect, test } from 'vitest';
import { labelsText, parsedText, type RowParts, runStages } from './run-one.testing.ts';

describe('line filters', () => {
  const cases: [filter: string, line: string, passes: boolean][] = [
    ['|= "GET"', 'a GET b', true],
    ['|= "get"', 'a GET b', false],
    ['|= ""', '', true],
    ['!= "GET"', 'a GET b', false],
    ['!= "x"', 'a GET b', true],
    ['!= ""', 'anything', false],
    ['|= "a" or "b"', 'xb', true],
    ['|= "a" or "b"', 'xc', false],
    ['!= "a" or "b"', 'xb', false],
    ['!= "a" or "b"', 'xc', true],
    ['|~ "a.c"', 'xabcx', true],
    ['|~ "a.c"', 'a\nc', false],
    ['|~ "(?s)a.c"', 'a\nc', true],
    ['|~ "(?i)error"', 'an ERROR', true],
    ['|~ "(?i)(?i)error"', 'an ErRoR', true],
    ['|~ ""', 'x', true],
    ['!~ ""', 'x', false],
    ['|~ "^GET"', 'GET /', true],
    ['|~ "^GET"', 'x GET /', false],
    ['|~ "a" or "b"', 'b', true],
    ['!~ "a|b"', 'c', true],
    ['!~ "a" or "b"', 'b', false],
    ['|= "a" |= "b" != "c"', 'ab', true],
    ['|= "a" |= "b" != "c"', 'abc', false],
    // A walk along the literals, not a regular expression.
    ['|> "<_> bar"', 'x bar', true],
    ['|> "<_> bar"', 'x bar y bar', false],
    ['|> "foo <_>"', 'x foo y', true],
    ['|> "foo <_>"', 'foo ', false],
    ['|> "<_>foo"', 'foo', false],
    ['|> "foo"', 'foo', true],
    ['|> "foo"', 'x foo', true],
    ['|> "foo"', 'foo x', false],
    ['|> "<_>"', 'x', true],
    ['|> "<_>"', '', false],
    ['|> ""', '', true],
    ['|> ""', 'x', false],
    ['|> "a<_>b<_>c"', 'a1b2c', true],
    ['|> "a<_>b<_>c"', 'ab2c', false],
    ['|> "<_>GET <_> HTTP<_>"', '"GET /x HTTP/1.1"', true],
    ['!> "<_> bar"', 'x bar', false],
    ['!> "<_> bar"', 'x baz', true],
    ['|> "a <_>" or "b <_>"', 'b 1', true],
    ['!> "a <_>" or "b <_>"', 'b 1', false],
    ['|> "<1a>x"', '<1a>x', true],
    // Addresses inside of the line.
    ['|= ip("192.168.0.1")', 'vpn 192.168.0.1 up', true],
    ['|= ip("192.168.0.1")', 'vpn 192.168.0.12 up', false],
    ['|= ip("192.168.0.1")', '192.168.0.1', true],
    ['|= ip("192.168.0.1")', 'addr=192.168.0.1:8080', true],
    ['|= ip("192.168.0.1")', 'a 192.168.0.5, 192.168.0.1', true],
    ['|= ip("192.168.4.5/16")', 'x 192.168.255.255 y', true],
    ['|= ip("192.168.4.5/16")', 'x 192.172.6.1 y', false],
    ['|= ip("192.168.0.1-192.189.10.12")', 'x 192.172.6.1 y', true],
    ['|= ip("192.168.0.1-192.189.10.12")', 'x 192.255.0.1 y', false],
    ['|= ip("::1")', 'vpn ::1 up', true],
    ['|= ip("::1")', 'to ::1', true],
    ['|= ip("2001:db8::/32")', 'x 2001:dc8::1 and 2001:db8::2', true],
    ['|= ip("2001:db8::1-2001:db8::8")', 'x 2001:db8::9', false],
    ['|= ip("2001:DB8::5")', 'x 2001:db8:0:0::5 y', true],
    ['|= ip("0.0.0.0/0")', 'x ::1 y', false],
    ['|= ip("0.0.0.0/0")', 'version 1.2.3', false],
    ['|= ip("0.0.0.0/0")', '999.1.1.1', false],
    ['|= ip("0.0.0.0/0")', '', false],
    ['!= ip("192.168.0.1")', 'no address', true],
    ['!= ip("192.168.0.1")', 'at 192.168.0.1', false],
    ['!= ip("192.168.0.1") or "x"', 'at 10.0.0.1 x', false],
    // Behind a parser a filter is still on the line; behind line_format on the new one.
    ['| json |= "b"', '{"a":"b"}', true],
    ['| json | line_format "{{.a}}" |= "{"', '{"a":"b"}', false],
    ['| json | line_format "{{.a}}" |= "b"', '{"a":"b"}', true],
    ['| decolorize |= "red"', '\u001b[31mr\u001b[0med', true],
    ['| unpack |= "x y"', '{"_entry":"x y"}', true],
  ];
  test.each(cases)('%s of %j', (filter, line, passes) => {
    expect(runStages(filter, line) !== null).toBe(passes);
  });
});

describe('label filters', () => {
  const passes: [filter: string, labels: Record<string, string>, passes: boolean][] = [
    ['a="x"', { a: 'x' }, true],
    ['a="x"', { a: 'xy' }, false],
    ['a=""', {}, true],
    ['a!=""', {}, false],
    ['a!="x"', {}, true],
    ['a=~"x.*"', { a: 'xyz' }, true],
    ['a=~"x"', { a: 'xyz' }, false],
    ['a=~"x|yz"', { a: 'yz' }, true],
    ['a=~"x|yz"', { a: 'y' }, false],
    ['a!~"x.+"', { a: 'x' }, true],
    ['a!~".+"', {}, true],
    ['a=~".*"', {}, true],
    ['a=~".+"', { a: 'x\ny' }, true],
    ['a=~"x.y"', { a: 'x\ny' }, false],
    ['a=~"(?i)warn"', { a: 'WARN' }, true],
    // Absent labels fall out of comparisons, whatever the operator.
    ['a>5', {}, false],
    ['a!=5', {}, false],
    ['a<5', { a: '4.9' }, true],
    ['a==5', { a: '5.0' }, true],
    ['a=5', { a: '5e0' }, true],
    ['a>=5', { a: '5' }, true],
    ['a<=5', { a: '5.1' }, false],
    ['a>5', { a: 'Inf' }, true],
    ['a!=5', { a: 'NaN' }, true],
    ['a>-1', { a: '0' }, true],
    ['a>1s', { a: '1500ms' }, true],
    ['a>1s', { a: '1s' }, false],
    ['a<1h', { a: '59m59.9s' }, true],
    ['a>=1d', { a: '24h' }, true],
    ['a==1500us', { a: '1.5ms' }, true],
    ['a!=1s', { a: '1000ms' }, false],
    ['a>1KB', { a: '1000' }, false],
    ['a>1KB', { a: '1001B' }, true],
    ['a>=1KiB', { a: '1,024' }, true],
    ['a==2MB', { a: '2mb' }, true],
    ['a<1KB', { a: '0.9k' }, true],
    ['a=ip("10.0.0.0/8")', { a: '10.1.2.3' }, true],
    ['a=ip("10.0.0.0/8")', { a: 'at 10.1.2.3!' }, true],
    ['a=ip("10.0.0.0/8")', { a: '11.1.2.3' }, false],
    ['a!=ip("10.0.0.0/8")', { a: '11.1.2.3' }, true],
    ['a!=ip("10.0.0.0/8")', { a: 'none' }, true],
    ['a!=ip("10.0.0.0/8")', {}, false],
    ['a=ip("10.0.0.0/8")', {}, false],
    ['a="x" and b="y"', { a: 'x', b: 'y' }, true],
    ['a="x", b="y"', { a: 'x', b: 'z' }, false],
    ['a="x" b="y"', { a: 'x', b: 'y' }, true],
    ['a="x" or b="y"', { b: 'y' }, true],
    ['a="x" or b="y" and c="z"', { a: 'x' }, true],
    ['(a="x" or b="y") and c="z"', { a: 'x' }, false],
  ];
  test.each(passes)('%s of %j', (filter, metadata, expected) => {
    expect(runStages(`| ${filter}`, '', { metadata }) !== null).toBe(expected);
    // The same of labels that the stream has, and of parsed ones.
    expect(runStages(`| ${filter}`, '', { stream: metadata }) !== null).toBe(expected);
    expect(runStages(`| json | ${filter}`, JSON.stringify(metadata)) !== null).toBe(expected);
  });

  const NUMBER = (text: string) => `strconv.ParseFloat: parsing ${JSON.stringify(text)}: invalid syntax`;
  const errors: [filter: string, labels: Record<string, string>, details: string | null][] = [
    ['a>5', { a: 'x' }, NUMBER('x')],
    ['a!=5', { a: '' }, NUMBER('')],
    ['a>5', { a: '1_0x' }, NUMBER('1_0x')],
    ['a>5', { a: '1e400' }, 'strconv.ParseFloat: parsing "1e400": value out of range'],
    ['a>1s', { a: '2weeks' }, 'time: unknown unit "weeks" in duration "2weeks"'],
    ['a>1s', { a: '5' }, 'time: missing unit in duration "5"'],
    ['a>1s', { a: '1d' }, 'time: unknown unit "d" in duration "1d"'],
    ['a>1s', { a: '' }, 'time: invalid duration ""'],
    ['a>1KB', { a: '2qb' }, 'unhandled size name: qb'],
    // `or` does not look at its right side when the left is true; `and` always does.
    ['b="y" or a>5', { a: 'x', b: 'y' }, null],
    ['a>5 or b="y"', { a: 'x', b: 'y' }, NUMBER('x')],
    ['b="y" and a>5', { a: 'x', b: 'y' }, NUMBER('x')],
    // The first failing filter says what is wrong.
    ['a>5 and b>1s', { a: 'x', b: 'y' }, NUMBER('x')],
    ['a>5 | b>1s', { a: 'x', b: 'y' }, NUMBER('x')],
  ];
  test.each(errors)('%s of %j keeps the row with an error', (filter, metadata, details) => {
    const expected = details === null ? '' : `__error__=LabelFilterErr __error_details__=${JSON.stringify(details)}`;
    expect(parsedText(`| ${filter}`, '', { metadata })).toBe(expected);
  });

  test('a comparison with another that fails drops its row without trouble', () => {
    expect(parsedText('| a>5 and b="z"', '', { metadata: { a: 'x', b: 'y' } })).toBe('dropped');
  });

  const withErrors: [stages: string, line: string, expected: string][] = [
    ['| json | __error__=""', 'x', 'dropped'],
    ['| json | __error__!=""', '{}', 'dropped'],
    ['| json | __error__="JSONParserErr" | drop __error_details__', 'x', '__error__=JSONParserErr'],
    ['| json | __error__=~"JSON.*" | drop __error_details__', 'x', '__error__=JSONParserErr'],
    ['| json | __error__!~".+"', 'x', 'dropped'],
    // A filter's error does not hide the parser's; an ip filter lets rows with errors pass.
    ['| json | n>5 | drop __error_details__', '{"n":"x"', '__error__=JSONParserErr n=x'],
    ['| json | a=ip("10.0.0.0/8") | drop __error_details__', '{"a":"11.1.1.1"', '__error__=JSONParserErr a=11.1.1.1'],
    ['| json | missing>5', 'x', 'dropped'],
    // Details are no label to filters.
    ['| json | __error_details__="" | drop __error_details__', 'x', '__error__=JSONParserErr'],
  ];
  test.each(withErrors)('%s of %s', (stages, line, expected) => {
    expect(parsedText(stages, line)).toBe(expected);
  });

  test('a filter behind a parser does not see what the parser sets under another name', () => {
    const stream = { status: '500' };
    expect(parsedText('| json | status="500"', '{"status":"200"}', { stream })).toBe('status_extracted=200');
    expect(parsedText('| json | status_extracted="500"', '{"status":"200"}', { stream })).toBe('dropped');
  });

  test('filters that do not follow a parser directly see the labels as they are then', () => {
    expect(parsedText('| json | label_format a="x" | a="x"', '{"a":"y"}')).toBe('a=x');
    expect(parsedText('| json | drop a | a=""', '{"a":"y","b":"1"}')).toBe('b=1');
    expect(parsedText('| a="" | json', '{"a":"y"}')).toBe('a=y');
  });
});

describe('numbers of labels in metadata and stream', () => {
  const cases: [filter: string, parts: RowParts, expected: string][] = [
    ['n>1', { stream: { n: '2' } }, 'n=2'],
    ['n>1', { stream: { n: 'x' } }, 'n=x'],
    ['n>1', { metadata: { n: '2' }, stream: {} }, ''],
  ];
  test.each(cases)('%s of %j', (filter, parts, expected) => {
    expect(labelsText(runStages(`| ${filter}`, '', parts)?.stream ?? [])).toBe(expected);
  });
});
