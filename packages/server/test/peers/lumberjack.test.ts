import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import LumberjackClient from 'lumberjack-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  ADMIN_KEY,
  allEvents,
  eventually,
  removeTempDirs,
  request,
  type SpawnedServer,
  spawnServer,
  tempDir,
} from '../support/server.ts';

/** lumberjack-client sends, over TCP and TLS, with what the README says to copy. */
const README = new URL(
  import.meta.url.replace(/\/packages\/server\/.*/, '/packages/server/src/receivers/lumberjack/README.md'),
);
const EVENTS = 500;

let server: SpawnedServer;

beforeAll(async () => {
  const [cert, key] = selfSigned();
  server = await spawnServer({
    env: {
      TAILWATER_RECEIVERS_LUMBERJACK_TCP: '0',
      TAILWATER_RECEIVERS_LUMBERJACK_TLS: '0',
      TAILWATER_RECEIVERS_LUMBERJACK_API_KEY: ADMIN_KEY,
      TAILWATER_RECEIVERS_TLS_CERT: cert,
      TAILWATER_RECEIVERS_TLS_KEY: key,
      TAILWATER_STORE_INSERT_INTERVAL_MS: '50ms',
    },
  });
});

afterAll(async () => {
  await server?.stop();
  removeTempDirs();
});

function selfSigned(): [string, string] {
  const dir = tempDir();
  const [cert, key] = [join(dir, 'cert.pem'), join(dir, 'key.pem')];
  const args = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost';
  const { status, stderr } = spawnSync('openssl', [...args.split(' '), '-keyout', key, '-out', cert]);
  if (status !== 0) throw new Error(`openssl: ${String(stderr)}`);
  return [cert, key];
}

function connect(isTls: boolean, to = server): LumberjackClient {
  const [, json] = /```json\n([\s\S]*?)```/.exec(readFileSync(README, 'utf8'))!;
  const { listeners } = to.ready as { listeners: Record<string, number> };
  const port = listeners[isTls ? 'lumberjack.tls' : 'lumberjack.tcp'];
  return new LumberjackClient(
    { ...(JSON.parse(json!) as object), host: '127.0.0.1', port, ...(isTls ? { rejectUnauthorized: false } : {}) },
    isTls,
  );
}

test.each([
  ['TCP', false],
  ['TLS', true],
])('lumberjack-client over %s', async (name, isTls) => {
  const client = connect(isTls);
  const service = `beats-${name}`;
  const send = (n: number) =>
    client.log({
      '@timestamp': new Date().toISOString(),
      '@metadata': { beat: 'filebeat', version: '9.2.0' },
      message: `line ${n} "quoted"\n`,
      log: { level: 'warn', offset: n, file: { path: '/var/log/web.log' } },
      host: { name: 'box-1' },
      service: { name: service },
      user: { id: `u${n}` },
      fields: { env: 'test' },
      tags: ['a'],
    });
  // The first half waits for the connection and goes as one window; then one window an event.
  for (let n = 0; n < EVENTS / 2; n++) send(n);
  await eventually(async () => (client.socket?.bytesWritten ? true : undefined));
  for (let n = EVENTS / 2; n < EVENTS; n++) send(n);
  const events = await eventually(async () => {
    const all = await allEvents(server, `service=${service}&from=-1h`);
    return all.length >= EVENTS ? all : undefined;
  });
  // It would connect again.
  client.socket?.removeAllListeners('close').destroy();
  expect(events.length).toBe(EVENTS);
  expect(new Set(events.map(({ user_id }) => user_id)).size).toBe(EVENTS);
  expect(events.find(({ user_id }) => user_id === 'u7')).toMatchObject({
    message: 'line 7 "quoted"\n',
    severity: 'warn',
    host: 'box-1',
    receiver: 'lumberjack',
    org_id: 'default',
    metadata: {
      '@metadata.beat': 'filebeat',
      'log.offset': 7,
      'log.file.path': '/var/log/web.log',
      env: 'test',
      tags: ['a'],
    },
  });
});

test('acknowledgements are what the protocol says', async () => {
  const client = connect(false);
  client.log({ message: 'one', service: { name: 'acks' } });
  client.log({ message: 'two', service: { name: 'acks' } });
  const answer = await eventually(async () => {
    const bytes = client.socket?.read() as Buffer | null | undefined;
    return bytes ?? undefined;
  });
  client.socket?.removeAllListeners('close').destroy();
  expect(answer).toEqual(Buffer.from('2A\0\0\0\u0002', 'latin1'));
});

test('under a key that is none nothing is taken, and that can be read', async () => {
  const other = await spawnServer({
    env: {
      TAILWATER_RECEIVERS_LUMBERJACK_TCP: '0',
      TAILWATER_RECEIVERS_LUMBERJACK_API_KEY: `${ADMIN_KEY.slice(0, -1)}0`,
    },
  });
  const client = connect(false, other);
  client.log({ message: 'never', service: { name: 'refused' } });
  const attempts = await eventually(async () => {
    const text = await (await request(other, '/api/ingest/attempts')).text();
    return text.includes('lumberjack') ? text : undefined;
  });
  client.socket?.removeAllListeners('close').destroy();
  expect(attempts).toContain('unauthenticated');
  expect(await allEvents(other, 'from=-1h')).toEqual([]);
  await other.stop();
});
