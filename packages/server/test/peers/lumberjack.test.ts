import LumberjackClient from 'lumberjack-client';
import { expect, test } from 'vitest';
import { attemptsWith, expectNumbered, peerServer, portOf, readmeBlock, selfSigned } from '../support/peer.ts';
import { ADMIN_KEY, allEvents, eventually, spawnServer } from '../support/server.ts';

/** lumberjack-client sends, over TCP and TLS, with what the README says to copy. */
const EVENTS = 500;

const peer = peerServer(() => {
  const { cert, key } = selfSigned();
  return {
    env: {
      TAILWATER_RECEIVERS_LUMBERJACK_TCP: '0',
      TAILWATER_RECEIVERS_LUMBERJACK_TLS: '0',
      TAILWATER_RECEIVERS_LUMBERJACK_API_KEY: ADMIN_KEY,
      TAILWATER_RECEIVERS_TLS_CERT: cert,
      TAILWATER_RECEIVERS_TLS_KEY: key,
    },
  };
});

function connect(isTls: boolean, to = peer.server): LumberjackClient {
  const port = portOf(to, isTls ? 'lumberjack.tls' : 'lumberjack.tcp');
  return new LumberjackClient(
    {
      ...(JSON.parse(readmeBlock('lumberjack', 'json')) as object),
      host: '127.0.0.1',
      port,
      ...(isTls ? { rejectUnauthorized: false } : {}),
    },
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
  const events = await peer.found(service, EVENTS);
  // It would connect again.
  client.socket?.removeAllListeners('close').destroy();
  expectNumbered(events, EVENTS, ({ user_id }) => Number(String(user_id).slice(1)));
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
  await attemptsWith(other, 'lumberjack', 'unauthenticated');
  client.socket?.removeAllListeners('close').destroy();
  expect(await allEvents(other, 'from=-1h')).toEqual([]);
  await other.stop();
});
