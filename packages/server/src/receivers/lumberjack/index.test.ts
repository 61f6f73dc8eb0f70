import { afterEach, expect, test } from 'vitest';
import { PermanentError, RetryableError } from '../../runtime/errors.ts';
import type { OpenListener } from '../receiver.ts';
import { connectTo, type TestListenerOptions, testListener } from '../util/test-context.ts';
import { lumberjack } from './index.ts';

const [tcp] = lumberjack.listeners!;
const opened: OpenListener[] = [];
afterEach(async () => {
  for (const listener of opened.splice(0)) await listener.close();
});

async function start(options: TestListenerOptions = {}) {
  const state = testListener(tcp, { lumberjack: { tcp: 0 } }, options);
  const listener = (await tcp.open(state.context))!;
  opened.push(listener);
  return { ...state, listener, ...connectTo(listener.port!) };
}

const head = (type: string, ...numbers: number[]) => {
  const bytes = Buffer.alloc(2 + numbers.length * 4);
  bytes.write(`2${type}`);
  for (const [i, number] of numbers.entries()) bytes.writeUInt32BE(number, 2 + i * 4);
  return bytes;
};
const event = (sequence: number, text = `{"n":${sequence}}`) =>
  Buffer.concat([head('J', sequence, Buffer.byteLength(text)), Buffer.from(text)]);
const window = (count: number) =>
  Buffer.concat([head('W', count), ...Array.from({ length: count }, (_, i) => event(i + 1))]);

test('a window is acknowledged when it is durable, however its bytes come', async () => {
  const { socket, received, events, held } = await start();
  for (const byte of window(2)) {
    socket.write(Buffer.of(byte));
    await new Promise((resolve) => setImmediate(resolve));
  }
  while (events.length < 2) await new Promise((resolve) => setTimeout(resolve, 2));
  // One or two acknowledgements, by how the bytes arrived.
  let answer = await received(6);
  while (answer.at(-1) !== 2) answer = await received(answer.length + 6);
  socket.write(Buffer.concat([window(3), window(1)]));
  expect((await received(answer.length + 12)).subarray(-12)).toEqual(Buffer.concat([head('A', 3), head('A', 1)]));
  expect([events.length, held()]).toEqual([6, 0]);
});

test('what must be tried again is, and the client is told to wait', async () => {
  let failures = 2;
  const { socket, received, events } = await start({
    accept: () => {
      if (failures-- > 0) throw new RetryableError('overloaded', 'later', 1);
    },
  });
  socket.write(window(5));
  expect(await received(18)).toEqual(Buffer.concat([head('A', 0), head('A', 0), head('A', 5)]));
  expect(events).toHaveLength(5);
});

test('nothing is lost or doubled when the client goes while its window waits', async () => {
  let failures = 0;
  const state = await start({
    accept: () => {
      failures++;
      throw new RetryableError('overloaded', 'later', 5);
    },
  });
  state.socket.write(window(1));
  while (failures < 2) await new Promise((resolve) => setTimeout(resolve, 2));
  state.socket.destroy();
  await new Promise((resolve) => setTimeout(resolve, 60));
  const seen = failures;
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect([failures - seen, state.held()]).toEqual([0, 0]);
});

test('a message that never will be taken closes the connection, without an acknowledgement', async () => {
  const { socket, received, closed, held } = await start({
    accept: () => {
      throw new PermanentError('unauthenticated', 'no');
    },
  });
  socket.write(window(1));
  await closed;
  expect(await received(1)).toHaveLength(0);
  expect(held()).toBe(0);
});

test('a window with a frame that cannot be read takes no other with it, and is acknowledged to its end', async () => {
  const { socket, received, events, counts, held } = await start();
  const broken = Buffer.concat([head('W', 7), head('C', 3), Buffer.from('abc')]);
  socket.write(Buffer.concat([window(2), broken, window(3)]));
  expect(await received(18)).toEqual(Buffer.concat([head('A', 2), head('A', 7), head('A', 3)]));
  expect([events.length, counts, held()]).toEqual([5, { message_refused: 1 }, 0]);
});

test('a frame that cannot be read behind others of its window: nobody can say how far it went', async () => {
  const { socket, received, closed, events } = await start();
  socket.write(Buffer.concat([head('W', 9), event(1), head('C', 3), Buffer.from('abc')]));
  await closed;
  expect(await received(6)).toEqual(head('A', 1));
  expect(events).toHaveLength(1);
});

test('another protocol is noted and closed, also behind good frames', async () => {
  const { socket, closed, notes, events, counts } = await start();
  socket.write(Buffer.concat([window(1), Buffer.from('GET / HTTP/1.1\r\n\r\n')]));
  await closed;
  expect(events).toHaveLength(1);
  expect(notes).toEqual([{ code: 'invalid_body', reason: expect.stringContaining('Lumberjack') }]);
  expect(counts).toEqual({ invalid_body: 1 });
});

test('a frame over the limit is refused before it is all there', async () => {
  const { socket, closed, notes } = await start({ limits: { bodyBytesMax: 1000 } });
  socket.write(Buffer.concat([head('J', 1, 1e6), Buffer.alloc(2000)]));
  await closed;
  expect(notes).toEqual([{ code: 'payload_too_large', reason: expect.stringContaining('limits.bodyBytesMax') }]);
});

test('it waits for memory', async () => {
  let refusals = 3;
  const { socket, received } = await start({
    hold: () => {
      if (refusals-- > 0) throw new RetryableError('overloaded', 'later', 1);
    },
  });
  socket.write(window(1));
  expect(await received(6)).toEqual(head('A', 1));
});

test('closing hands over what came before', async () => {
  let release = () => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { socket, received, listener, events } = await start({ accept: () => gate });
  socket.write(window(2));
  await new Promise((resolve) => setTimeout(resolve, 50));
  const closing = listener.close();
  release();
  await closing;
  expect((await received(6)).subarray(-6)).toEqual(head('A', 2));
  expect(events).toHaveLength(2);
});

test('without an API key it opens in open mode only', async () => {
  const { context } = testListener(tcp, { lumberjack: { tcp: 0 } }, { openMode: false });
  await expect(tcp.open(context)).rejects.toMatchObject({ field: 'receivers.lumberjack.apiKey' });
  const off = testListener(tcp, {}, { openMode: false });
  expect(await tcp.open(off.context)).toBeNull();
});
