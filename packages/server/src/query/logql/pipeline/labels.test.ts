import { describe, expect, test } from 'vitest';
import { compilePipeline, mergedLabels } from './index.ts';
import { labelsText, type RowParts, rowOf, runStages, stageOf } from './run-one.testing.ts';

/** `stream | metadata | parsed`. */
function categories(stages: string, line: string, parts?: RowParts): string {
  const result = runStages(stages, line, parts);
  if (result === null) return 'dropped';
  return [result.stream, result.metadata, result.parsed].map(labelsText).join(' | ');
}

const META: RowParts = { metadata: { level: 'info', trace: 't' } };

describe('categories', () => {
  const cases: [stages: string, line: string, expected: string, parts?: RowParts][] = [
    ['', 'x', 'app=web |  | '],
    ['', 'x', 'app=web | level=info trace=t | ', META],
    ['', 'x', 'app=web | a=1 b=2 | ', { metadata: { b: '2', a: '1' } }],
    ['', 'x', 'app=web | app_extracted=x | ', { metadata: { app: 'x' } }],
    ['', 'x', 'app=web | e="" | ', { metadata: { e: '' } }],
    ['| json', '{"z":1,"b":2}', 'app=web | level=info trace=t | b=2 z=1', META],
    ['| json', '{"app":"p","level":"q"}', 'app=web | level=info trace=t | app_extracted=p level_extracted=q', META],
    // Where metadata and line both want the same `_extracted`, the line has it.
    ['| json', '{"app":"p"}', 'app=web |  | app_extracted=p', { metadata: { app_extracted: 's' } }],
    ['| json', '{"app":"p"}', 'app=web |  | app_extracted=p', { metadata: { app: 's' } }],
    // Formats write parsed labels and hide what had the name.
    ['| label_format app="x"', '', ' |  | app=x'],
    ['| label_format level="x"', '', 'app=web | trace=t | level=x', META],
    ['| label_format b=app', '', ' |  | b=web'],
    ['| label_format b=level', '', 'app=web | trace=t | b=info', META],
    ['| label_format b=missing', '', 'app=web |  | '],
    ['| label_format app=app', '', ' |  | '],
    ['| label_format a=""', '', 'app=web |  | a=""'],
    ['| label_format a="{{.missing}}"', '', 'app=web |  | a=""'],
    ['| label_format a="{{.app}}-{{.level}}"', '', 'app=web | level=info trace=t | a=web-info', META],
    // Templates of one stage see the labels as they were before it; renames work one by one.
    ['| label_format a="1", b="{{.a}}"', '', 'app=web |  | a=1 b=""'],
    ['| label_format a=app, b="{{.a}}{{.app}}"', '', ' |  | a=web b=web'],
    ['| label_format a="{{.app}}", b=app, c="{{.app}}"', '', ' |  | a=web b=web c=web'],
    ['| label_format tmp=app | label_format app=level', '', ' | trace=t | app=info tmp=web', META],
    ['| label_format a="{{__line__}}"', 'the line', 'app=web |  | a="the line"'],
    ['| label_format a="{{.app}}" | label_format a="{{.a}}{{.a}}"', '', 'app=web |  | a=webweb'],
    // drop and keep.
    ['| drop app', '', ' |  | '],
    ['| drop app, level', '', ' | trace=t | ', META],
    ['| drop missing', '', 'app=web |  | '],
    ['| drop app="web"', '', ' |  | '],
    ['| drop app="x"', '', 'app=web |  | '],
    ['| drop app=~"w.*"', '', ' |  | '],
    ['| drop app!="x"', '', ' |  | '],
    ['| json | drop a', '{"a":1,"b":2}', 'app=web |  | b=2'],
    ['| json | drop a="2"', '{"a":1,"b":2}', 'app=web |  | a=1 b=2'],
    ['| json | drop __error__, __error_details__', 'x', 'app=web |  | '],
    ['| json | drop __error__', 'x', 'app=web |  | '],
    // Loki leaves details behind as soon as the row has another label than its stream's.
    ['| json | drop __error__', '{"a":1,"b":x}', 'app=web |  | __error_details__="Unknown value type" a=1'],
    ['| json | drop __error__="JSONParserErr"', 'x', 'app=web |  | '],
    ['| json | drop __error__="other", __error_details__', 'x', 'app=web |  | __error__=JSONParserErr'],
    ['| keep app', '', 'app=web |  | ', META],
    ['| keep level', '', ' | level=info | ', META],
    ['| json | keep b, trace', '{"a":1,"b":2}', ' | trace=t | b=2', META],
    ['| json | keep b="2"', '{"b":2}', ' |  | b=2'],
    ['| json | keep b="3"', '{"b":2}', ' |  | '],
    ['| json | keep b=~"2|3", a', '{"a":1,"b":2}', ' |  | a=1 b=2'],
    ['| json | keep a | drop __error_details__', '{"a":1,"b":x', ' |  | __error__=JSONParserErr a=1'],
  ];
  test.each(cases)('%s of %s is %s', (stages, line, expected, parts) => {
    expect(categories(stages, line, parts)).toBe(expected);
  });

  test('what was not changed is the row’s own', () => {
    const row = rowOf('{"a":1}', META);
    const result = compilePipeline([{ kind: 'json', extractions: [] }]).run(row);
    expect(result?.stream).toBe(row.stream.sorted);
    expect(result?.metadata).toBe(row.metadata);
  });

  test('all labels together are sorted', () => {
    const result = runStages('| json', '{"z":1,"b":2}', META);
    expect(result === null ? '' : labelsText(mergedLabels(result))).toBe('app=web b=2 level=info trace=t z=1');
  });

  test('names sort as bytes', () => {
    expect(categories('| json', '{"b":1,"B":2,"_":3,"a1":4,"a":5}')).toBe('app=web |  | B=2 _=3 a=5 a1=4 b=1');
  });

  test('more labels than are sorted by insertion', () => {
    const entries = Array.from({ length: 100 }, (_, i) => [`k${String((i * 37) % 100).padStart(2, '0')}`, i]);
    const names = runStages('| json', JSON.stringify(Object.fromEntries(entries)))?.parsed.map(([name]) => name);
    expect(names).toEqual([...(names ?? [])].sort());
    expect(names).toHaveLength(100);
  });
});

