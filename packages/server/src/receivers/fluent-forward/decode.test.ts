import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { ExtData, encode } from '@msgpack/msgpack';
import { describe, expect, test } from 'vitest';
import type { PermanentError } from '../../runtime/errors.ts';
import { decodeForTest, newBatch } from '../util/test-batch.ts';
import { decodeForward } from './decode.ts';
import { revealForward } from './reveal.ts';

const FIXTURES = new URL('./fixtures/', import.meta.url);
const SECONDS = 1_763_712_000;

const pack = (value: unknown) => Buffer.from(encode(value, { useBigInt64: true }));
const decode = (body: Buffer, limits = {}) => decodeForTest((batch) => decodeForward(body, batch), limits);
const one = (value: unknown) => decode(pack(value)).events?.[0];
const packed = (...entries: unknown[]) => Buffer.concat(entries.map(pack));

function eventTime(seconds: number, nanos: number): ExtData {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32BE(seconds, 0);
  bytes.writeUInt32BE(nanos, 4);
  return new ExtData(0, bytes);
}

test.each(readdirSync(FIXTURES))('fixture %s', async (name) => {
  const folder = new URL(`${name}/`, FIXTURES);
  const decoded = decode(readFileSync(new URL('input.msgpack', folder)));
  const expected = new URL('expected.json', folder).pathname;
  await expect(`${JSON.stringify(decoded, null, 2)}\n`).toMatchFileSnapshot(expected);
});

const ENTRIES = [
  [SECONDS, { log: 'a', n: 0 }],
  [SECONDS, { log: 'b', n: 1 }],
];

test.each([
  ['message', ['app', SECONDS, ENTRIES[0][1]], 1],
  ['message with an option', ['app', SECONDS, ENTRIES[0][1], { chunk: 'c' }], 1],
  ['message with metadata', ['app', [SECONDS, { m: 1 }], ENTRIES[0][1]], 1],
  ['forward', ['app', ENTRIES], 2],
  ['forward with one entry', ['app', [ENTRIES[0]], {}], 1],
  ['forward with nothing in it', ['app', []], 0],
  ['packed', ['app', packed(...ENTRIES), { size: 2 }], 2],
  ['gzip', ['app', gzipSync(packed(...ENTRIES)), { compressed: 'gzip' }], 2],
  [
    'gzip of several members',
    ['app', Buffer.concat(ENTRIES.map((entry) => gzipSync(pack(entry)))), { compressed: 'gzip' }],
    2,
  ],
  ['zstd', ['app', zstdCompressSync(packed(...ENTRIES)), { compressed: 'zstd' }], 2],
  ['text', ['app', packed(...ENTRIES), { compressed: 'text' }], 2],
  ['metrics of Fluent Bit', ['app', packed(...ENTRIES), { fluent_signal: 1 }], 0],
  ['a group of Fluent Bit', ['app', [[[eventTime(0xffffffff, 0), {}], {}], ENTRIES[0], [[-2, {}], {}]]], 1],
  ['a heartbeat', null, 0],
])('%s', (_, message, events) => {
  expect(decode(pack(message))).toEqual({ events: expect.objectContaining({ length: events }) });
});

test('packed as a string, which old clients have for binary', () => {
  const body = Buffer.of(0x92, 0xa1, 0x61, 0xa3, 0x92, 0x01, 0x80);
  expect(decode(body).events).toEqual([
    { timestamp: '1970-01-01T00:00:01.000000000Z', service: 'a', attributes: { tag: 'a' } },
  ]);
});

test('the tag is an attribute, and the service of events that name none, when it is a name', () => {
  expect(one(['app.web', SECONDS, { msg: 'a' }])).toMatchObject({ service: 'app.web', attributes: { tag: 'app.web' } });
  expect(one(['app', SECONDS, { service: 's' }])).toMatchObject({ service: 's', attributes: { tag: 'app' } });
  expect(one(['app', SECONDS, { tag: 'own' }])?.attributes).toEqual({ tag: 'own', 'fluent.tag': 'app' });
  for (const tag of ['0123456789ab', 'kube.var.log.containers.web_shop.log']) {
    expect(one([tag, SECONDS, {}])).toEqual({ timestamp: expect.any(String), attributes: { tag } });
  }
});

