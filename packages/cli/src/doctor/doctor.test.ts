import { createSocket } from 'node:dgram';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { holderOf, isFree } from './ports.ts';
import { checkClock } from './server.ts';

describe('clocks', () => {
  const NOW = Date.parse('2026-11-21T12:00:10.400Z');
  const clock = (date: string | null) => checkClock(date, NOW, NOW + 100);
  test.each<[string, string, string]>([
    ['the same second', 'Sat, 21 Nov 2026 12:00:10 GMT', 'ok'],
    ['within what a header can say', 'Sat, 21 Nov 2026 12:00:06 GMT', 'ok'],
    ['ahead', 'Sat, 21 Nov 2026 12:00:30 GMT', 'warn'],
    ['behind', 'Sat, 21 Nov 2026 12:00:00 GMT', 'warn'],
    ['far ahead', 'Sat, 21 Nov 2026 13:00:00 GMT', 'fail'],
    ['no time', 'yesterday', 'skip'],
  ])('%s', (_name, date, state) => expect(clock(date).state).toBe(state));

  test('which of them is ahead', () => {
    expect(clock('Sat, 21 Nov 2026 12:00:30 GMT').what).toBe(
      "the server's clock is 20 seconds ahead of this machine's",
    );
    expect(clock('Sat, 21 Nov 2026 12:00:00 GMT').what).toBe("the server's clock is 9 seconds behind this machine's");
    expect(clock(null).state).toBe('skip');
  });
});

describe('ports', () => {
  test('a port of TCP that is taken, by whom, and when it is free again', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    expect(await isFree('127.0.0.1', port, 'tcp')).toBe('taken');
    if (process.platform === 'linux') expect(holderOf(port)?.pid).toBe(process.pid);
    await new Promise((resolve) => server.close(resolve));
    expect(await isFree('127.0.0.1', port, 'tcp')).toBe('free');
    expect(holderOf(port)).toBeNull();
  });

  test('a port of UDP', async () => {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    expect(await isFree('127.0.0.1', socket.address().port, 'udp')).toBe('taken');
    const { port } = socket.address();
    await new Promise<void>((resolve) => socket.close(resolve));
    expect(await isFree('127.0.0.1', port, 'udp')).toBe('free');
  });

  test('an address that is none of this machine', async () => {
    expect(await isFree('192.0.2.1', 4750, 'tcp')).toMatch(/^E/);
  });
});
