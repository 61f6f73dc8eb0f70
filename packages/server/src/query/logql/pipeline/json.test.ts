import { describe, expect, test } from 'vitest';
import { compilePipeline } from './index.ts';
import { labelsText, parsedText, type RowParts, rowOf } from './run-one.testing.ts';

const ERROR = (details: string) => `__error__=JSONParserErr __error_details__=${JSON.stringify(details)}`;
const NO_OBJECT = ERROR("Value looks like object, but can't find closing '}' symbol");
const NO_ARRAY = ERROR("Value is array, but can't find closing ']' symbol");
const NO_STRING = ERROR(`Value is string, but can't find closing '"' symbol`);
const MALFORMED = ERROR('Malformed JSON error');
const UNKNOWN = ERROR('Unknown value type');
const BAD_ESCAPE = ERROR('Encountered an invalid escape sequence in a string');

describe('json', () => {
  const cases: [line: string, expected: string, parts?: RowParts][] = [
    ['{}', ''],
    ['{ }', ''],
    ['  \t\n{"a":1}', 'a=1'],
    ['{"a":"x","b":2,"c":true,"d":false}', 'a=x b=2 c=true d=false'],
    ['{ "a" : "x" , "b" : 2 }', 'a=x b=2'],
    // Numbers keep the text they were written in.
    ['{"a":1.50}', 'a=1.50'],
    ['{"a":1e3,"b":-0.0,"c":1E+5}', 'a=1e3 b=-0.0 c="1E+5"'],
    ['{"a":123456789012345678901234567890}', 'a=123456789012345678901234567890'],
    ['{"a":12abc}', 'a=12abc'],
    ['{"a":"","b":null,"c":[1,"x",{"y":1}]}', 'a=""'],
    ['{"a":{"b":{"c":"deep"},"d":1}}', 'a_b_c=deep a_d=1'],
    ['{"price":{"_net_":5.5}}', 'price__net_=5.5'],
    ['{"cou-nter":1,"a.b":2,"a b":3}', 'a_b=2 cou_nter=1'],
    ['{"é":1,"😀x":2}', '_=1 _x=2'],
    ['{"1st":1,"a":{"2nd":2}}', '_1st=1 a_2nd=2'],
    ['{" ":1,"":2}', ''],
    ['{" ":{"x":1},"":{"2y":2}}', '_2y=2 x=1'],
    ['{"a":{"":1,"b":2}}', 'a=1 a_b=2'],
    ['{" a ":1}', 'a=1'],
    // The first of equal names counts.
    ['{"a":1,"a":2}', 'a=1'],
    ['{"a_b":1,"a":{"b":2}}', 'a_b=1'],
    ['{"a-b":1,"a.b":2}', 'a_b=1'],
    // Text behind the object does not matter, nor does a comma before its end.
    ['{"a":1} trailing {"b":2', 'a=1'],
    ['{"a":1,}', 'a=1'],
    // Names of the stream and of structured metadata are taken.
    ['{"app":"x"}', 'app_extracted=x'],
    ['{"app":{"x":1}}', 'app_x=1'],
    ['{"pod":{"id":1}}', 'pod_id_extracted=1', { stream: { pod_id: 's' } }],
    ['{"level":"x"}', 'level_extracted=x', { metadata: { level: 'info' } }],
    ['{"app":"x","app_extracted":"y"}', 'app_extracted=x'],
    // Escapes.
    [String.raw`{"a":"q\"b\\c\/d"}`, String.raw`a="q\"b\\c/d"`],
    [String.raw`{"a":"\b\f\n\r\t"}`, String.raw`a="\b\f\n\r\t"`],
    [String.raw`{"a":"\u00e9\u4e2d"}`, 'a="é中"'],
    [String.raw`{"a":"\ud83d\ude00"}`, 'a="😀"'],
    [String.raw`{"a":"\ud83d"}`, 'a=""'],
    [String.raw`{"a":"\ud83dx","b":1}`, 'a="" b=1'],
    [String.raw`{"a":"\x41","b":1}`, 'a="" b=1'],
    [String.raw`{"a":"\u12"}`, 'a=""'],
    [String.raw`{"k\u0065y":1}`, 'key=1'],
    [String.raw`{"a\"b":1}`, 'a_b=1'],
    [String.raw`{"a":"x\\"}`, String.raw`a="x\\"`],
    ['{"a":"x\ufffdy"}', 'a="x y"'],
    ['{"a":"x{y}[","b":1}', 'a="x{y}[" b=1'],
    // Faults; what was found before them stays.
    ['', NO_OBJECT],
    ['plain text', NO_OBJECT],
    ['[{"a":1}]', NO_OBJECT],
    ['"a"', NO_OBJECT],
    ['{', MALFORMED],
    ['{n}', NO_OBJECT],
    ['{"a":1', `${ERROR("Value is array, but can't find closing ']' symbol")} a=1`],
    ['{"a":1 "b":2}', `${NO_OBJECT} a=1`],
    ['{"a":1,"b', `${MALFORMED} a=1`],
    ['{"a":1,"b"', `${MALFORMED} a=1`],
    ['{"a":1,"b":', `${MALFORMED} a=1`],
    ['{"a":1,"b":"x', `${NO_STRING} a=1`],
    ['{"a":1,"b":[1,2', `${NO_ARRAY} a=1`],
    // A nested object without end gives nothing of what is in it.
    ['{"a":1,"b":{"c":2', `${NO_OBJECT} a=1`],
    ['{"a":1,"b":{"c":2 x}}', `${NO_OBJECT} a=1 b_c=2`],
    ['{"a":1,"b":tru}', `${UNKNOWN} a=1`],
    ['{"a":1,"b":undefined}', `${UNKNOWN} a=1`],
    ['{"a":1,"b":}', `${UNKNOWN} a=1`],
    [String.raw`{"a":1,"b\x":2}`, `${BAD_ESCAPE} a=1`],
    ['{"a":1;"b":2}', 'a="1;\\"b\\":2"'],
  ];
  test.each(cases)('%s', (line, expected, parts) => {
    expect(parsedText('| json', line, parts)).toBe(expected);
  });

  test('is not recursive without end', () => {
    const line = `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`;
    expect(parsedText('| json', line)).toBe('');
  });

  test('rows of other key orders and streams do not change each other', () => {
    const pipeline = compilePipeline([{ kind: 'json', extractions: [] }]);
    const read = (line: string, stream: Record<string, string>): string => {
      const result = pipeline.run(rowOf(line, { stream }));
      return result === null ? '' : labelsText(result.parsed);
    };
    expect(read('{"a":1,"b":2,"c":{"d":3}}', {})).toBe('a=1 b=2 c_d=3');
    expect(read('{"b":2,"c":{"d":3},"a":1}', { b: 'x' })).toBe('a=1 b_extracted=2 c_d=3');
    expect(read('{"a":1,"bb":2,"c":{"dd":3,"d":4}}', {})).toBe('a=1 bb=2 c_d=4 c_dd=3');
    expect(read('{"a":1,"b":2}', {})).toBe('a=1 b=2');
  });

  test('keys without end do not stay in memory, and labels stay right', () => {
    const pipeline = compilePipeline([{ kind: 'json', extractions: [] }]);
    for (let i = 0; i < 5000; i++) {
      const result = pipeline.run(rowOf(`{"key${i}":1,"same":2}`));
      if (i % 999 === 0)
        expect(result?.parsed).toEqual([
          [`key${i}`, '1'],
          ['same', '2'],
        ]);
    }
  });
});

