import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { deflateSync, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { joinMessages } from '../util/framed.ts';
import { decodeForTest } from '../util/test-batch.ts';
import { decodeGelf, decodeGelfMessages } from './decode.ts';

const FIXTURES = new URL('./fixtures/', import.meta.url);
const decode = (body: string | Buffer, limits = {}) =>
  decodeForTest((batch) => decodeGelf(Buffer.from(body as string), batch), limits);
const decodeMessages = (messages: (string | Buffer)[], limits = {}) => {
  const framed = messages.map((bytes) => ({ bytes: Buffer.from(bytes as string), peer: '10.1.2.3' }));
  return decodeForTest((batch) => decodeGelfMessages(joinMessages(framed), batch), limits);
};

test.each(readdirSync(FIXTURES))('fixture %s', async (name) => {
  const folder = new URL(`${name}/`, FIXTURES);
  // One body of HTTP, or messages of a socket.
  const isBody = existsSync(new URL('input.json', folder));
  const input = readFileSync(new URL(isBody ? 'input.json' : 'input.messages', folder));
  const decoded = isBody ? decode(input) : decodeForTest((batch) => decodeGelfMessages(input, batch));
  const expected = new URL('expected.json', folder).pathname;
  await expect(`${JSON.stringify(decoded, null, 2)}\n`).toMatchFileSnapshot(expected);
});

test('a message with all of it', () => {
  const message = {
    version: '1.1',
    host: 'h1',
    short_message: 'ga "x" ü',
    full_message: 'line 1\nline 2',
    timestamp: 1385053862.3072,
    level: 3,
    facility: 'app',
    line: 7,
    _user_id: 9001,
    _some_info: 'foo',
    _service: 'api',
    _level: 'x',
    _host: 'inner',
    _id: 5,
    _nested: { a: [1] },
    _null: null,
  };
  expect(decode(JSON.stringify(message)).events).toEqual([
    {
      timestamp: '2013-11-21T17:11:02.307200000Z',
      severityNumber: 17,
      host: 'h1',
      service: 'api',
      userId: '9001',
      message: 'ga "x" ü',
      attributes: {
        full_message: 'line 1\nline 2',
        facility: 'app',
        line: '7 (number)',
        some_info: 'foo',
        level: 'x',
        host: 'inner',
        id: '5 (number)',
        nested: '{"a":[1]} (json)',
        null: 'null (json)',
      },
    },
  ]);
});

test.each([
  ['no level', '', 22],
  ['a text', ',"level":"7"', 5],
  ['a level that is none', ',"level":9', 22],
  ['a word', ',"level":"info"', 22],
  ['an empty text', ',"level":""', 22],
])('%s', (_, level, severityNumber) => {
  expect(decode(`{"short_message":"x"${level}}`).events?.[0].severityNumber).toBe(severityNumber);
});

test.each([
  ['{"host":"h"}', 'short_message'],
  ['{"short_message":""}', 'short_message'],
  ['{"short_message":null}', 'short_message'],
  ['{"short_message":{"a":1}}', 'short_message'],
  ['{"short_message":"x"', ''],
  ['[1]', ''],
  ['7', ''],
])('%s is rejected, its neighbours are not', (bad, field) => {
  const good = '{"short_message":"x"}';
  expect(decode(`${good}\n${bad}\n${good}`).rejections).toMatchObject([{ index: 1, field }]);
  expect(decode(`${good}\n${bad}`).events).toHaveLength(1);
  expect(decodeMessages([good, bad, good])).toMatchObject({
    events: expect.objectContaining({ length: 2 }),
    rejections: [{ index: 1, field }],
  });
});

test('nothing is refused as a body, rejected as a message', () => {
  for (const body of ['', ' \n', '\ufeff', '\0']) expect(decode(body).error?.code).toBe('invalid_body');
  expect(decodeMessages([' ']).rejections).toMatchObject([{ index: 0, code: 'invalid_body' }]);
});

test('plain, gzip and zlib; the peer is the host when none is named', () => {
  const text = '{"short_message":"x"}';
  const { events, rejections } = decodeMessages([
    text,
    gzipSync(text),
    deflateSync(text, { level: 1 }),
    deflateSync(text, { level: 9 }),
    gzipSync(text).subarray(0, 12),
    text,
  ]);
  expect(events?.map(({ host, message }) => [host, message])).toEqual(Array(5).fill(['10.1.2.3', 'x']));
  expect(rejections).toMatchObject([{ index: 4, code: 'invalid_body' }]);
});

test('what expands too far, what was cut, and too many', () => {
  const bomb = gzipSync(JSON.stringify({ short_message: 'x'.repeat(1 << 20) }));
  expect(decodeMessages([bomb], { eventBytesMax: 1000 }).rejections).toMatchObject([{ code: 'event_too_large' }]);
  const cut = joinMessages([{ bytes: Buffer.from('{"short'), peer: '', isCut: true }]);
  const { rejections } = decodeForTest((batch) => decodeGelfMessages(cut, batch));
  expect(rejections).toMatchObject([{ code: 'event_too_large' }]);
  for (const message of ['{"short_message":"x"}', 'x']) {
    expect(decodeMessages(Array(3).fill(message), { batchEventsMax: 2 }).error?.code).toBe('too_many_events');
  }
});
