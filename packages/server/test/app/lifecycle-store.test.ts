import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Engine, startEngine } from '../../src/stores/clickhouse/engine.ts';
import {
  allEvents,
  eventually,
  removeTempDirs,
  request,
  type SpawnedServer,
  spawnServer,
  tempDir,
} from '../support/server.ts';
import { openGate, type TcpGate } from '../support/tcp-gate.ts';

/** A ClickHouse server that is away and comes back: the journal takes everything meanwhile. */
let engine: Engine;
let gate: TcpGate;
let server: SpawnedServer;

beforeAll(async () => {
  engine = await startEngine({ dataDir: tempDir() });
  gate = await openGate();
  const { user, password } = engine;
  server = await spawnServer({
    beforeStore: true,
    env: {
      CLICKHOUSE_URL: `http://127.0.0.1:${gate.port}`,
      CLICKHOUSE_USER: user,
      CLICKHOUSE_PASSWORD: password,
      TAILWATER_STORE_INSERT_INTERVAL_MS: '200ms',
    },
  });
});
afterAll(async () => {
  await server?.stop();
  await gate?.close();
  await engine?.stop();
  removeTempDirs();
});

async function send(message: string): Promise<number> {
  const body = JSON.stringify({ message, service: 'away' });
  return (await request(server, '/api/logs', { method: 'POST', body })).status;
}

async function readiness(query = '') {
  const response = await request(server, `/readyz${query}`);
  return { http: response.status, ...((await response.json()) as { status: string; parts: object }) };
}

const found = (count: number) =>
  eventually(async () => {
    const messages = (await allEvents(server, 'service=away&order=asc')).map(({ message }) => message);
    return messages.length >= count ? messages : undefined;
  });

async function expectAway(): Promise<void> {
  const response = await request(server, '/api/logs');
  expect(response.status).toBe(503);
  expect(response.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
  expect(await response.json()).toMatchObject({ error: { code: 'store_unavailable' } });
  expect(await readiness()).toMatchObject({ http: 200, status: 'degraded', parts: { store: { ready: false } } });
  expect((await readiness('?part=store')).http).toBe(503);
}

test('away from the start: events are taken, reads are 503, /readyz says it; then everything is there', async () => {
  expect(await send('one')).toBe(202);
  await expectAway();
  const waiting = await request(server, '/api/logs/tail?backfill=0', { headers: { accept: 'text/event-stream' } });
  expect(waiting.status).toBe(200);
  await waiting.body!.cancel();
  gate.open(Number(new URL(engine.url).port));
  expect(await found(1)).toEqual(['one']);
  await eventually(async () => (await readiness()).status === 'ready' || undefined);
});

test('away under way: the same', async () => {
  gate.shut();
  expect(await send('two')).toBe(202);
  await eventually(async () => (await readiness()).status === 'degraded' || undefined);
  expect(await send('three')).toBe(202);
  await expectAway();
  gate.open(Number(new URL(engine.url).port));
  expect(await found(3)).toEqual(['one', 'two', 'three']);
  await eventually(async () => (await readiness()).status === 'ready' || undefined);
});
