import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  allEvents,
  eventually,
  removeTempDirs,
  request,
  type SpawnedServer,
  spawnServer,
  tempDir,
} from '../support/server.ts';

/** Numbered events: sent again they are taken once, also by a server that was killed; what is missing shows. */
const dataDir = tempDir();
let server: SpawnedServer;
const start = async () => {
  server = await spawnServer({ dataDir, env: { TAILWATER_STORE_INSERT_INTERVAL_MS: '200ms' } });
};
beforeAll(start);
afterAll(async () => {
  await server?.stop();
  removeTempDirs();
});

interface Sent {
  accepted: number;
  rejected: unknown[];
  position: string | null;
  stored?: boolean;
  error?: { code: string; field: string };
}

const bodyOf = (id: string, first: number, next: number, bad = -1): string =>
  Array.from({ length: next - first }, (_, i) =>
    JSON.stringify({ message: `${id} ${first + i}`, service: id, ...(first + i === bad && { timestamp: 'never' }) }),
  ).join('\n');

async function send(id: string, first: number, next: number, more = '', body = bodyOf(id, first, next)): Promise<Sent> {
  const header = `id=${id}; first=${first}; count=${next - first}${more}`;
  const response = await request(server, '/api/logs?ack=stored', {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson', 'x-tailwater-producer': header },
    body,
  });
  return (await response.json()) as Sent;
}

const messages = async (id: string): Promise<string[]> =>
  (await allEvents(server, `service=${id}`)).map(({ message }) => String(message)).sort();
const numbered = (id: string, ...numbers: number[]): string[] => numbers.map((n) => `${id} ${n}`).sort();
const from0to = (next: number): number[] => Array.from({ length: next }, (_, i) => i);

interface Listed {
  complete_to: string | null;
  lost: number;
  missing: number;
  producers: {
    id: string;
    name: string;
    state: string;
    emitted: number;
    received: number;
    missing: number;
    summary: string;
  }[];
}
const list = async (query = ''): Promise<Listed> =>
  (await (await request(server, `/api/producers${query}`)).json()) as Listed;
const checkIn = (body: object) =>
  request(server, '/api/producers/check-in', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

test('what is sent again is taken once and answered as before', async () => {
  expect((await send('again', 0, 5)).accepted).toBe(5);
  expect(await send('again', 0, 5)).toMatchObject({ accepted: 5, stored: true });
  expect((await send('again', 3, 8)).accepted).toBe(5);
  expect((await send('again', 20, 22)).accepted).toBe(2);
  expect((await send('again', 6, 21)).accepted).toBe(15);
  expect(await messages('again')).toEqual(numbered('again', ...from0to(22)));
});

test('the same batch many times at once', async () => {
  const answers = await Promise.all(from0to(8).map(() => send('atonce', 0, 50)));
  expect(answers.map(({ accepted }) => accepted)).toEqual(from0to(8).map(() => 50));
  expect(await messages('atonce')).toHaveLength(50);
});

test('a rejected event is rejected once, its neighbours are taken once', async () => {
  const body = bodyOf('bad', 0, 3, 1);
  expect(await send('bad', 0, 3, '', body)).toMatchObject({
    accepted: 2,
    rejected: [{ index: 1, field: 'timestamp' }],
  });
  await send('bad', 0, 3, '', body);
  expect(await messages('bad')).toEqual(numbered('bad', 0, 2));
});

test('another number of events than the header counts is refused, and so is a header that cannot be read', async () => {
  const field = 'X-Tailwater-Producer';
  expect((await send('count', 0, 3, '', bodyOf('count', 0, 2))).error).toMatchObject({ code: 'invalid_field', field });
  expect((await send('count', 0, 0)).error).toMatchObject({ code: 'invalid_field', field });
  expect(await messages('count')).toEqual([]);
});

test('a server that was killed knows what it has taken', async () => {
  await send('killed', 0, 10);
  await send('killed', 20, 30);
  await server.kill();
  await start();
  await send('killed', 0, 35);
  expect(await messages('killed')).toEqual(numbered('killed', ...from0to(35)));
  // Saved by a stop, not read from the journal.
  await server.stop();
  await start();
  await send('killed', 5, 40);
  expect(await messages('killed')).toEqual(numbered('killed', ...from0to(40)));
});

test('what is complete, lost and missing', async () => {
  const at = Date.UTC(2026, 10, 21, 12, 3, 7);
  const who = '; name=api-7; service=shop; host=h1; sdk=test%2F1';
  await send('run1', 312, 400, `${who}; next=440; lost.ring_overflow=312; at=${at}`);
  const listed = await list('?service=shop');
  expect(listed).toMatchObject({ lost: 312, missing: 40, complete_to: '2026-11-21T12:03:07.000Z' });
  expect(listed.producers).toMatchObject([
    {
      id: 'run1',
      name: 'api-7',
      state: 'live',
      emitted: 440,
      received: 88,
      missing: 40,
      summary: 'complete to 2026-11-21T12:03:07Z; lost 312 (ring overflow), 40 not yet arrived',
    },
  ]);
  await send('run1', 410, 440, `${who}; lost.ring_overflow=312; at=${at + 9000}`);
  expect((await list('?service=shop')).producers[0]?.summary).toBe(
    'complete to 2026-11-21T12:03:07Z; lost 312 (ring overflow), 10 not yet arrived',
  );
  await send('run1', 400, 410, `${who}; lost.ring_overflow=312; at=${at + 5000}`);
  const end = { id: 'run1', name: 'api-7', service: 'shop', next: 440, lost: { ring_overflow: 312 }, ended: true };
  expect((await checkIn({ ...end, complete_next: 440, complete_at: at + 10_000 })).status).toBe(200);
  expect((await list('?service=shop')).producers[0]).toMatchObject({
    state: 'ended',
    missing: 0,
    summary: 'complete to 2026-11-21T12:03:17Z; lost 312 (ring overflow)',
  });
});

interface CheckedIn {
  log_levels: { logger: string; level: string; until: string | null }[];
  next_check_in_ms: number;
}

test('levels reach those who check in, and fall back by themselves', async () => {
  const put = (body: object) =>
    request(server, '/api/log-levels', {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const levels = async (service: string): Promise<string[]> => {
    const response = await checkIn({ id: service, name: service, service, next: 0, complete_next: 0, complete_at: 0 });
    const { log_levels } = (await response.json()) as CheckedIn;
    return log_levels.map(({ logger, level }) => `${logger}=${level}`);
  };
  expect((await put({ logger: 'agent', level: 'debug', for: '15m' })).status).toBe(200);
  expect((await put({ logger: '*', level: 'warn', service: 'shop' })).status).toBe(200);
  expect((await put({ logger: 'soon', level: 'error', for: '1s' })).status).toBe(200);
  expect(await levels('other')).toEqual(expect.arrayContaining(['agent=debug']));
  expect(await levels('shop')).toEqual(expect.arrayContaining(['agent=debug', '*=warn']));
  await eventually(async () => expect(await levels('shop')).not.toContain('soon=error'));
  expect((await request(server, '/api/log-levels?logger=agent', { method: 'DELETE' })).status).toBe(204);
  expect(await levels('shop')).toEqual(['*=warn']);
  const refused = await put({ logger: 'agent', level: 'debug', for: 'long' });
  expect([refused.status, await refused.json()]).toMatchObject([400, { error: { field: 'for' } }]);
});
