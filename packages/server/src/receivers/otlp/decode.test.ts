import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeJson, encodeProtobuf, message, type OtlpRequest, varint } from '../../../test/support/otlp-encode.ts';
import { arbitraryRequest } from '../../../test/support/otlp-requests.ts';
import { runs } from '../../../test/support/share.ts';
import { PermanentError } from '../../runtime/errors.ts';
import { decodeForTest, newBatch, storedEvents } from '../util/test-batch.ts';
import { decodeJson } from './decode-json.ts';
import { decodeProtobuf } from './decode-protobuf.ts';

const FIXTURES = new URL('./fixtures/', import.meta.url);
const protobuf = (body: Uint8Array, limits = {}) =>
  decodeForTest((batch) => decodeProtobuf(Buffer.from(body), batch), limits);
const json = (body: string | Buffer, limits = {}) =>
  decodeForTest((batch) => decodeJson(Buffer.from(body as string), batch), limits);
/** Both encodings of one request. */
const both = (request: OtlpRequest, limits = {}) => [
  protobuf(encodeProtobuf(request), limits),
  json(encodeJson(request), limits),
];
const oneRecord = (logRecord: OtlpRequest['resourceLogs'][0]['scopeLogs'][0]['logRecords'][0]): OtlpRequest => ({
  resourceLogs: [{ scopeLogs: [{ logRecords: [logRecord] }] }],
});
const jsonRecord = (record: string) => `{"resourceLogs":[{"scopeLogs":[{"logRecords":[${record}]}]}]}`;

test.each(readdirSync(FIXTURES))('fixture %s', async (name) => {
  const folder = new URL(`${name}/`, FIXTURES);
  const input = readdirSync(folder).find((file) => file.startsWith('input.'))!;
  const body = readFileSync(new URL(input, folder));
  const decoded = input.endsWith('.pb') ? protobuf(body) : json(body);
  const expected = new URL('expected.json', folder).pathname;
  await expect(`${JSON.stringify(decoded, null, 2)}\n`).toMatchFileSnapshot(expected);
});

test('the Node SDK says the same in protobuf and JSON', () => {
  const read = (name: string) => readFileSync(new URL(`${name}/expected.json`, FIXTURES), 'utf8');
  expect(read('node-sdk-protobuf')).toBe(read('node-sdk-json'));
});

test('protobuf and JSON of one request give the same events, also into a batch used before', () => {
  const first = newBatch();
  const second = newBatch();
  fc.assert(
    fc.property(arbitraryRequest, fc.constantFrom('strings' as const, 'numbers' as const), (request, integers) => {
      first.clear();
      second.clear();
      decodeProtobuf(encodeProtobuf(request), first);
      decodeJson(encodeJson(request, { integers }), second);
      expect(storedEvents(second)).toEqual(storedEvents(first));
      expect(second.rejections.map((r) => [r.index, r.code])).toEqual(first.rejections.map((r) => [r.index, r.code]));
      const events = request.resourceLogs.flatMap((r) => r.scopeLogs.flatMap((s) => s.logRecords)).length;
      expect(first.rows + first.rejectedCount).toBe(events);
    }),
    { numRuns: runs(133) },
  );
});

/** The same value with the members of all objects turned round. */
function turned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turned);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).map(([name, member]) => [name, turned(member)] as const);
  return Object.fromEntries(members.reverse());
}

test('members of JSON objects may come in any order, with white space and unknown ones between', () => {
  fc.assert(
    fc.property(arbitraryRequest, (request) => {
      const body = encodeJson(request);
      const other = JSON.stringify({ later: [{}], ...(turned(JSON.parse(body.toString())) as object) }, null, '\t');
      expect(json(other)).toEqual(json(body));
    }),
    { numRuns: runs(50) },
  );
});

test('protobuf fields may come in any order; of one given twice the last counts', () => {
  const keyValue = message(6, message(2, message(1, Buffer.from('v'))), message(1, Buffer.from('k')));
  const body = (text: string) => message(5, message(1, Buffer.from(text)));
  const record = message(2, keyValue, body('first'), Buffer.of(0x10, 9, 0x10, 17), body('second'));
  const resource = message(
    1,
    message(1, message(1, Buffer.from('service.name')), message(2, message(1, Buffer.from('s')))),
  );
  const scope = message(1, message(1, Buffer.from('scope')));
  const decoded = protobuf(message(1, message(2, record, scope), resource));
  expect(decoded.events).toEqual([
    {
      ...{ severityNumber: 17, message: 'second', service: 's', logger: 'scope' },
      ...{ attributes: { k: 'v' }, labels: { 'service.name': 's' } },
    },
  ]);
});