describe('json with expressions', () => {
  const line =
    '{"app":"foo","n":{"id":7,"ok":true,"none":null,"o":{"p":[1, {"q":"r"}]}},"list":["x",{"y":"z\\n"},[3,4]]}';
  const cases: [stage: string, line: string, expected: string, parts?: RowParts][] = [
    ['json a="n.id"', line, 'a=7'],
    ['json a="n.ok", b="n.none"', line, 'a=true b=""'],
    ['json list="list[0]"', line, 'list=x'],
    ['json a="list[1].y"', line, 'a="z\\n"'],
    ['json a="list[2][1]"', line, 'a=4'],
    ['json a="list[9]"', line, 'a=""'],
    ['json a="n.o.p[1].q"', line, 'a=r'],
    ['json a="[\\"n\\"][\\"id\\"]"', line, 'a=7'],
    ['json a="n.o"', line, 'a="{\\"p\\":[1, {\\"q\\":\\"r\\"}]}"'],
    ['json a="n.o.p"', line, 'a="[1, {\\"q\\":\\"r\\"}]"'],
    ['json n', '{"n":"x"}', 'n=x'],
    ['json missing, n="n.id"', line, 'missing="" n=7'],
    ['json a="n.id.deeper"', line, 'a=""'],
    ['json a="app[0]"', line, 'a=""'],
    // The first of equal keys.
    ['json a="a"', '{"a":1,"a":2}', 'a=1'],
    ['json a="a.b"', '{"a":{"x":1},"a":{"b":2}}', 'a=2'],
    ['json a="[1]"', '[1,2,3]', 'a=2'],
    [String.raw`json a="k\"y"`.replace(String.raw`k\"y`, 'kxy'), String.raw`{"k\u0078y":1}`, 'a=1'],
    // A name of the stream or the metadata is taken; a missing value then sets nothing.
    ['json app', line, 'app_extracted=foo'],
    ['json app="nope"', line, ''],
    ['json level="app"', line, 'level_extracted=foo', { metadata: { level: 'x' } }],
    // Only what is no JSON from its first character on is an error, without details.
    ['json a', '', ''],
    ['json a', 'plain', '__error__=JSONParserErr'],
    ['json a', ' {"a":1}', '__error__=JSONParserErr'],
    ['json a', '{"a":1', 'a=1'],
    ['json a', '{"b":', 'a=""'],
    [
      'json a',
      '{"a":"x',
      '__error__=JSONParserErr __error_details__="Value is string, but can\'t find closing \'\\"\' symbol" a=""',
    ],
    ['json a', '"text"', 'a=""'],
  ];
  test.each(cases)('%s of %s', (stage, text, expected, parts) => {
    expect(parsedText(`| ${stage}`, text, parts)).toBe(expected);
  });
});

describe('unpack', () => {
  const cases: [line: string, text: string | null, expected: string, parts?: RowParts][] = [
    ['{"job":"1","n":2,"_entry":"the \\"line\\""}', 'the "line"', 'job=1'],
    ['{"_entry":"x","po.d":"p","o":{"a":"b"}}', 'x', 'po_d=p'],
    ['{"_entry":"x","app":"p"}', 'x', 'app_extracted=p'],
    ['{"_entry":"","a":"b"}', '', 'a=b'],
    ['{"job":"1"}', null, ''],
    ['{"job":"1","_entry":5}', null, ''],
    ['', null, ''],
    ['plain', null, '__error__=JSONParserErr __error_details__="expecting json object(6), but it is not"'],
    [' {"_entry":"x"}', null, '__error__=JSONParserErr __error_details__="expecting json object(6), but it is not"'],
    ['{"_entry":"x"', null, NO_ARRAY],
    ['{"_entry":"\\x"}', null, BAD_ESCAPE],
  ];
  test.each(cases)('%s', (line, text, expected, parts) => {
    expect(parsedText('| unpack', line, parts)).toBe(expected);
    expect(compilePipeline([{ kind: 'unpack' }]).run(rowOf(line, parts))?.line).toBe(text ?? line);
  });
});