test.each([
  ['EventTime', eventTime(SECONDS, 123456789), '2025-11-21T08:00:00.123456789Z'],
  ['EventTime, over a time of the record', [eventTime(SECONDS, 1), { a: 1 }], '2025-11-21T08:00:00.000000001Z'],
  ['a float', SECONDS + 0.25, '2025-11-21T08:00:00.250000000Z'],
  ['whole seconds, under a time of the record', SECONDS, '2025-11-21T07:59:59.999000000Z'],
])('time: %s', (_, time, expected) => {
  expect(one(['app', time, { '@timestamp': '2025-11-21T07:59:59.999Z' }])?.timestamp).toBe(expected);
});

test('time: what there is otherwise', () => {
  expect(one(['app', SECONDS, {}])?.timestamp).toBe('2025-11-21T08:00:00.000000000Z');
  expect(one(['app', SECONDS * 1000 + 5, {}])?.timestamp).toBe('2025-11-21T08:00:00.005000000Z');
  for (const time of [null, 0, -5, Number.NaN, new ExtData(7, Buffer.alloc(8)), true]) {
    expect(one(['app', time, {}])).toEqual({ service: 'app', attributes: { tag: 'app' } });
  }
});

test('values keep their digits and types', () => {
  const record = {
    big: 18446744073709551615n,
    low: -9223372036854775808n,
    small: [-1, -128, -32768, -2147483648, 255, 65535, 4294967295],
    double: 0.1,
    nan: Number.NaN,
    bytes: Buffer.from('ä'),
    ext: new ExtData(3, Buffer.from('xyz')),
    'quo"te': 'a\n"\\\u0000',
    level: 'warn',
    nested: { a: { b: true }, none: null, empty: {} },
  };
  expect(one(['app', SECONDS, record])).toMatchObject({
    severityNumber: 13,
    attributes: {
      big: '18446744073709551615 (number)',
      low: '-9223372036854775808 (number)',
      small: '[-1,-128,-32768,-2147483648,255,65535,4294967295] (json)',
      double: '0.1 (number)',
      nan: 'NaN',
      bytes: 'ä',
      ext: 'eHl6',
      'quo"te': 'a\n"\\\u0000',
      'nested.a.b': 'true (bool)',
      'nested.empty': '{} (json)',
    },
  });
  const single = Buffer.concat([
    Buffer.from([0x93, 0xa1, 0x61, 0x01, 0x82, 0x05, 0xca]),
    Buffer.alloc(4),
    Buffer.of(0xc3, 0xc0),
  ]);
  single.writeFloatBE(0.3, 7);
  expect(decode(single).events?.[0].attributes).toEqual({ 5: '0.3 (number)', true: 'null (json)', tag: 'a' });
});

test('an event that is wrong never takes its neighbours with it', () => {
  let deep: unknown = 1;
  for (let i = 0; i < 40; i++) deep = { a: deep };
  const good = [SECONDS, { n: 1 }];
  for (const bad of [5, [], [1], [1, 'text'], [1, { deep }], [1, { m: 'x'.repeat(3000) }]]) {
    for (const entries of [[good, bad, good], packed(good, bad, good)]) {
      const { events, rejections } = decode(pack(['app', entries]), { eventBytesMax: 2000 });
      expect([events?.length, rejections?.map(({ index }) => index)]).toEqual([2, [1]]);
    }
  }
  const cut = decode(pack(['app', Buffer.concat([pack(good), Buffer.from([0x92, 0xc1])])]));
  expect(cut.events?.length).toBe(1);
  expect(cut.rejections?.[0].error).toContain('was not read');
});

