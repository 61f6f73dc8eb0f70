import { afterEach, expect, test, vi } from 'vitest';
import { RetryableError } from '../../runtime/errors.ts';
import { fluentForward } from '../fluent-forward/index.ts';
import { gelf } from '../gelf/index.ts';
import { lumberjack } from '../lumberjack/index.ts';
import type { OpenListener, Receiver } from '../receiver.ts';
import { syslog } from '../syslog/index.ts';
import { connectTo, type TestListenerOptions, testListener } from './test-context.ts';

/** Messages that are begun and never ended, on the ports of all protocols that have no requests. */
const PARTS: readonly [Receiver, Buffer][] = [
  [syslog, Buffer.from(`60000 <13>${'x'.repeat(30_000)}`)],
  [gelf, Buffer.from(`{"short_message":"${'x'.repeat(30_000)}`)],
  [fluentForward, Buffer.concat([Buffer.of(0x93, 0xdb, 0, 0, 0xff, 0xff), Buffer.alloc(30_000, 'x')])],
  [lumberjack, Buffer.concat([Buffer.from('2J\0\0\0\x01\0\0\xff\xff', 'latin1'), Buffer.alloc(30_000, 'x')])],
];
const cases = PARTS.map(([receiver, part]) => ({ id: receiver.id, receiver, part }));

const opened: OpenListener[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const listener of opened.splice(0)) await listener.close();
});

async function start(receiver: Receiver, options: TestListenerOptions = {}) {
  const tcp = receiver.listeners!.find(({ id }) => id === 'tcp')!;
  const state = testListener(tcp, { [receiver.id]: { tcp: 0 } }, options);
  const listener = (await tcp.open(state.context))!;
  opened.push(listener);
  return { ...state, begin: () => connectTo(listener.port!) };
}

test.each(cases)('$id: what is begun counts, and counts no more when its connection is gone', async (each) => {
  const { begin, held } = await start(each.receiver);
  const { socket } = begin();
  socket.write(each.part);
  await vi.waitUntil(() => held() >= 30_000);
  socket.destroy();
  await vi.waitUntil(() => held() === 0);
});

test.each(cases)('$id: many together are refused, and not kept', async ({ receiver, part }) => {
  const LIMIT = 100_000;
  let held = (): number => 0;
  const state = await start(receiver, {
    hold: (bytes) => {
      if (held() + bytes > LIMIT) throw new RetryableError('overloaded', 'too many bytes are under way', 1);
    },
  });
  held = state.held;
  const connections = Array.from({ length: 12 }, () => state.begin());
  for (const { socket } of connections) socket.write(part);
  await Promise.race(connections.map(({ closed }) => closed));
  await vi.waitUntil(() => state.counts.overloaded >= 12 - Math.ceil(LIMIT / part.length));
  expect(state.notes[0]).toEqual({ code: 'overloaded', reason: 'too many bytes are under way' });
  expect(state.held()).toBeLessThanOrEqual(LIMIT);
  for (const { socket } of connections) socket.destroy();
  await vi.waitUntil(() => state.held() === 0);
});

test.each(cases)('$id: one that never ends is given up after two minutes', async ({ id, receiver, part }) => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  const { begin, held, counts, notes } = await start(receiver);
  const { socket, closed } = begin();
  socket.write(part);
  await vi.waitUntil(() => held() >= 30_000);
  // GELF over TCP takes a silence for an end; this one goes on and on.
  for (let i = 0; i < 10; i++) {
    socket.write('x');
    vi.advanceTimersByTime(11_000);
  }
  await new Promise((resolve) => setImmediate(resolve));
  expect([id, socket.destroyed, counts]).toEqual([id, false, {}]);
  vi.advanceTimersByTime(20_000);
  await closed;
  expect(counts).toMatchObject({ message_stalled: 1 });
  expect(notes).toMatchObject([{ code: 'overloaded', reason: 'a message was not whole after 120 s' }]);
});
