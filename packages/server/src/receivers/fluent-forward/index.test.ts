import { createHash } from 'node:crypto';
import { decode, decodeMulti, encode } from '@msgpack/msgpack';
import { afterEach, expect, test } from 'vitest';
import { PermanentError, RetryableError } from '../../runtime/errors.ts';
import type { OpenListener } from '../receiver.ts';
import { connectTo, type TestListenerOptions, testListener } from '../util/test-context.ts';
import { fluentForward } from './index.ts';

const [tcp] = fluentForward.listeners!;
const opened: OpenListener[] = [];
afterEach(async () => {
  for (const listener of opened.splice(0)) await listener.close();
});

async function start(options: TestListenerOptions = {}, sharedKey?: string) {
  const state = testListener(tcp, { 'fluent-forward': { tcp: 0, sharedKey, apiKey: 'tw_k' } }, options);
  const listener = (await tcp.open(state.context))!;
  opened.push(listener);
  return { ...state, ...connectTo(listener.port!) };
}

const pack = (value: unknown) => Buffer.from(encode(value));
const message = (n: number, chunk?: string) =>
  pack(['app', [[1_763_712_000, { n }]], chunk === undefined ? {} : { chunk }]);
const until = async (check: () => boolean) => {
  while (!check()) await new Promise((resolve) => setTimeout(resolve, 2));
};

test('messages that came together are handed over together, and their chunks acknowledged', async () => {
  const { socket, received, messages, events, held } = await start();
  socket.write(Buffer.concat([message(1, 'a'), pack(null), message(2), message(3, 'b')]));
  const expected = Buffer.concat([pack({ ack: 'a' }), pack({ ack: 'b' })]);
  expect(await received(expected.length)).toEqual(expected);
  expect([messages.length, events.length, held()]).toEqual([1, 3, 0]);
  expect(messages[0]).toMatchObject({ format: 'msgpack', secret: 'tw_k', remoteAddress: '127.0.0.1' });
});

test('a message in single bytes', async () => {
  const { socket, received, events } = await start();
  for (const byte of message(1, 'a')) {
    socket.write(Buffer.of(byte));
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(decode(await received(7))).toEqual({ ack: 'a' });
  expect(events).toHaveLength(1);
});

test('a message that is refused takes no other with it; its chunk is acknowledged, or it would come for ever', async () => {
  const broken = pack(['app', Buffer.from('no gzip'), { compressed: 'gzip', chunk: 'x' }]);
  const { socket, received, events, counts, held } = await start();
  socket.write(Buffer.concat([message(1, 'a'), broken, message(2, 'b')]));
  expect([...decodeMulti(await received(21))]).toEqual([{ ack: 'a' }, { ack: 'x' }, { ack: 'b' }]);
  expect([events.length, counts, held()]).toEqual([2, { message_refused: 1 }, 0]);
});

test('a chunk whose dead letter cannot be kept is not acknowledged before it can', async () => {
  let failures = 2;
  const { socket, received } = await start({
    accept: () => {
      if (failures-- > 0) throw new RetryableError('disk_full', 'no letter', 1);
      throw new PermanentError('invalid_body', 'never');
    },
  });
  socket.write(message(1, 'a'));
  expect(decode(await received(7))).toEqual({ ack: 'a' });
  expect(failures).toBe(-1);
});

test('a message that nobody waits for is dropped, and the connection goes on', async () => {
  const broken = pack(['app', Buffer.from('no gzip'), { compressed: 'gzip' }]);
  const { socket, events, counts } = await start();
  socket.write(Buffer.concat([message(1), broken, message(2)]));
  await until(() => events.length === 2);
  expect(counts).toEqual({ message_refused: 1 });
});

test('a refused key closes the connection', async () => {
  const { socket, closed } = await start({
    accept: () => {
      throw new PermanentError('unauthenticated', 'no');
    },
  });
  socket.write(message(1));
  await closed;
});

test('another protocol is noted and closed', async () => {
  const { socket, closed, notes } = await start();
  socket.write('GET / HTTP/1.1\r\n\r\n');
  await closed;
  expect(notes).toEqual([{ code: 'invalid_body', reason: expect.stringContaining('MessagePack') }]);
});

const sha512 = (...parts: (string | Uint8Array)[]) =>
  parts.reduce((hash, part) => hash.update(part), createHash('sha512')).digest('hex');

async function greeted(received: (count: number) => Promise<Buffer>) {
  const bytes = await received(40);
  const [helo] = [...decodeMulti(bytes)] as [[string, { nonce: Uint8Array; auth: string; keepalive: boolean }]];
  return { bytes, helo };
}

test('the handshake proves the shared key both ways', async () => {
  const { socket, received, events } = await start({}, 'secret');
  const { bytes, helo } = await greeted(received);
  expect(helo).toMatchObject(['HELO', { auth: '', keepalive: true }]);
  const digest = sha512('salt', 'box', helo[1].nonce, 'secret');
  socket.write(Buffer.concat([pack(['PING', 'box', 'salt', digest, '', '']), message(1, 'a')]));
  await until(() => events.length === 1);
  const answers = [...decodeMulti((await received(bytes.length + 130)).subarray(bytes.length))];
  const [pong] = answers as [[string, boolean, string, string, string]];
  expect(pong.slice(0, 3)).toEqual(['PONG', true, '']);
  expect(pong[4]).toBe(sha512('salt', pong[3], helo[1].nonce, 'secret'));
});

test("Fluent Bit's salt, a text of bytes that are no UTF-8", async () => {
  const { socket, received, events } = await start({}, 'secret');
  const { helo } = await greeted(received);
  const salt = Buffer.from('ff00fe80c0c1f5a0ff00fe80c0c1f5a0', 'hex');
  const [open, rest] = [Buffer.concat([Buffer.of(0x96), pack('PING'), pack('box')]), [pack(''), pack('')]];
  const digest = pack(sha512(salt, 'box', helo[1].nonce, 'secret'));
  socket.write(Buffer.concat([open, Buffer.of(0xb0), salt, digest, ...rest, message(1, 'a')]));
  await until(() => events.length === 1);
});

test.each([
  ['another key', (nonce: Uint8Array) => ['PING', 'box', 'salt', sha512('salt', 'box', nonce, 'guess'), '', '']],
  ['no digest', () => ['PING', 'box', 'salt', '', '', '']],
  ['events', () => ['app', [[1, { n: 1 }]]]],
])('the handshake refuses %s', async (_, ping) => {
  const { socket, received, closed, events, notes } = await start({}, 'secret');
  const { bytes, helo } = await greeted(received);
  socket.write(Buffer.concat([pack(ping(helo[1].nonce)), message(1)]));
  await closed;
  const [pong] = [...decodeMulti((await received(1e6)).subarray(bytes.length))] as unknown[][];
  expect(pong.slice(0, 2)).toEqual(['PONG', false]);
  expect([events.length, notes.length, notes[0].code]).toEqual([0, 1, 'unauthenticated']);
});