describe('the line', () => {
  const cases: [stages: string, line: string, expected: string, parts?: RowParts][] = [
    ['| line_format "{{.app}}"', 'x', 'web'],
    ['| line_format "{{.missing}}"', 'x', ''],
    ['| line_format ""', 'x', ''],
    ['| line_format "{{.app}} {{.level}}!"', 'x', 'web info!', META],
    ['| line_format "{{ToUpper .app}}: {{__line__}}"', 'x', 'WEB: x'],
    ['| line_format "{{__line__}}{{__line__}}" | line_format "<{{__line__}}>"', 'x', '<xx>'],
    ['| json | line_format "{{.__error__}}!"', 'x', 'JSONParserErr!'],
    ['| line_format "{{__timestamp__ | unixEpochMillis}}"', 'x', '1700000000123', { timeMs: 1_700_000_000_123 }],
    ['| line_format "{{range $k, $v := .}}{{$k}}={{$v}};{{end}}"', 'x', 'app=web;level=info;trace=t;', META],
    ['| decolorize', '\u001b[31mred\u001b[0m plain', 'red plain'],
    ['| decolorize', '\u001b[1;38;5;196mx\u001b[39;49my', 'xy'],
    ['| decolorize', 'no colors', 'no colors'],
    ['| decolorize', '\u001b]0;title\u0007x', 'x'],
    ['| decolorize', '\u009b31mx', 'x'],
    ['| decolorize', 'a\u001b b', 'a\u001b b'],
    ['| decolorize', '\u001b[2Kx\u001b[Ky', 'xy'],
    ['| decolorize', '\u001b[12345mx', 'mx'],
    ['| json', '{"a":1}', '{"a":1}'],
  ];
  test.each(cases)('%s of %j', (stages, line, expected, parts) => {
    expect(runStages(stages, line, parts)?.line).toBe(expected);
  });

  test('a template that fails leaves line and label as they are', () => {
    const line = runStages('| line_format "{{ if gt .app 5 }}a{{end}}"', 'x');
    expect(line?.line).toBe('x');
    expect(line?.parsed[0]).toEqual(['__error__', 'TemplateFormatErr']);
    const label = runStages('| label_format app="{{ div 1 0 }}", b="y"', 'x');
    expect(label?.parsed.map(([name]) => name)).toEqual(['__error__', '__error_details__', 'b']);
    expect(label?.stream).toEqual([['app', 'web']]);
  });
});

describe('names that were forgotten', () => {
  test('are one label all the same', () => {
    const pipeline = compilePipeline([{ kind: 'json', extractions: [] }, stageOf('| app="web"')]);
    const parts: RowParts = { metadata: { level: 'info' } };
    const line = '{"app":"p","app_extracted":"q","level":"l","level_extracted":"m"}';
    const expected = 'app=web | level=info | app_extracted=p level_extracted=l';
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 2500; i++) pipeline.run(rowOf(`{"key${round}_${i}":1}`, parts));
      const result = pipeline.run(rowOf(line, parts));
      const found = result === null ? [] : [result.stream, result.metadata, result.parsed];
      expect(found.map(labelsText).join(' | ')).toBe(expected);
    }
  });
});
