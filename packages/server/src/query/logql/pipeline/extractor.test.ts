import { describe, expect, test } from 'vitest';
import { extractorOf, type RowParts, rowOf, sampleText } from './run-one.testing.ts';

const JSON_FAULT = "error: pipeline error: 'JSONParserErr' for series:";
const SELECTOR = '{app=~".+"}';
const q = (query: string) => query.replace('{}', SELECTOR);

describe('values and series', () => {
  const cases: [query: string, line: string, expected: string, parts?: RowParts][] = [
    ['count_over_time({}[5m])', 'x', '1 {app=web}'],
    ['rate({}[5m])', 'x', '1 {app=web level=info}', { metadata: { level: 'info' } }],
    ['count_over_time({} |= "y" [5m])', 'x', 'none'],
    ['bytes_over_time({}[5m])', 'é😀', '6 {app=web}'],
    ['bytes_rate({} | line_format "{{.app}}" [5m])', 'long line', '3 {app=web}'],
    ['count_over_time({} | json [5m])', '{"a":1,"b":2}', '1 {a=1 app=web b=2}'],
    ['count_over_time({} | json | drop app [5m])', '{"a":1}', '1 {a=1}'],
    ['count_over_time({} | json | keep a [5m])', '{"a":1,"b":2}', '1 {a=1}'],
    ['sum by (a) (count_over_time({} | json [5m]))', '{"a":1,"b":2}', '1 {a=1}'],
    ['sum by (b, a) (count_over_time({} | json [5m]))', '{"a":1,"b":2}', '1 {a=1 b=2}'],
    ['sum by (app, level) (count_over_time({}[5m]))', 'x', '1 {app=web}'],
    ['sum by (level) (count_over_time({}[5m]))', 'x', '1 {level=info}', { metadata: { level: 'info' } }],
    ['sum by (level) (count_over_time({}[5m]))', 'x', '1 {level=""}', { metadata: { level: '' } }],
    ['sum by (app_extracted) (count_over_time({} | json [5m]))', '{"app":"x"}', '1 {app_extracted=x}'],
    ['sum(count_over_time({} | json [5m]))', '{"a":1}', '1 {}'],
    ['sum by () (count_over_time({}[5m]))', 'x', '1 {}'],
    ['absent_over_time({} | json [5m])', 'no json', '1 {}'],
    // Unwrap.
    ['sum_over_time({} | json | unwrap a [5m])', '{"a":1.5,"b":2}', '1.5 {app=web b=2}'],
    ['sum_over_time({} | logfmt | unwrap a [5m])', 'a=0x1p-2', '0.25 {app=web}'],
    ['sum_over_time({} | logfmt | unwrap a [5m])', 'b=1', 'none'],
    ['sum_over_time({} | logfmt --keep-empty | unwrap a [5m])', 'a=', 'none'],
    ['sum_over_time({} | logfmt | unwrap duration(a) [5m])', 'a=1500ms', '1.5 {app=web}'],
    ['sum_over_time({} | logfmt | unwrap duration_seconds(a) [5m])', 'a=2m', '120 {app=web}'],
    ['sum_over_time({} | logfmt | unwrap bytes(a) [5m])', 'a=1KiB', '1024 {app=web}'],
    ['sum_over_time({} | unwrap n [5m])', 'x', '7 {app=web}', { metadata: { n: '7' } }],
    ['sum_over_time({} | unwrap n [5m])', 'x', '7 {}', { stream: { n: '7' } }],
    ['rate({} | logfmt | unwrap a [5m])', 'a=3', '3 {app=web}'],
    ['avg_over_time({} | logfmt | unwrap a [5m]) by (b)', 'a=3 b=x c=y', '3 {b=x}'],
    ['avg_over_time({} | logfmt | unwrap a [5m]) by (a)', 'a=3 b=x', '3 {a=3}'],
    ['avg_over_time({} | logfmt | unwrap a [5m]) without (b)', 'a=3 b=x c=y', '3 {app=web c=y}'],
    ['avg_over_time({} | logfmt | unwrap a [5m]) by ()', 'a=3 b=x', '3 {}'],
    ['sum by (b) (sum_over_time({} | logfmt | unwrap a [5m]))', 'a=3 b=x c=y', '3 {b=x}'],
    ['sum by (a) (sum_over_time({} | logfmt | unwrap a [5m]))', 'a=3 b=x', '3 {a=3}'],
    ['sum(sum_over_time({} | logfmt | unwrap a [5m]))', 'a=3 b=x', '3 {}'],
    ['sum_over_time({} | logfmt | unwrap a | b="x" [5m])', 'a=3 b=y', 'none'],
    ['sum_over_time({} | logfmt | unwrap a | a > 2 | __error__="" [5m])', 'a=3', '3 {app=web}'],
    ['sum_over_time({} | logfmt | unwrap a | __error__="" [5m])', 'a=x', 'none'],
  ];
  test.each(cases)('%s of %s', (query, line, expected, parts) => {
    expect(sampleText(q(query), line, parts)).toBe(expected);
  });
});