test('unknown protobuf fields of every wire type are passed over', () => {
  const unknown = Buffer.concat([
    ...[varint(800n), varint(2n ** 64n - 1n)],
    ...[varint(801n), Buffer.alloc(8, 0xff)],
    message(100, Buffer.from('later')),
    ...[varint(805n), Buffer.alloc(4, 0xff)],
  ]);
  const text = (content: string) => message(1, Buffer.from(content), unknown.subarray(0, 0));
  const value = message(2, unknown, text('v'), unknown);
  const attribute = message(6, unknown, text('k'), value, unknown);
  const record = message(2, unknown, attribute, message(5, unknown, text('m')), unknown);
  const scopeLogs = message(2, unknown, message(1, unknown, text('s'), unknown), record, unknown);
  const body = Buffer.concat([unknown, message(1, unknown, message(1, unknown), scopeLogs, unknown), unknown]);
  expect(protobuf(body).events).toEqual([{ message: 'm', logger: 's', attributes: { k: 'v' } }]);
});

const record = (...fields: number[]) => message(1, message(2, message(2, Buffer.from(fields))));
test.each([
  ['nothing but a tag', Buffer.of(0x0a), 'a varint goes beyond its message at byte 1'],
  ['a length beyond the body', Buffer.of(0x0a, 5, 0), 'a length of 5 goes beyond its message at byte 1'],
  ['a length of five bytes', Buffer.of(0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f), 'a length of 4294967295 goes beyond'],
  ['a length over 32 bits', Buffer.of(0x0a, 0xff, 0xff, 0xff, 0xff, 0x1f), 'over 32 bits'],
  ['a varint without end', Buffer.alloc(11, 0xff), 'more than 64 bits at byte 0'],
  ['a varint of 65 bits', record(0x10, ...Array<number>(9).fill(0xff), 2), 'more than 64 bits at byte 7'],
  ['a group', Buffer.of(0x13, 0x14), 'unknown wire type 3'],
  ['a group as a known field', record(0x2b), 'field 5 with wire type 3 at byte 6'],
  ['an unknown wire type', record(0xfe, 0x0f), 'unknown wire type 6'],
  ['field number 0', record(0x00, 0x00), 'field 0 with wire type 0'],
  ['a known field with another wire type', record(0x0a, 0), 'field 1 with wire type 2 at byte 6'],
  ['a time beyond its record', record(0x09, 1, 2, 3), 'a value of 8 bytes goes beyond its message'],
  ['flags beyond their record', record(0x45, 1), 'a value of 4 bytes goes beyond its message'],
  ['a double beyond its value', record(0x2a, 3, 0x21, 0, 0), 'a value of 8 bytes goes beyond its message'],
  ['an attribute beyond its record', record(0x32, 4, 0x0a, 1, 0x61), 'a length of 4 goes beyond its message'],
  ['a key beyond its attribute', record(0x32, 3, 0x0a, 9, 0x61), 'a length of 9 goes beyond its message'],
  ['a value beyond its attribute', record(0x32, 5, 0x0a, 1, 0x61, 0x12, 1), 'a length of 1 goes beyond its message'],
  ['a string beyond its value', record(0x32, 7, 0x0a, 1, 0x61, 0x12, 2, 0x0a, 9), 'a length of 9 goes beyond'],
  ['JSON', Buffer.from('{"resourceLogs":[]}'), 'unknown wire type 3 at byte 0'],
])('protobuf is refused with %s', (_, body, problem) => {
  const refused = { error: { code: 'invalid_body', message: expect.stringContaining(problem) } };
  // Bytes of others around the body are never read.
  const surrounded = Buffer.concat([Buffer.alloc(8, 0x0a), body, Buffer.alloc(64, 0x01)]);
  expect(decodeForTest((batch) => decodeProtobuf(surrounded.subarray(8, 8 + body.length), batch))).toEqual(refused);
});

test('every beginning of a good protobuf body is read or refused, never misread', () => {
  const body = readFileSync(new URL('node-sdk-protobuf/input.pb', FIXTURES));
  for (let length = 0; length < body.length; length++) {
    const decoded = protobuf(body.subarray(0, length));
    if (length === 0) expect(decoded).toEqual({ events: [] });
    else expect(decoded.error?.code).toBe('invalid_body');
  }
});

