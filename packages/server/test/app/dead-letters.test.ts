import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  allEvents,
  eventually,
  removeTempDirs,
  request,
  type SpawnedServer,
  spawnServer,
  tempDir,
} from '../support/server.ts';

/** A request of which something was refused: found, looked at, sent again once the limit is larger. */
interface Letter {
  id: string;
  receiver: string;
  code: string;
  reason: string;
  rejected_events: number | null;
  bytes: number;
  replayable: boolean;
  body_text: string | null;
  rejections: { index: number }[];
}

const dataDir = tempDir();
let server: SpawnedServer;

const start = async (env: Record<string, string> = {}) => {
  server = await spawnServer({ dataDir, env: { TAILWATER_STORE_INSERT_INTERVAL_MS: '200ms', ...env } });
};
beforeAll(() => start({ TAILWATER_LIMITS_EVENT_BYTES_MAX: '2KiB' }));
afterAll(async () => {
  await server?.stop();
  removeTempDirs();
});

const NDJSON = { 'content-type': 'application/x-ndjson' };
const post = (body: string, org?: string) =>
  request(server, '/api/logs?ack=stored', { method: 'POST', headers: NDJSON, body, ...(org && { org }) });
const list = async (query = '', org?: string): Promise<Letter[]> => {
  const response = await request(server, `/api/dead-letters${query}`, org === undefined ? {} : { org });
  return ((await response.json()) as { dead_letters: Letter[] }).dead_letters;
};
const onLetter = (id: string, action = '', method = 'GET', org?: string) =>
  request(server, `/api/dead-letters/${id}${action}`, { method, ...(org && { org }) });
const errorCode = async (response: Response) => ((await response.json()) as { error: { code: string } }).error.code;

const SECRET = 'hunter2squirrel';
const EVENTS = ['first', `second password=${SECRET} ${'x'.repeat(4000)}`, 'third'];
const BODY = EVENTS.map((message, n) => JSON.stringify({ message, service: 'replayed', metadata: { n } })).join('\n');

test('nothing is kept of what was taken whole', async () => {
  expect((await post('{"message":"fine","service":"other"}')).status).toBe(202);
  expect(await list()).toEqual([]);
});

describe('one bad event of three', () => {
  let letter: Letter;

  test('is listed with the reason', async () => {
    expect(await (await post(BODY)).json()).toMatchObject({ accepted: 2, rejected: [{ index: 1 }] });
    [letter] = (await list()) as [Letter];
    expect(letter).toMatchObject({
      receiver: 'ndjson',
      code: 'event_too_large',
      rejected_events: 1,
      bytes: BODY.length,
      replayable: true,
    });
    expect(letter.reason).toContain('limits.eventBytesMax');
    expect(await list('?receiver=loki')).toEqual([]);
    expect(await list('?receiver=ndjson&limit=1')).toHaveLength(1);
    expect(await list(`?before=${letter.id}`)).toEqual([]);
  });

  test('has its body with the secret masked, on the disk too', async () => {
    const whole = (await (await onLetter(letter.id)).json()) as Letter;
    expect(whole.rejections).toMatchObject([{ index: 1 }]);
    expect(whole.body_text).toContain('third');
    expect(whole.body_text).not.toContain(SECRET);
    const dir = join(dataDir, 'dead-letters', 'default');
    expect(readdirSync(dir)).toEqual([`${letter.id}.json`]);
    const content = readFileSync(join(dir, `${letter.id}.json`));
    const bodyAt = content.indexOf(10, content.indexOf(10) + 1) + 1;
    expect(content.toString('latin1', 0, bodyAt)).not.toContain(SECRET);
    expect(zstdDecompressSync(content.subarray(bodyAt)).toString()).toBe(whole.body_text);
  });

  test('is not there for another org', async () => {
    await request(server, '/api/orgs', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ id: 'globex', name: 'Globex' }),
    });
    expect(await list('', 'globex')).toEqual([]);
    for (const [action, method] of [
      ['', 'GET'],
      ['/replay', 'POST'],
      ['', 'DELETE'],
    ] as const) {
      const answer = await onLetter(letter.id, action, method, 'globex');
      expect([answer.status, await errorCode(answer)]).toEqual([404, 'not_found']);
    }
    expect((await onLetter('..%2fdefault', '/replay', 'POST')).status).toBe(404);
  });

  test('stays when it is rejected again', async () => {
    const answer = await onLetter(letter.id, '/replay', 'POST');
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ accepted: 0, rejected: [{ index: 1 }], rejected_total: 1 });
    expect(await list()).toMatchObject([{ id: letter.id }]);
  });

  test('is found exactly once after a larger limit and a replay', async () => {
    expect(await server.stop()).toBe(0);
    await start();
    expect(await list()).toMatchObject([{ id: letter.id }]);
    const answer = await onLetter(letter.id, '/replay', 'POST');
    expect(await answer.json()).toEqual({ accepted: 1, rejected: [], rejected_total: 0 });
    expect((await onLetter(letter.id, '/replay', 'POST')).status).toBe(404);
    expect(await list()).toEqual([]);
    const query = 'service=replayed&from=2020-01-01T00:00:00Z';
    const events = await eventually(async () => {
      const all = await allEvents(server, query);
      return all.length >= 3 ? all : undefined;
    });
    const numbers = events.map(({ metadata }) => (metadata as { n: unknown }).n);
    expect(numbers.map(Number).sort()).toEqual([0, 1, 2]);
    expect(JSON.stringify(events)).not.toContain(SECRET);
  });
});

