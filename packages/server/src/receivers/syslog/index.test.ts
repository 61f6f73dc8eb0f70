import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { expect, test, vi } from 'vitest';
import { DEFAULT_LIMITS } from '../../batch/limits.ts';
import { receiversConfig } from '../config.ts';
import type { ListenerContext, ListenerMessage, OpenListener } from '../receiver.ts';
import { eachMessage } from '../util/framed.ts';
import { syslog } from './index.ts';

const [udp, tcp] = syslog.listeners!;

function contextOf(values: object, accept: (message: ListenerMessage) => Promise<void>, openMode = true) {
  const config = receiversConfig.pick({ syslog: true, tls: true }).parse({ syslog: values, tls: {} });
  return {
    config,
    host: '127.0.0.1',
    limits: DEFAULT_LIMITS,
    openMode,
    accept: async (message: ListenerMessage) => {
      await accept(message);
      return { accepted: 1, rejectedCount: 0, rejections: [], position: 1 };
    },
    hold: () => {},
    release: () => {},
    count: () => {},
    note: () => {},
    warn: () => {},
  } as Partial<Omit<ListenerContext, 'config'>> as unknown as ListenerContext;
}

async function connected({ port }: OpenListener): Promise<Socket> {
  const socket = connect(port!, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

test('ports are off until they are given; without a key only open mode is taken', async () => {
  const accept = async () => {};
  for (const listener of syslog.listeners!) expect(await listener.open(contextOf({}, accept))).toBeNull();
  for (const [listener, values] of [
    [udp, { udp: 0 }],
    [tcp, { tcp: 0 }],
  ] as const) {
    await expect(listener!.open(contextOf(values, accept, false))).rejects.toMatchObject({
      code: 'invalid_field',
      message: expect.stringContaining('receivers.syslog.apiKey'),
    });
  }
});

test('a port that is taken is named', async () => {
  const open = await tcp!.open(contextOf({ tcp: 0 }, async () => {}));
  await expect(tcp!.open(contextOf({ tcp: open!.port! }, async () => {}))).rejects.toMatchObject({
    code: 'conflict',
    field: 'receivers.syslog.tcp',
  });
  await open!.close();
});

test('nothing is dropped over TCP while nothing is accepted: the client is held back, then all comes', async () => {
  const gate = Promise.withResolvers<void>();
  const seen: string[] = [];
  const accept = async ({ body }: ListenerMessage) => {
    await gate.promise;
    eachMessage(body, (start, end) => seen.push(body.toString('latin1', start, start + 12).trim() || String(end)));
  };
  const open = await tcp!.open(contextOf({ tcp: 0 }, accept));
  const socket = await connected(open!);
  const count = 40_000;
  const lines = Array.from({ length: count }, (_, i) => `<13>${String(i).padEnd(500)}\n`).join('');
  const isWritten = new Promise<'written'>((resolve) => socket.end(lines, () => resolve('written')));
  const later = new Promise<'waits'>((resolve) => setTimeout(() => resolve('waits'), 300));
  expect(await Promise.race([isWritten, later])).toBe('waits');
  gate.resolve();
  await isWritten;
  await expect.poll(() => seen.length, { timeout: 10_000 }).toBe(count);
  expect(seen.every((text, i) => text.startsWith(`<13>${i}`))).toBe(true);
  await open!.close();
});

test('a client that speaks TLS to the plain port is told off at once, and noted', async () => {
  const note = vi.fn();
  const open = await tcp!.open({ ...contextOf({ tcp: 0 }, async () => {}), note });
  const client = connectTls({ port: open!.port!, host: '127.0.0.1', rejectUnauthorized: false });
  await new Promise((resolve) => client.once('error', resolve));
  expect(note).toHaveBeenCalledWith(expect.objectContaining({ reason: 'the client speaks TLS, this port does not' }));
  await open!.close();
});

test('closing hands over what came in, also what has no end yet', async () => {
  const bodies: string[] = [];
  const open = await tcp!.open(contextOf({ tcp: 0 }, async ({ body }) => void bodies.push(body.toString())));
  const socket = await connected(open!);
  socket.on('error', () => {});
  await new Promise((resolve) => socket.write('<13>a\n<13>b', resolve));
  await open!.close();
  expect(bodies.join('')).toBe('5 127.0.0.1 <13>a\n5 127.0.0.1 <13>b\n');
});
