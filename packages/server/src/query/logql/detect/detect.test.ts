import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Labels } from '../row.ts';
import { detectFields, detectFieldValues, renderDetectedFields, renderDetectedFieldValues } from './detected-fields.ts';
import { detectedLabels, renderDetectedLabels } from './detected-labels.ts';
import { jsonPaths } from './json-paths.ts';
import { type DetectLine, LineFieldReader } from './line-fields.ts';
import { typeOf } from './value-type.ts';

test.each([
  ['0', 'int'],
  ['-17', 'int'],
  ['+17', 'int'],
  ['007', 'int'],
  ['9223372036854775807', 'int'],
  ['-9223372036854775808', 'int'],
  ['9223372036854775808', 'float'],
  ['-9223372036854775809', 'float'],
  ['000000000000000000000000000012', 'int'],
  ['1.5', 'float'],
  ['1e3', 'float'],
  ['Inf', 'float'],
  ['NaN', 'float'],
  ['0x1p-2', 'float'],
  ['1e999', 'string'],
  ['t', 'boolean'],
  ['TRUE', 'boolean'],
  ['False', 'boolean'],
  ['tRUE', 'string'],
  ['yes', 'string'],
  ['5ms', 'duration'],
  ['1h30m', 'duration'],
  ['5m', 'duration'],
  ['1d', 'string'],
  ['5k', 'bytes'],
  ['17 MiB', 'bytes'],
  ['5B', 'bytes'],
  ['', 'string'],
  ['10.0.0.1', 'string'],
])('%j is of type %s', (text, type) => {
  expect(typeOf(text)).toBe(type);
});

const STREAM: Labels = [['app', 'web']];

function line(text: string, { metadata = [], parsed = [] }: { metadata?: Labels; parsed?: Labels } = {}): DetectLine {
  return { line: text, stream: STREAM, metadata, parsed };
}

/** Fields as `name type cardinality parsers path`. */
function fieldsOf(lines: DetectLine[], limit = 1000): string[] {
  return detectFields(lines, { limit }).map(({ label, type, cardinality, parsers, jsonPath }) =>
    [label, type, cardinality, parsers?.join('+') ?? 'none', jsonPath?.join('.')].join(' ').trim(),
  );
}

describe('fields of lines', () => {
  test.each<[name: string, lines: DetectLine[], fields: string[]]>([
    ['JSON', [line('{"status":200,"took":"5ms"}')], ['status int 1 json status', 'took duration 1 json took']],
    ['nested JSON has a path', [line('{"http":{"x-id":"a"}}')], ['http_x_id string 1 json http.x-id']],
    ['logfmt', [line('status=200 took=5ms')], ['status int 1 logfmt', 'took duration 1 logfmt']],
    ['text', [line('it is done')], []],
    ['an empty line', [line('')], []],
    ['metadata has no parser', [line('it', { metadata: [['trace_id', 'a']] })], ['trace_id string 1 none']],
    ['metadata that is in the line too has one', [line('id=b', { metadata: [['id', 'a']] })], ['id string 2 logfmt']],
    ['both kinds of lines', [line('{"a":1}'), line('a=2')], ['a int 2 json+logfmt a']],
    ['the last type counts', [line('a=1'), line('a=x'), line('a=1')], ['a int 2 logfmt']],
    ['the last type counts, also when it is new', [line('a=1'), line('a=x')], ['a string 2 logfmt']],
    ['equal values count once', [line('a=1'), line('a=1')], ['a int 1 logfmt']],
    ["a stream label's name", [line('app=x')], ['app_extracted string 1 logfmt']],
    ['a name of the stream in JSON', [line('{"app":"x"}')], ['app_extracted string 1 json app']],
    ['what the query parsed counts too', [line('it is x', { parsed: [['b', 'x']] })], ['b string 1 logfmt']],
    [
      'errors are no fields',
      [
        line('it is x', {
          parsed: [
            ['__error__', 'JSONParserErr'],
            ['b', 'x'],
          ],
        }),
      ],
      ['b string 1 logfmt'],
    ],
    ['broken JSON is read as logfmt', [line('{"a":1,')], []],
  ])('%s', (_, lines, fields) => {
    expect(fieldsOf(lines)).toEqual(fields);
  });

  test('the limit counts fields', () => {
    expect(fieldsOf([line('a=2 b=1', { metadata: [['c', 'x']] }), line('c=2')], 2)).toEqual([
      'a int 1 logfmt',
      'c int 2 logfmt',
    ]);
  });

  test('their JSON', () => {
    const fields = detectFields([line('{"http":{"status":200}}', { metadata: [['trace_id', 'a']] })], { limit: 10 });
    expect(renderDetectedFields(fields, 10)).toBe(
      '{"fields":[{"label":"http_status","type":"int","cardinality":1,"parsers":["json"],"jsonPath":["http","status"]},' +
        '{"label":"trace_id","type":"string","cardinality":1,"parsers":null}],"limit":10}\n',
    );
    expect(renderDetectedFields([], 10)).toBe('{"fields":[]}\n');
    expect(renderDetectedFields(fields, 0)).not.toContain('limit');
  });
});