describe('errors', () => {
  const cases: [query: string, line: string, expected: string, parts?: RowParts][] = [
    [
      'count_over_time({} | json [5m])',
      '{"a":1,"b":x}',
      `${JSON_FAULT} '{__error__="JSONParserErr", __error_details__="Unknown value type", a="1", app="web"}'.`,
    ],
    [
      'sum_over_time({} | unwrap n [5m])',
      'x',
      `error: pipeline error: 'SampleExtractionErr' for series: '{__error__="SampleExtractionErr", __error_details__="strconv.ParseFloat: parsing \\"q\\": invalid syntax", app="web", n="q"}'.`,
      { metadata: { n: 'q' } },
    ],
    [
      'count_over_time({} | n > 5 [5m])',
      'x',
      `error: pipeline error: 'LabelFilterErr' for series: '{__error__="LabelFilterErr", __error_details__="strconv.ParseFloat: parsing \\"q\\": invalid syntax", app="web", n="q"}'.`,
      { metadata: { n: 'q' } },
    ],
    ['count_over_time({} | json | __error__="" [5m])', 'x', 'none'],
    ['count_over_time({} | json | drop __error__ [5m])', 'x', '1 {app=web}'],
    ['count_over_time({} | json | drop __error__, __error_details__ [5m])', '{"a":1,"b":x}', '1 {a=1 app=web}'],
    [
      'count_over_time({} | json | drop __error__ [5m])',
      '{"a":1,"b":x}',
      '1 {__error_details__="Unknown value type" a=1 app=web}',
    ],
    ['count_over_time({} | logfmt [5m])', 'a=1 b==2', '1 {a=1 app=web}'],
    // A row that is filtered out does not fail the query.
    ['count_over_time({} | json | a="2" [5m])', '{"a":1,"b":x}', 'none'],
    // Only what the query needs is parsed, so that faults behind it are not met.
    ['sum by (a) (count_over_time({} | json [5m]))', '{"a":1,"b":x}', '1 {a=1}'],
    [
      'sum by (a) (count_over_time({} | json [5m]))',
      '{"b":x,"a":1}',
      `${JSON_FAULT} '{__error__="JSONParserErr", __error_details__="Unknown value type", app="web"}'.`,
    ],
    [
      'sum by (app) (count_over_time({} | json [5m]))',
      '{"a":1,"b":x}',
      `${JSON_FAULT} '{__error__="JSONParserErr", __error_details__="Unknown value type", app="web"}'.`,
    ],
    ['sum(count_over_time({} | json [5m]))', 'no json', '1 {}'],
    ['sum(count_over_time({} | json | a="1" [5m]))', '{"a":1,"b":x}', '1 {}'],
    ['sum(count_over_time({} | json | a="1" | b="2" [5m]))', '{"a":1,"b":x}', 'none'],
    ['sum by (a) (sum_over_time({} | json | unwrap v [5m]))', '{"a":1,"v":2,"b":x}', '2 {a=1}'],
    [
      'sum by (a_extracted) (count_over_time({} | json [5m]))',
      '{"a":1,"b":x}',
      `${JSON_FAULT} '{__error__="JSONParserErr", __error_details__="Unknown value type", a="1", app="web"}'.`,
    ],
    ['sum by (level) (count_over_time({} | json | drop __error__ [5m]))', 'no json', '1 {}'],
    ['sum by (a_b) (count_over_time({} | json [5m]))', '{"x":{"y":z},"a":{"b":1}}', '1 {a_b=1}'],
    ['sum by (a) (count_over_time({} | logfmt --strict [5m]))', 'a=1 b==2', '1 {a=1}'],
    ['avg_over_time({} | json | unwrap v [5m]) by (a)', '{"a":1,"v":2,"b":x}', '2 {a=1}'],
    [
      'avg_over_time({} | json | unwrap v [5m])',
      '{"a":1,"v":2,"b":x}',
      `${JSON_FAULT} '{__error__="JSONParserErr", __error_details__="Unknown value type", a="1", app="web", v="2"}'.`,
    ],
    // A query that names __error__ gets the rows with errors, all their labels with them.
    [
      'sum by (__error__) (count_over_time({} | json [5m]))',
      'x',
      "1 {__error__=JSONParserErr __error_details__=\"Value looks like object, but can't find closing '}' symbol\" __preserve_error__=true app=web}",
    ],
    ['sum by (__error__) (count_over_time({} | json [5m]))', '{"a":1}', '1 {}'],
    [
      'sum by (a) (count_over_time({} | json | __error__!="" | drop __error_details__ [5m]))',
      '{"a":1,"b":x}',
      '1 {__error__=JSONParserErr __preserve_error__=true a=1 app=web}',
    ],
    [
      'count_over_time({} | json | __error__!="" [5m])',
      '{"a":x}',
      `${JSON_FAULT} '{__error__="JSONParserErr", __error_details__="Unknown value type", app="web"}'.`,
    ],
    // A line_format whose line nobody reads does not run; one that is read does.
    ['count_over_time({} | line_format "{{ div 1 0 }}" [5m])', 'x', '1 {app=web}'],
    ['sum(count_over_time({} | line_format "{{.app}}!" |= "web!" [5m]))', 'x', '1 {}'],
  ];
  test.each(cases)('%s of %s', (query, line, expected, parts) => {
    expect(sampleText(q(query), line, parts)).toBe(expected);
  });

  test('the whole text of a pipeline error', () => {
    expect(() => extractorOf(q('count_over_time({} | json [5m])')).run(rowOf('x'))).toThrow(
      'Use a label filter to intentionally skip this error. (e.g | __error__!="JSONParserErr").\n' +
        'To skip all potential errors you can match empty errors.(e.g __error__="")\n' +
        'The label filter can also be specified after unwrap. (e.g | unwrap latency | __error__="" )\n',
    );
  });
});