test.each([
  ['a number', pack(5)],
  ['an array of one', pack(['app'])],
  ['a tag that is none', pack([5, []])],
  ['a time without a record', pack(['app', 5])],
  ['half a message', pack(['app', ENTRIES]).subarray(0, 20)],
  ['gzip that is none', pack(['app', Buffer.from('abc'), { compressed: 'gzip' }])],
  ['a compression nobody knows', pack(['app', Buffer.from('abc'), { compressed: 'lzma' }])],
  ['what is nested too deep', Buffer.alloc(200, 0x91)],
])('%s is refused', (_, body) => {
  expect(decode(body).error?.code).toBe('invalid_body');
});

test('limits', () => {
  const bomb = pack(['app', gzipSync(Buffer.alloc(100_000)), { compressed: 'gzip' }]);
  expect(decode(bomb, { bodyExpandedBytesMax: 1000 }).error?.code).toBe('payload_too_large');
  const half = pack(['app', gzipSync(packed([1, { m: 'x'.repeat(600) }])), { compressed: 'gzip' }]);
  expect(decode(Buffer.concat([half, half]), { bodyExpandedBytesMax: 1000 }).events).toHaveLength(1);
  expect(decode(pack(['app', [...ENTRIES, ...ENTRIES]]), { batchEventsMax: 3 }).error?.code).toBe('too_many_events');
  expect(decode(pack(['app', [1, 1, 1]]), { batchEventsMax: 2 }).error?.code).toBe('too_many_events');
});

test('chunks to acknowledge come back in order', () => {
  const messages = ['one', 'two'].map((chunk) => pack(['app', ENTRIES, { chunk }]));
  expect(decodeForward(Buffer.concat(messages), newBatch())).toBe(
    JSON.stringify({ acks: ['one', 'two'], end: messages[0].length + messages[1].length }),
  );
  expect(decodeForward(pack(['app', ENTRIES]), newBatch())).toBeUndefined();
});

test('a message that cannot be taken stops the reading before it, unless it is the only one', () => {
  const good = pack(['app', ENTRIES, { chunk: 'one' }]);
  const broken = pack(['app', Buffer.from('abc'), { compressed: 'gzip', chunk: 'two' }]);
  const batch = newBatch({ batchEventsMax: 3 });
  expect(decodeForward(Buffer.concat([good, broken, good]), batch)).toBe(
    JSON.stringify({ acks: ['one'], end: good.length }),
  );
  expect(batch.rows).toBe(2);
  batch.clear();
  expect(decodeForward(Buffer.concat([broken, good]), batch)).toBe('{"acks":[],"end":0}');
  expect(decodeForward(Buffer.concat([good, good]), batch)).toBe(JSON.stringify({ acks: ['one'], end: good.length }));
  expect([batch.rows, batch.received]).toEqual([2, 2]);
});

describe('a body as a dead letter keeps it', () => {
  const reveal = (body: Buffer, bytesMax = 1000) => revealForward(body, { mask: () => {}, bytesMax });

  test.each([
    ['gzip', gzipSync(packed(...ENTRIES))],
    ['zstd', zstdCompressSync(packed(...ENTRIES))],
  ])('%s: readable, and the same events', (compressed, bytes) => {
    const option = { size: 2, compressed, chunk: 'c' };
    const body = Buffer.concat([pack(['app', bytes, option]), pack(null), pack(['app', SECONDS, { log: 'c' }])]);
    const revealed = reveal(body);
    expect(decode(revealed)).toEqual(decode(body));
    const plain = { ...option, compressed: 'text' };
    expect(revealed.includes(packed(...ENTRIES)) && revealed.includes(pack(plain))).toBe(true);
  });

  test('not beyond its size, and not what cannot be expanded', () => {
    const body = pack(['app', gzipSync(packed(...ENTRIES)), { compressed: 'gzip' }]);
    const codeOf = (act: () => unknown) => {
      try {
        return act();
      } catch (error) {
        return (error as PermanentError).code;
      }
    };
    expect(codeOf(() => reveal(body, 10))).toBe('payload_too_large');
    expect(codeOf(() => reveal(pack(['app', Buffer.from('x'), { compressed: 'gzip' }])))).toBe('invalid_body');
    expect(codeOf(() => reveal(pack(['app', Buffer.from('x'), { compressed: 'lz4' }])))).toBe('invalid_body');
  });
});