describe('values of a field', () => {
  test.each<[name: string, lines: DetectLine[], values: string[]]>([
    ['from metadata, JSON and logfmt', [line('{"a":"x"}', { metadata: [['a', 'y']] }), line('a=z')], ['x', 'y', 'z']],
    ['sizes of the line in one form', [line('a=1500B'), line('a=1.5kB'), line('a="2 MiB"')], ['1.5kB', '2.1MB']],
    ['sizes of metadata as they are', [line('it', { metadata: [['a', '1500B']] })], ['1500B']],
    ['numbers are no sizes', [line('a=1500')], ['1500']],
    ['of other fields none', [line('b=1')], []],
  ])('%s', (_, lines, values) => {
    expect(detectFieldValues(lines, 'a', 100)).toEqual(values);
  });

  test('the limit counts values', () => {
    expect(detectFieldValues([line('a=1'), line('a=2'), line('a=3')], 'a', 2)).toEqual(['1', '2']);
  });

  test('their JSON', () => {
    expect(renderDetectedFieldValues(['a', 'b'], 7)).toBe('{"values":["a","b"],"limit":7}\n');
    expect(renderDetectedFieldValues([], 7)).toBe('{"values":[]}\n');
  });
});

test.each<[line: string, paths: Record<string, string[]>]>([
  ['{"a":1,"b":{"c":2}}', { a: ['a'], b_c: ['b', 'c'] }],
  ['{"1a":1,"b":{"2c":2}}', { _1a: ['1a'], b_2c: ['b', '2c'] }],
  ['{"a b":1," ":2,"b":{"":3}}', { a_b: ['a b'], b: ['b', ''] }],
  ['{"app":1,"b":{"app_extracted":2}}', { app_extracted: ['app'], b_app_extracted: ['b', 'app'] }],
  ['{"a":null,"b":[1],"c":{}}', {}],
  ['{"a-b":1,"a_b":2}', { a_b: ['a-b'] }],
  ['{"a":1} text', { a: ['a'] }],
  ['{"a":{"b":1,},"c\\n":2,}', { a_b: ['a', 'b'], c: ['c\n'] }],
  ['{"a":1,"b":x,"c":2}', { a: ['a'] }],
  ['[1]', {}],
  [`${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`, {}],
])('paths of %.40s', (text, paths) => {
  expect(Object.fromEntries(jsonPaths(text, (name) => name === 'app'))).toEqual(paths);
});

const UUID = '6ba7b810-9dad-11d1-80b4-00c04fd430c8';

test.each<[name: string, values: string[], isDetected: boolean]>([
  ['app', ['a'], true],
  ['app', ['1'], true],
  ['app', ['0', '1'], true],
  ['app', ['2'], false],
  ['app', ['0', '2'], false],
  ['app', ['0', '1', '2'], false],
  ['app', ['1', 'a'], true],
  ['app', ['1.5', 'NaN'], false],
  ['app', [UUID], false],
  ['app', [UUID.toUpperCase(), UUID.replaceAll('-', ''), `{${UUID}}`, `urn:uuid:${UUID}`], false],
  ['app', [`${UUID}0`], true],
  ['pod', ['17'], true],
  ['namespace', [UUID], true],
])('label %s of %j is detected: %s', (name, values, isDetected) => {
  const streams = [...values, ...values].map((value) => ({ labels: new Map([[name, value]]) }));
  expect(detectedLabels(streams)).toEqual(isDetected ? [{ label: name, cardinality: values.length }] : []);
});

test('detected labels by name, as JSON', () => {
  const streams = [
    {
      labels: new Map([
        ['b', 'x'],
        ['a', 'y'],
      ]),
    },
    { labels: new Map([['b', 'z']]) },
  ];
  expect(renderDetectedLabels(detectedLabels(streams))).toBe(
    '{"detectedLabels":[{"label":"a","cardinality":1},{"label":"b","cardinality":2}]}\n',
  );
  expect(renderDetectedLabels([])).toBe('{"detectedLabels":[]}\n');
});

test('every field of JSON has a path that leads to its value', () => {
  const key = fc.constantFrom('a', 'b c', 'd', '1e', 'é', '_', '__proto__', 'constructor');
  const scalar = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null), fc.constant([1]));
  const object = fc.letrec((tie) => ({
    any: fc.oneof({ depthSize: 'small' }, scalar, fc.dictionary(key, tie('any'), { maxKeys: 4 })),
  })).any;
  const reader = new LineFieldReader();
  fc.assert(
    fc.property(fc.dictionary(key, object, { maxKeys: 5 }), (value) => {
      const text = JSON.stringify(value);
      const { parser, fields, pathOf } = reader.read(line(text));
      expect(parser).toBe('json');
      for (const [name, found] of fields) {
        const path = pathOf(name)!;
        const at = path.reduce((member: unknown, next) => (member as Record<string, unknown>)[next], JSON.parse(text));
        expect(String(at)).toBe(found);
      }
    }),
    { numRuns: 500 },
  );
});
