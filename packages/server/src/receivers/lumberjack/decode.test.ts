import { readdirSync, readFileSync } from 'node:fs';
import { deflateSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { readReply } from '../util/acked-reply.ts';
import { decodeForTest, newBatch } from '../util/test-batch.ts';
import { decodeFrames } from './decode.ts';
import { revealFrames } from './reveal.ts';

const FIXTURES = new URL('./fixtures/', import.meta.url);
const decode = (body: Buffer, limits = {}) => decodeForTest((batch) => decodeFrames(body, batch), limits);
const replyOf = (body: Buffer, batch = newBatch()) => readReply(decodeFrames(body, batch), body.length);
const acksOf = (...frames: Buffer[]) => replyOf(Buffer.concat(frames)).acks.join(' ');

function u32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [i, value] of values.entries()) bytes.writeUInt32BE(value, i * 4);
  return bytes;
}

const block = (bytes: Buffer) => Buffer.concat([u32(bytes.length), bytes]);
const window = (size: number, version = '2') => Buffer.concat([Buffer.from(`${version}W`), u32(size)]);
const json = (sequence: number, text: string) =>
  Buffer.concat([Buffer.from('2J'), u32(sequence), block(Buffer.from(text))]);
const data = (sequence: number, pairs: Record<string, string>, version = '2') =>
  Buffer.concat([
    Buffer.from(`${version}D`),
    u32(sequence, Object.keys(pairs).length),
    ...Object.entries(pairs)
      .flat()
      .map((text) => block(Buffer.from(text))),
  ]);
const compressed = (...frames: Buffer[]) =>
  Buffer.concat([Buffer.from('2C'), block(deflateSync(Buffer.concat(frames)))]);

test.each(readdirSync(FIXTURES))('fixture %s', async (name) => {
  const folder = new URL(`${name}/`, FIXTURES);
  const decoded = decode(readFileSync(new URL('input.bin', folder)));
  const expected = new URL('expected.json', folder).pathname;
  await expect(`${JSON.stringify(decoded, null, 2)}\n`).toMatchFileSnapshot(expected);
});

test('data frames of both versions', () => {
  const frames = [
    window(2),
    data(1, { message: 'a "quoted"\nline', host: 'h' }),
    data(2, { line: 'old', offset: '5', 'x"y': 'z' }, '1'),
  ];
  expect(decode(Buffer.concat(frames)).events).toEqual([
    { message: 'a "quoted"\nline', host: 'h' },
    { message: 'old', attributes: { offset: '5', 'x"y': 'z' } },
  ]);
});

test('every window is acknowledged, and what there is of the last', () => {
  expect(acksOf(window(2), json(1, '{}'), json(2, '{}'), window(5), compressed(json(1, '{}'), json(2, '{}')))).toBe(
    '2A2 2A2',
  );
  expect(acksOf(window(1))).toBe('');
  expect(acksOf(compressed(json(3, '{}')), json(4, '{}'))).toBe('2A4');
  expect(acksOf(window(1, '1'), data(1, { line: 'x' }, '1'))).toBe('1A1');
});

test('an event that is wrong never takes its neighbours with it, and is acknowledged', () => {
  for (const bad of ['', '[]', '{"a":', '{"a":1', 'text', `{"m":"${'x'.repeat(3000)}"}`]) {
    const body = Buffer.concat([window(3), json(1, '{"n":1}'), json(2, bad), json(3, '{"n":3}')]);
    const { events, rejections } = decode(body, { eventBytesMax: 2000 });
    expect([events?.length, rejections?.map(({ index }) => index)]).toEqual([2, [1]]);
    expect(acksOf(body)).toBe('2A3');
  }
});

test.each([
  ['another protocol', Buffer.from('GET / HTTP/1.1\r\n')],
  ['a frame of no type', Buffer.from('2Xabcdef')],
  ['half a frame', json(1, '{"a":1}').subarray(0, 12)],
  ['zlib that is none', Buffer.concat([Buffer.from('2C'), block(Buffer.from('abc'))])],
  ['half a frame in a compressed one', compressed(json(1, '{}').subarray(0, 9))],
  ['compressed twice', compressed(compressed(json(1, '{}')))],
  ['too many pairs', Buffer.concat([Buffer.from('2D'), u32(1, 1e9)])],
])('%s is refused', (_, body) => {
  expect(decode(body).error?.code).toBe('invalid_body');
});

test('limits', () => {
  const bomb = compressed(json(1, `{"m":"${' '.repeat(100_000)}"}`));
  expect(decode(bomb, { bodyExpandedBytesMax: 1000 }).error?.code).toBe('payload_too_large');
  const three = [1, 2, 3].map((sequence) => json(sequence, '{}'));
  expect(decode(compressed(...three), { batchEventsMax: 2 }).error?.code).toBe('too_many_events');
  const wrong = [1, 2, 3].map((sequence) => json(sequence, '5'));
  expect(decode(compressed(...wrong), { batchEventsMax: 2 }).error?.code).toBe('too_many_events');
});

test('a frame that cannot be taken stops the reading before it, and leaves nothing of it', () => {
  const good = Buffer.concat([window(2), json(1, '{}'), json(2, '{}')]);
  const half = compressed(json(1, '{}'), json(2, '{}').subarray(0, 9));
  const batch = newBatch();
  const end = good.length + 6;
  expect(replyOf(Buffer.concat([good, window(2), half, good]), batch)).toEqual({ acks: ['2A2'], end });
  expect([batch.rows, batch.received]).toEqual([2, 2]);
  expect(replyOf(Buffer.concat([half, good]))).toEqual({ acks: [], end: 0 });
  const small = newBatch({ batchEventsMax: 2 });
  expect(replyOf(Buffer.concat([good, window(1), json(1, '{}')]), small)).toEqual({ acks: ['2A2'], end });
  expect([small.rows, small.received]).toEqual([2, 2]);
});

test('a body as a dead letter keeps it: nothing compressed, and the same events', () => {
  const inner = [json(1, '{"n":1}'), json(2, '[]'), data(3, { line: 'x' })];
  const body = Buffer.concat([window(3), compressed(...inner), window(1), json(1, '{"n":4}')]);
  const revealed = revealFrames(body, {
    mask: (bytes) => bytes.fill('7', bytes.length - 2, bytes.length - 1),
    bytesMax: 1000,
  });
  const masked = json(1, '{"n":7}');
  expect(revealed).toEqual(Buffer.concat([window(3), ...inner, window(1), masked]));
  const same = (bytes: Buffer) => JSON.stringify(decode(bytes)).replaceAll('"7 (number)"', '"4 (number)"');
  expect(same(revealed)).toBe(same(body));
  expect(() => revealFrames(body, { mask: () => {}, bytesMax: 30 })).toThrow('limits.bodyExpandedBytesMax');
});
