import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type EventReceiver, openEventReceiver } from '../support/forwarding/event-receiver.ts';
import { eventually, removeTempDirs, request, type SpawnedServer, spawnServer } from '../support/server.ts';

/** Forwarding as an operator sees it: the whole server, a webhook, the API and /metrics. */
const EGRESS = { TAILWATER_EGRESS_MODE: 'any', TAILWATER_EGRESS_PLAIN_HTTP: 'on' };

let server: SpawnedServer;
let receiver: EventReceiver;
let id: string;

beforeAll(async () => {
  receiver = await openEventReceiver();
  server = await spawnServer({ env: EGRESS });
  const made = await call<{ id: string }>('POST', '', { name: 'hook', type: 'webhook', config: config(receiver.url) });
  id = made.id;
});

afterAll(async () => {
  await server.stop();
  await receiver.close();
  removeTempDirs();
});

const config = (url: string) => ({ url, batch: 'ndjson', events_max: 50 });

async function call<Answer>(method: string, path: string, body?: object): Promise<Answer> {
  const headers = { 'content-type': 'application/json' };
  const init = body === undefined ? {} : { headers, body: JSON.stringify(body) };
  const response = await request(server, `/api/log-integrations${path}`, { method, ...init });
  const text = await response.text();
  if (response.status >= 300) throw new Error(`${response.status} ${text}`);
  return (text === '' ? null : JSON.parse(text)) as Answer;
}

async function send(first: number, last: number, wait = 'journal'): Promise<void> {
  const lines = Array.from({ length: last - first + 1 }, (_, i) => JSON.stringify({ message: `event ${first + i}` }));
  const path = `/api/logs${wait === 'stored' ? '?ack=stored' : ''}`;
  const response = await request(server, path, { method: 'POST', body: lines.join('\n') });
  expect(response.status).toBeLessThan(300);
  await response.arrayBuffer();
}

const received = () => receiver.events.map(({ message }) => message);
const texts = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => `event ${first + i}`);
/** After refusals the next attempt comes within half a minute. */
const arrived = (count: number) =>
  eventually(async () => (new Set(received()).size >= count ? true : undefined), 90_000);

interface Shown {
  status: { state: string; delivered: number; rejected: number };
  replay: { state: string; total: number | null; delivered: number } | null;
}

test('events arrive, also those that came while the server was away from its destination', async () => {
  await send(1, 100);
  await arrived(100);
  expect(received()).toEqual(texts(1, 100));
  receiver.answer = () => ({ status: 503 });
  await send(101, 150);
  await server.kill();
  receiver.answer = () => ({ status: 200 });
  server = await spawnServer({ dataDir: server.dataDir, env: EGRESS });
  await arrived(150);
  expect([...new Set(received())]).toEqual(texts(1, 150));
});

test('lag and counts are in /metrics, by integration', async () => {
  await send(151, 160);
  await arrived(160);
  const text = await eventually(async () => {
    const metrics = await (await request(server, '/metrics')).text();
    return metrics.includes(`tailwater_destination_lag_events{integration="${id}",type="webhook"} 0`)
      ? metrics
      : undefined;
  });
  expect(text).toMatch(
    new RegExp(`tailwater_destination_delivered_total\\{integration="${id}",type="webhook"\\} \\d+`),
  );
  expect(text).toContain('tailwater_destination_delivery_seconds_bucket');
});

test('the journal is kept for a destination that is away, and given back after it without new events', async () => {
  const args = ['--journal-segment-bytes', '65536'];
  await server.stop();
  server = await spawnServer({ dataDir: server.dataDir, env: EGRESS, args });
  receiver.answer = () => ({ status: 503 });
  // Producers, too, hold the journal back, by up to 1000 frames.
  for (let at = 1001; at <= 5400; at += 4) await send(at, at + 3);
  await send(5401, 5401, 'stored');
  const segments = () => readdirSync(join(server.dataDir, 'journal')).filter((name) => /^\d/.test(name)).length;
  const kept = segments();
  expect(kept).toBeGreaterThan(3);
  receiver.answer = () => ({ status: 200 });
  await arrived(4561);
  await eventually(async () => (segments() < kept ? true : undefined), 60_000);
});

describe('refused events', () => {
  test('are dead letters of the integration, and go there again', async () => {
    receiver.answer = (events) =>
      events.some(({ message }) => message === 'event 205') ? { status: 400, body: 'no' } : { status: 200 };
    await send(201, 210);
    await eventually(async () => ((await call<Shown>('GET', `/${id}`)).status.rejected === 1 ? true : undefined));
    const letters = await letterList();
    expect(letters).toMatchObject([{ receiver: id, code: 'destination_rejected' }]);
    const path = `/api/dead-letters/${letters[0]!.id}`;
    expect(await (await request(server, path)).text()).toContain('event 205');
    const again = await request(server, `${path}/replay`, { method: 'POST' });
    expect(await again.json()).toMatchObject({ accepted: 0, rejected_total: 1 });
    receiver.answer = () => ({ status: 200 });
    const taken = await request(server, `${path}/replay`, { method: 'POST' });
    expect(await taken.json()).toMatchObject({ accepted: 1, rejected_total: 0 });
    expect(received()).toContain('event 205');
    expect(await letterList()).toEqual([]);
  });

  const letterList = async () => {
    const response = await request(server, `/api/dead-letters?receiver=${id}`);
    const { dead_letters } = (await response.json()) as { dead_letters: { id: string }[] };
    return dead_letters;
  };
});

test('history goes to a destination that is new, over a restart in the middle', async () => {
  await send(20_301, 22_300, 'stored');
  const other = await openEventReceiver();
  const { id: late } = await call<{ id: string }>('POST', '', {
    name: 'late',
    type: 'webhook',
    config: config(other.url),
  });
  let isRestarted = false;
  other.answer = () => (isRestarted || other.events.length < 3000 ? { status: 200 } : { status: 503 });
  await call('POST', `/${late}/replay`, { from: '-1h', to: 'now' });
  await eventually(async () => (other.events.length >= 3000 ? true : undefined));
  await server.kill();
  isRestarted = true;
  server = await spawnServer({ dataDir: server.dataDir, env: EGRESS });
  const { replay } = await eventually(async () => {
    const shown = await call<Shown>('GET', `/${late}`);
    return shown.replay?.state === 'done' ? shown : undefined;
  }, 60_000);
  const messages = new Set(other.events.map(({ message }) => message));
  expect(
    [...texts(1, 160), ...texts(201, 210), ...texts(20_301, 22_300)].filter((text) => !messages.has(text)),
  ).toEqual([]);
  expect(replay).toMatchObject({ state: 'done', total: 6_571 });
  await call('DELETE', `/${late}`);
  await other.close();
});
