import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import gelf from 'gelf-pro';
import { expect, test } from 'vitest';
import { attemptsWith, peerServer, portOf, readmeBlock, readmeOf } from '../support/peer.ts';
import { ADMIN_KEY, allEvents, request, spawnServer } from '../support/server.ts';

/** gelf-pro over UDP and TCP, curl over HTTP, with what the README says to copy; every event is found once. */
const EVENTS = 300;

const peer = peerServer(() => ({
  env: {
    TAILWATER_RECEIVERS_GELF_UDP: '0',
    TAILWATER_RECEIVERS_GELF_TCP: '0',
    TAILWATER_RECEIVERS_GELF_API_KEY: ADMIN_KEY,
  },
}));

type Options = Parameters<typeof gelf.setConfig>[0];

/** A logger with the README's options: the package has one for all, which keeps the adapter it first had. */
function clientOf(listener: 'udp' | 'tcp', service: string, port = peer.port(`gelf.${listener}`)): typeof gelf {
  const options = JSON.parse(readmeBlock('gelf', 'json')) as Options;
  const client = Object.create(gelf) as typeof gelf & { adapter: unknown; config: unknown };
  client.adapter = undefined;
  client.setConfig({
    ...options,
    adapterName: listener,
    adapterOptions: { host: '127.0.0.1', port },
    fields: { service, region: 'eu' },
  } as Options);
  return client;
}

const sent = (send: (callback: (error?: unknown) => void) => void) =>
  new Promise<void>((resolve, reject) => send((error) => (error == null ? resolve() : reject(error))));

test.each(['udp', 'tcp'] as const)('gelf-pro over %s, small messages and large ones', async (listener) => {
  const service = `gelf-${listener}`;
  const client = clientOf(listener, service);
  const noise = Array.from({ length: 2000 }, (_, i) => ((i * 7919) % 100_003).toString(36)).join(' ');
  for (let i = 0; i < EVENTS; i++) {
    const extra = { user_id: `u${i}`, amount: i + 0.5, ...(i % 10 === 0 ? { noise } : {}) };
    await sent((callback) => client.message(`order ${i} größe lost`, 3, extra, callback));
  }
  const events = await peer.found(service, EVENTS);
  expect(events.map(({ user_id }) => user_id).sort()).toEqual(Array.from({ length: EVENTS }, (_, i) => `u${i}`).sort());
  for (const event of events) {
    const i = Number(String(event.user_id).slice(1));
    expect(event).toMatchObject({
      message: `order ${i} größe lost`,
      severity: 'error',
      receiver: 'gelf',
      org_id: 'default',
      metadata: { amount: i + 0.5, region: 'eu', ...(i % 10 === 0 ? { noise } : {}) },
    });
    expect(event.host).toMatch(/\w/);
    expect(Math.abs(Date.parse(String(event.timestamp)) - Date.now())).toBeLessThan(120_000);
  }
});

test('curl, as in the README; many at a time; a wrong key', async () => {
  const command = /^curl .*$/m.exec(readmeOf('gelf'))![0].replace('http://tailwater.example.com:4750', peer.url);
  const run = (key: string) =>
    promisify(execFile)('sh', ['-c', `${command} -sS -w '%{http_code}'`], { env: { PATH: '/usr/bin:/bin', KEY: key } });
  expect((await run(`${ADMIN_KEY}x`)).stdout).toMatch(/401$/);
  expect((await run(ADMIN_KEY)).stdout).toBe('202');
  expect(await peer.found('shop', 1)).toMatchObject([{ message: 'it works', host: 'web-1', severity: 'critical' }]);
  const message = (i: number) => ({
    version: '1.1',
    host: 'h',
    short_message: `m ${i}`,
    level: 6,
    _service: 'many',
    _n: i,
  });
  const good = Array.from({ length: EVENTS }, (_, i) => JSON.stringify(message(i)));
  const body = [...good, '{"host":"h"}'].join('\n');
  const response = await request(peer, '/gelf', { method: 'POST', body });
  expect(response.status).toBe(202);
  expect(await response.json()).toMatchObject({
    accepted: EVENTS,
    rejected: [{ index: EVENTS, field: 'short_message' }],
  });
  const events = await peer.found('many', EVENTS);
  expect(new Set(events.map(({ message }) => message)).size).toBe(EVENTS);
  expect(events).toHaveLength(EVENTS);
});

test('a key that is none: nothing is taken, and the attempt is listed', async () => {
  const other = await spawnServer({
    env: { TAILWATER_RECEIVERS_GELF_TCP: '0', TAILWATER_RECEIVERS_GELF_API_KEY: `${ADMIN_KEY}x` },
  });
  try {
    await sent((callback) => clientOf('tcp', 'nobody', portOf(other, 'gelf.tcp')).message('hello', 6, {}, callback));
    await attemptsWith(other, '"gelf"', 'hello');
    expect(await allEvents(other, 'from=-1h')).toEqual([]);
  } finally {
    await other.stop();
  }
});