describe('interning', () => {
  const lines = ['{"a":1,"b":"x"}', '{"a":2,"b":"x"}', '{"b":"x","a":1}', '{"a":1}', '{"a":1,"b":""}'];
  test.each(['count_over_time({} | json [5m])', 'sum by (a, b) (count_over_time({} | json [5m]))'])('%s', (query) => {
    const extractor = extractorOf(q(query));
    const series = lines.map((line) => extractor.run(rowOf(line))?.series);
    expect(series[2]).toBe(series[0]);
    expect(new Set(series).size).toBe(4);
    expect(new Set(series.map((one) => one?.key)).size).toBe(4);
    expect(extractor.run(rowOf(lines[0] ?? ''))?.series).toBe(series[0]);
  });

  test('labels that come from elsewhere are the same series', () => {
    const extractor = extractorOf(q('count_over_time({} | logfmt | drop x [5m])'));
    const first = extractor.run(rowOf('a=1', { stream: { b: '2' } }))?.series;
    const second = extractor.run(rowOf('', { stream: { a: '1', b: '2' } }))?.series;
    const third = extractor.run(rowOf('a=1', { stream: { x: 'y' }, metadata: { b: '2' } }))?.series;
    expect(first?.labels).toEqual([
      ['a', '1'],
      ['b', '2'],
    ]);
    expect(second).toBe(first);
    expect(third).toBe(first);
  });

  test('labels that a stage took away and gave again count', () => {
    const extractor = extractorOf(
      q('sum by (app) (count_over_time({} | label_format tmp=app | label_format app=b [5m]))'),
    );
    expect(extractor.run(rowOf('', { metadata: { b: 'z' } }))?.series.labels).toEqual([['app', 'z']]);
  });

  test('series stay the same when names are forgotten', () => {
    const extractor = extractorOf(q('count_over_time({} | json | keep same [5m])'));
    const first = extractor.run(rowOf('{"same":1}'))?.series;
    for (let i = 0; i < 5000; i++) extractor.run(rowOf(`{"key${i}":1,"same":1}`));
    expect(extractor.run(rowOf('{"same":1}'))?.series).toBe(first);
  });
});
