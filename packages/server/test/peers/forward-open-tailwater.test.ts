import { expect, test } from 'vitest';
import { tailwater } from '../../src/destinations/tailwater/index.ts';
import { countNumbers, deliveryTo, numberedEvents } from '../support/deliver-to-peer.ts';
import { peerServer } from '../support/peer.ts';
import { ADMIN_KEY } from '../support/server.ts';

/** Another server, as it is built, over a restart. */
const EVENTS = 1000;
const peer = peerServer();

type Options = { compression: string; stored: boolean };

test('another Tailwater, over a restart', async () => {
  const restart = restartWhenAll(2);
  await Promise.all([
    deliverOver(restart, { compression: 'zstd', stored: false }),
    deliverOver(restart, { compression: 'gzip', stored: true }),
  ]);
});

/** Restarts once that many have called it. Each gets the end of the restart. */
function restartWhenAll(count: number): () => Promise<void> {
  const restarted = Promise.withResolvers<void>();
  let calls = 0;
  return () => {
    calls += 1;
    if (calls === count) restarted.resolve(peer.restart());
    return restarted.promise;
  };
}

async function deliverOver(restart: () => Promise<void>, options: Options): Promise<void> {
  const service = `forwarded-${options.compression}`;
  const gate = await peer.gate('http');
  const config = tailwater.config.parse({ url: `http://127.0.0.1:${gate.port}`, ...options });
  const delivery = deliveryTo(tailwater, { config, secrets: { api_key: ADMIN_KEY } });
  try {
    expect((await delivery.test()).map(({ name, ok }) => [name, ok])).toEqual([
      ['credentials', true],
      ['event', true],
    ]);
    await delivery.send(numberedEvents(service, 0, EVENTS / 2));
    const [{ rejected }] = await Promise.all([delivery.send(numberedEvents(service, EVENTS / 2, EVENTS)), restart()]);
    expect(rejected).toEqual([]);
  } finally {
    await delivery.close();
  }
  const events = await peer.found(service, EVENTS);
  countNumbers(
    events.map(({ message }) => String(message)),
    EVENTS,
  );
  for (const event of events) {
    expect(event).toMatchObject({
      ...{
        receiver: 'ndjson',
        log_type: 'gateway',
        event_type: 'gateway.request',
        severity: 'warn',
        severity_number: 13,
      },
      ...{
        host: 'box-1',
        logger: 'http',
        user_id: 'u-1',
        resource_id: 'r-1',
        resource_type: 'model',
        action: 'request',
      },
      ...{ trace_id: 'a0f81bfd3b4688fdbb096b93da06f28e', span_id: 'bb096b93da06f28e', request_id: 'req-1' },
      ...{ duration_ms: 12.5, cost: 0.25, client_event_id: expect.stringMatching(/^client-\d+$/) },
    });
    expect(event.metadata).toMatchObject({
      ...{ price: 1.5, ok: true, tags: ['a', { b: 1 }], note: 'two\nlines, comma', 'labels.region': 'north' },
    });
  }
}

test('another Tailwater says which event it does not take, and that a key is wrong', async () => {
  const settings = (key: string) => ({
    config: tailwater.config.parse({ url: peer.url }),
    secrets: { api_key: key },
  });
  const delivery = deliveryTo(tailwater, settings(ADMIN_KEY));
  const wrong = deliveryTo(tailwater, settings('tw_no_such_key_0123456789'));
  try {
    const events = numberedEvents('partial', 0, 3);
    events[1] = { ...events[1]!, attributes: Object.fromEntries([...'x'.repeat(2000)].map((x, i) => [x + i, TRUE])) };
    const { rejected } = await delivery.send(events);
    expect(rejected).toEqual([expect.stringMatching(/attributes/)]);
    expect((await peer.found('partial', 2)).length).toBe(2);
    expect(await wrong.test()).toMatchObject([{ name: 'credentials', ok: false, field: 'api_key' }]);
  } finally {
    await delivery.close();
    await wrong.close();
  }
});

const TRUE = { kind: 'bool', text: 'true' } as const;
