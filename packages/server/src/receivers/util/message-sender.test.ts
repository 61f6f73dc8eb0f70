import { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../batch/limits.ts';
import { PermanentError, RetryableError } from '../../runtime/errors.ts';
import type { ListenerContext, ListenerMessage, Receipt } from '../receiver.ts';
import { eachMessage } from './framed.ts';
import { MessageSender, type MessageSenderOptions } from './message-sender.ts';

const RECEIPT: Receipt = { accepted: 1, rejectedCount: 0, rejections: [], position: 1 };

function messagesOf(body: Buffer): string[] {
  const messages: string[] = [];
  eachMessage(body, (start, end) => messages.push(body.toString('latin1', start, end)));
  return messages;
}

/** A sender before an `accept` that answers what `outcomes` say, one after the other, and then with success. */
function setUp(
  outcomes: (Error | Promise<void>)[] = [],
  options: Partial<MessageSenderOptions> = {},
  batchEventsMax = 100,
) {
  const bodies: string[][] = [];
  const counts: Record<string, number> = {};
  const state = { held: 0, heldMax: Number.MAX_SAFE_INTEGER };
  const context = {
    limits: { ...DEFAULT_LIMITS, batchEventsMax },
    accept: async ({ body }: ListenerMessage) => {
      bodies.push(messagesOf(body));
      body.fill(0);
      const outcome = outcomes.shift();
      if (outcome instanceof Error) throw outcome;
      await outcome;
      return RECEIPT;
    },
    hold: (bytes: number) => {
      if (state.held + bytes > state.heldMax) throw new RetryableError('overloaded', 'full', 1);
      state.held += bytes;
    },
    release: (bytes: number) => {
      state.held -= bytes;
    },
    count: (reason: string, by = 1) => {
      counts[reason] = (counts[reason] ?? 0) + by;
    },
  } as Partial<ListenerContext> as ListenerContext;
  const sender = new MessageSender(context, { secret: 'k', format: 'x', ...options });
  const push = (text: string, peer = '::1') => sender.push({ bytes: Buffer.from(text), peer });
  return { sender, push, bodies, counts, state };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 20));

test('one body at a time; what comes meanwhile goes together', async () => {
  const first = Promise.withResolvers<void>();
  const { sender, push, bodies, state } = setUp([first.promise]);
  push('a');
  push('b');
  await settled();
  push('c');
  push('d');
  await settled();
  expect(bodies).toEqual([['a', 'b']]);
  first.resolve();
  await sender.close();
  expect(bodies).toEqual([
    ['a', 'b'],
    ['c', 'd'],
  ]);
  expect([sender.pendingBytes, state.held]).toEqual([0, 0]);
});

test('what can be accepted later is sent again, the same and in its order', async () => {
  const { sender, push, bodies, counts } = setUp([
    new RetryableError('overloaded', 'x', 1),
    new RetryableError('overloaded', 'x', 1),
  ]);
  push('a');
  await settled();
  push('b');
  await new Promise((resolve) => setTimeout(resolve, 400));
  expect(bodies).toEqual([['a'], ['a'], ['a'], ['b']]);
  await sender.close();
  expect(counts).toEqual({});
});

test('what is refused is counted, and the next goes on', async () => {
  const { sender, push, bodies, counts } = setUp([new PermanentError('forbidden', 'x')]);
  push('a');
  push('b');
  await settled();
  push('c');
  await sender.close();
  expect(bodies).toEqual([['a', 'b'], ['c']]);
  expect(counts).toEqual({ message_refused: 2 });
});

test('bodies have at most the events of a batch and 1 MiB; without a key one sender', async () => {
  const many = setUp([], {}, 2);
  for (const text of 'abcde') many.push(text);
  await many.sender.close();
  expect(many.bodies).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
  const large = setUp();
  for (let i = 0; i < 3; i++) large.push('x'.repeat(600_000));
  await large.sender.close();
  expect(large.bodies.map((body) => body.length)).toEqual([1, 1, 1]);
  const open = setUp([], { secret: null });
  for (const peer of ['::1', '::1', '10.0.0.1', '::1']) open.push('a', peer);
  await open.sender.close();
  expect(open.bodies.map((body) => body.length)).toEqual([2, 1, 1]);
});

test('datagrams beyond the limits are dropped and counted', async () => {
  const { sender, push, bodies, counts, state } = setUp([], { dropAboveBytes: 3000 });
  for (let i = 0; i < 5; i++) push('x'.repeat(1000));
  state.heldMax = state.held;
  push('a');
  await sender.close();
  expect(bodies.flat()).toHaveLength(2);
  expect(counts).toEqual({ datagram_dropped: 4 });
  expect(state.held).toBe(0);
});

test('sockets pause above 1 MiB and go on below half; what cannot be held is not dropped', async () => {
  const gate = Promise.withResolvers<void>();
  const { sender, push, bodies, counts, state } = setUp([gate.promise]);
  state.heldMax = 10;
  const socket = new Socket();
  socket.resume();
  sender.throttle(socket);
  expect(socket.isPaused()).toBe(false);
  for (let i = 0; i < 3; i++) push('x'.repeat(500_000));
  sender.throttle(socket);
  expect(socket.isPaused()).toBe(true);
  gate.resolve();
  await sender.close();
  expect(socket.isPaused()).toBe(false);
  expect(bodies.flat()).toHaveLength(3);
  expect([counts, state.held]).toEqual([{}, 0]);
  socket.destroy();
});

test('closing gives up after about 2 s, and counts what is lost', async () => {
  const { sender, push, counts, state } = setUp([new Promise(() => {})]);
  push('a');
  await settled();
  push('b');
  const begin = performance.now();
  await sender.close();
  expect(performance.now() - begin).toBeLessThan(2500);
  expect(counts).toEqual({ message_dropped: 2 });
  push('c');
  expect([counts.message_dropped, sender.pendingBytes, state.held]).toEqual([3, 0, 0]);
});
