import { EventTime, FluentClient, type FluentClientOptions, FluentSocketEvent } from '@fluent-org/logger';
import { expect, test } from 'vitest';
import { attemptsWith, expectNumbered, peerServer, readmeBlock } from '../support/peer.ts';
import { ADMIN_KEY, allEvents } from '../support/server.ts';

/** @fluent-org/logger sends in all modes, with what the README says to copy. */
const SHARED_KEY = 'a-long-secret';
const EVENTS = 1000;

const peer = peerServer(() => ({
  env: {
    TAILWATER_RECEIVERS_FLUENT_FORWARD_TCP: '0',
    TAILWATER_RECEIVERS_FLUENT_FORWARD_API_KEY: ADMIN_KEY,
    TAILWATER_RECEIVERS_FLUENT_FORWARD_SHARED_KEY: SHARED_KEY,
  },
}));

/** The options of the README for this server. */
function options(eventMode: FluentClientOptions['eventMode']): FluentClientOptions {
  const socket = { host: '127.0.0.1', port: peer.port('fluent-forward.tcp'), reconnect: { maxDelay: 200 } };
  return { ...(JSON.parse(readmeBlock('fluent-forward', 'json')) as FluentClientOptions), eventMode, socket };
}

const MODES = ['Message', 'Forward', 'PackedForward', 'CompressedPackedForward'] as const;

test.each(MODES.flatMap((mode) => [[mode, true] as const, [mode, false] as const]))(
  '@fluent-org/logger, %s, acknowledged: %s',
  async (mode, isAcknowledged) => {
    const { ack, ...rest } = options(mode);
    const client = new FluentClient(mode, isAcknowledged ? { ...rest, ack } : rest);
    const label = isAcknowledged ? 'sure' : 'quick';
    const now = Math.floor(Date.now() / 1000);
    const sent = Array.from({ length: EVENTS }, (_, n) =>
      client.emit(
        label,
        {
          message: `request ${n} "failed"\n`,
          level: 'error',
          user_id: `u${n}`,
          n,
          ratio: 0.5,
          ok: true,
          http: { status: 500, path: '/ä' },
          tags: ['a', 1],
        },
        new EventTime(now, n * 1000 + 7),
      ),
    );
    await Promise.all(sent);
    const service = `${mode}.${label}`;
    const events = await peer.found(service, EVENTS);
    await client.disconnect();
    expectNumbered(events, EVENTS, ({ user_id }) => Number(String(user_id).slice(1)));
    const seconds = new Date(now * 1000).toISOString().slice(0, 19);
    expect(events.find(({ user_id }) => user_id === 'u7')).toMatchObject({
      timestamp: expect.stringContaining(seconds),
      message: 'request 7 "failed"\n',
      severity: 'error',
      receiver: 'fluent-forward',
      org_id: 'default',
      metadata: { n: 7, ratio: 0.5, ok: true, 'http.status': 500, 'http.path': '/ä', tags: ['a', 1], tag: service },
    });
  },
);

test('a client with another shared key is refused, and that can be read', async () => {
  const client = new FluentClient('stranger', {
    ...options('Message'),
    security: { clientHostname: 'app-2', sharedKey: 'guess' },
  });
  client.socketOn(FluentSocketEvent.ERROR, () => {});
  client.emit('x', { message: 'never' }).catch(() => {});
  await attemptsWith(peer, 'shared key', 'fluent-forward');
  expect(await allEvents(peer, 'service=stranger.x&from=-1h')).toEqual([]);
  client.disconnect().catch(() => {});
});