test.each([
  ['nothing', '', 'expected an object, found the end of the body at byte 0'],
  ['an array', '[]', 'the body must be an object, at byte 0'],
  ['text behind it', '{} {}', 'expected the end of the body at byte 3'],
  ['no end', '{"resourceLogs":[', 'found the end of the body at byte 17'],
  ['a trailing comma', '{"resourceLogs":[],}', 'expected a name in double quotes at byte 19'],
  ['broken JSON in an unknown member', '{"x":{"y":tru}}', 'expected a JSON value at byte 10'],
  ['broken JSON behind a wrong value', jsonRecord('{"flags":"x","y":[}'), 'expected'],
  ['resourceLogs that is no array', '{"resourceLogs":{}}', 'resourceLogs must be an array, at byte 16'],
  ['a resource that is no object', '{"resourceLogs":[{"resource":[]}]}', 'resource must be an object'],
  [
    'a scope name that is no string',
    '{"resourceLogs":[{"scopeLogs":[{"scope":{"name":1}}]}]}',
    'scope must be a string',
  ],
  ['scopeLogs that is no array', '{"resourceLogs":[{"scopeLogs":1}]}', 'scopeLogs must be an array'],
  [
    'logRecords that is no array',
    '{"resourceLogs":[{"scopeLogs":[{"logRecords":""}]}]}',
    'logRecords must be an array',
  ],
  ['names of the .proto file', '{"resource_logs":[]}', 'resource_logs must be in lowerCamelCase'],
  ['nesting without end', `{"x":${'['.repeat(100_000)}`, 'expected at most 256 nested levels'],
])('JSON is refused with %s', (_, body, problem) => {
  expect(json(body)).toEqual({ error: { code: 'invalid_body', message: expect.stringContaining(problem) } });
});

test.each(['{}', ' {"resourceLogs":null} ', '{"resourceLogs":[]}', '{"resourceLogs":[{"scopeLogs":[{"scope":{}}]}]}'])(
  'a request without events is taken: %s',
  (body) => {
    expect(json(body)).toEqual({ events: [] });
  },
);

test('an event over a limit is rejected with the limit named, and its neighbours are not', () => {
  const good = { body: { stringValue: 'good' } };
  const attributes = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ key: `k${i}`, value: { intValue: BigInt(i) } }));
  const nested = (levels: number): { kvlistValue: { values: object[] } } => ({
    kvlistValue: { values: levels === 1 ? [] : [{ key: 'k', value: nested(levels - 1) }] },
  });
  const list = (levels: number): { arrayValue: { values: object[] } } => ({
    arrayValue: { values: levels === 1 ? [] : [list(levels - 1)] },
  });
  const big = { arrayValue: { values: Array.from({ length: 1100 }, () => ({})) } };
  const faulty: [object, string][] = [
    [{ body: { stringValue: 'x'.repeat(3000) } }, 'limits.eventBytesMax is 2000'],
    [{ body: { arrayValue: { values: [{ stringValue: 'x'.repeat(3000) }] } } }, 'limits.eventBytesMax (2000)'],
    [
      { attributes: [{ key: 'a', value: { kvlistValue: { values: [{ key: 'b', value: big }] } } }] },
      'limits.eventBytesMax (2000)',
    ],
    [{ attributes: attributes(21) }, 'more than 20 attributes (limits.eventAttributesMax)'],
    [{ attributes: [{ key: 'k'.repeat(101) }] }, 'limits.attributeNameBytesMax (100)'],
    [{ attributes: [{ key: 'k'.repeat(99), value: nested(2) }] }, 'limits.attributeNameBytesMax (100)'],
    [{ attributes: [{ key: 'a', value: nested(34) }] }, 'nested deeper than 32 levels'],
    [{ attributes: [{ key: 'a', value: list(33) }] }, 'nested deeper than 32 levels'],
    [{ body: nested(34) }, 'nested deeper than 32 levels'],
  ];
  const limits = { eventBytesMax: 2000, eventAttributesMax: 20, attributeNameBytesMax: 100 };
  for (const [record, problem] of faulty) {
    const request = { resourceLogs: [{ scopeLogs: [{ logRecords: [good, record, good] }] }] };
    for (const decoded of both(request, limits)) {
      expect(decoded.events).toEqual([{ message: 'good' }, { message: 'good' }]);
      expect(decoded.rejections).toMatchObject([{ index: 1, error: expect.stringContaining(problem) }]);
    }
  }
  for (const decoded of both(oneRecord({ attributes: [{ key: 'a', value: list(32) as never }] }), limits)) {
    expect(decoded.events).toHaveLength(1);
  }
});