test('a body that cannot be read is kept whole, and can be removed', async () => {
  const headers = { 'content-type': 'application/json' };
  const body = '{"resourceLogs":[{"cut off';
  expect((await request(server, '/v1/logs', { method: 'POST', headers, body })).status).toBe(400);
  const [letter] = (await list()) as [Letter];
  expect(letter).toMatchObject({ receiver: 'otlp', code: 'invalid_body', rejected_events: null, replayable: true });
  const replayed = await onLetter(letter.id, '/replay', 'POST');
  expect([replayed.status, await list()]).toMatchObject([400, [{ id: letter.id }]]);
  expect((await onLetter(letter.id, '', 'DELETE')).status).toBe(204);
  expect((await onLetter(letter.id, '', 'DELETE')).status).toBe(404);
  expect(await list()).toEqual([]);
});

test('they are counted, those that are too old go at the start, the oldest when the org has too many bytes', async () => {
  await server.stop();
  const dir = join(dataDir, 'dead-letters', 'default');
  // Of 1970, and what a crash leaves half written.
  for (const name of ['000000001-0000-00000000.json', '0mzzzzzzz-0000-00000000.tmp'])
    writeFileSync(join(dir, name), '');
  await start({ TAILWATER_DEAD_LETTERS_ORG_BYTES_MAX: '2KiB', TAILWATER_DEAD_LETTERS_LETTER_BYTES_MAX: '3000' });
  for (let i = 0; i < 9; i++) await post(`[{"message":"${i}"`);
  const left = await list();
  expect(left.length).toBeGreaterThan(1);
  expect(left.length).toBeLessThan(9);
  const newest = (await (await onLetter(left[0]!.id)).json()) as Letter;
  expect(newest.body_text).toContain('"8"');
  const metrics = await (await request(server, '/metrics')).text();
  expect(metrics).toContain('tailwater_dead_letters_total{org="default",receiver="ndjson"} 9');
  expect(metrics).toContain(`tailwater_dead_letters_lost_total{org="default",receiver="ndjson"} ${9 - left.length}`);
  expect(metrics).toContain('tailwater_dead_letters_expired_total{org="default"} 1');
  expect(readdirSync(dir).sort()).toEqual(left.map(({ id }) => `${id}.json`).sort());
  await post(`[{"message":"${'x'.repeat(4000)}"`);
  expect((await list())[0]).toMatchObject({ replayable: false });
});