test('a resource or scope over a limit rejects its events only', () => {
  const entries = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ key: `k${i}`, value: { intValue: 1n } }));
  const long = [{ key: 'k', value: { stringValue: 'x'.repeat(2000) } }];
  const name = [{ key: 'k'.repeat(51) }];
  const logRecords = [{}, {}];
  const request: OtlpRequest = {
    resourceLogs: [
      { resource: { attributes: entries(11) }, scopeLogs: [{ logRecords }] },
      { resource: { attributes: long }, scopeLogs: [{ logRecords }] },
      { resource: { attributes: name }, scopeLogs: [{ logRecords }] },
      {
        scopeLogs: [
          { scope: { attributes: entries(21) }, logRecords },
          { scope: { attributes: name }, logRecords },
        ],
      },
      {
        scopeLogs: [
          { scope: { attributes: long }, logRecords },
          { scope: { name: 'good' }, logRecords },
        ],
      },
    ],
  };
  const limits = { eventBytesMax: 1500, eventAttributesMax: 20, labelsMax: 10, attributeNameBytesMax: 50 };
  for (const decoded of both(request, limits)) {
    expect(decoded.events).toEqual([{ logger: 'good' }, { logger: 'good' }]);
    const problems = decoded.rejections!.map(({ error }) => /limits\.\w+/.exec(error)?.[0]);
    const expected = ['labelsMax', 'eventBytesMax', 'attributeNameBytesMax'];
    expected.push('eventAttributesMax', 'attributeNameBytesMax', 'eventBytesMax');
    expect(problems).toEqual(expected.flatMap((limit) => [`limits.${limit}`, `limits.${limit}`]));
  }
});

test('the whole request is refused when it holds too many events, or repeats too much on them', () => {
  const logRecords = [{}, {}, {}];
  const many: OtlpRequest = { resourceLogs: [{ scopeLogs: [{ logRecords }] }] };
  for (const { error } of both(many, { batchEventsMax: 2 })) expect(error?.code).toBe('too_many_events');
  const scope = { attributes: [{ key: 'k', value: { stringValue: 'x'.repeat(500) } }] };
  const repeating: OtlpRequest = { resourceLogs: [{ scopeLogs: [{ scope, logRecords }] }] };
  for (const { error } of both(repeating, { bodyExpandedBytesMax: 1000 })) {
    expect(error).toEqual({
      code: 'payload_too_large',
      message: expect.stringContaining('limits.bodyExpandedBytesMax'),
    });
  }
});

test('a body refused midway leaves the batch as sound as before', () => {
  const batch = newBatch();
  const good = encodeProtobuf(oneRecord({ body: { stringValue: 'good' }, attributes: [{ key: 'k' }] }));
  decodeProtobuf(good, batch);
  const mark = batch.mark();
  const cut = Buffer.concat([good, good.subarray(0, 6), Buffer.of(0xff)]);
  const broken = [() => decodeProtobuf(cut, batch), () => decodeJson(Buffer.from(jsonRecord('{},{"body":')), batch)];
  for (const decode of broken) {
    expect(decode).toThrow(PermanentError);
    batch.rewind(mark);
  }
  decodeProtobuf(good, batch);
  expect(storedEvents(batch).map((event) => event.message)).toEqual(['good', 'good']);
});

test('what is remembered of names and resources is forgotten with the symbols', () => {
  const batch = newBatch();
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'api' } }] };
  const attributes = [
    { key: 'user', value: { kvlistValue: { values: [{ key: 'id', value: { stringValue: 'u' } }] } } },
  ];
  const scopeLogs = [{ scope: { name: 's' }, logRecords: [{ severityNumber: 9, severityText: 'INFO', attributes }] }];
  const body = encodeProtobuf({ resourceLogs: [{ resource, scopeLogs }] });
  for (let round = 0; round < 2; round++) {
    batch.clear();
    decodeProtobuf(body, batch);
    const [event] = storedEvents(batch);
    expect(event).toMatchObject({ service: 'api', logger: 's', userId: 'u', labels: { 'service.name': 'api' } });
    expect(event.attributes).toEqual({});
    for (let i = 0; i < 50; i++) batch.symbols.internText(`filler ${i}`);
    batch.symbols.trimIfLarge(10);
    for (let i = 0; i < 20; i++) batch.symbols.internText(`other ${i}`);
  }
});

test('bytes that are no UTF-8 become U+FFFD, in names and values of both encodings', () => {
  const bytes = Buffer.of(0x61, 0xff);
  const attribute = message(6, message(1, bytes), message(2, message(1, bytes)));
  const decoded = protobuf(message(1, message(2, message(2, attribute))));
  expect(decoded.events).toEqual([{ attributes: { 'a\ufffd': 'a\ufffd' } }]);
  const quoted = Buffer.concat([Buffer.from('"'), bytes, Buffer.from('"')]);
  const parts = ['{"attributes":[{"key":', quoted, ',"value":{"stringValue":', quoted, '}}]}'];
  const inJson = Buffer.concat(parts.map((part) => Buffer.from(part as string)));
  const body = jsonRecord('@').split('@');
  expect(json(Buffer.concat([Buffer.from(body[0]), inJson, Buffer.from(body[1])]))).toEqual(decoded);
});
