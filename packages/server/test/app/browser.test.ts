import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { call, type RawAnswer } from '../support/http-call.ts';
import {
  ADMIN_KEY,
  allEvents,
  eventually,
  removeTempDirs,
  request,
  type SpawnedServer,
  spawnServer,
} from '../support/server.ts';

/** Browser keys against the whole server: what they open, from where, and what they do not. */
const ORIGIN = 'https://shop.example.com';
const OTHER_ORIGIN = 'https://other.example.com';
const PATH = '/api/browser/logs';

let server: SpawnedServer;
/** By org. */
let keys: { acme: string; globex: string };
let ingestKey: string;

async function operate(path: string, body: object): Promise<Record<string, string>> {
  const headers = { 'content-type': 'application/json' };
  const answer = await request(server, path, { method: 'POST', headers, body: JSON.stringify(body) });
  expect(answer.status).toBe(201);
  return (await answer.json()) as Record<string, string>;
}

const makeBrowserKey = async (org: string, origins: readonly string[]): Promise<string> => {
  const key = { name: 'web', scopes: ['ingest'], browser_origins: origins, org_id: org };
  return (await operate('/api/keys', key)).secret!;
};

beforeAll(async () => {
  server = await spawnServer({ env: { TAILWATER_STORE_INSERT_INTERVAL_MS: '200ms' } });
  for (const id of ['acme', 'globex']) await operate('/api/orgs', { id, name: id });
  keys = {
    acme: await makeBrowserKey('acme', [ORIGIN, OTHER_ORIGIN]),
    globex: await makeBrowserKey('globex', [ORIGIN]),
  };
  ingestKey = (await operate('/api/keys', { name: 'k', scopes: ['ingest'], org_id: 'acme' })).secret!;
});
afterAll(async () => {
  await server?.stop();
  removeTempDirs();
});

interface Beacon {
  key?: string;
  query?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

const send = ({ key, query = '', headers = {}, body = '{"message":"x"}' }: Beacon): Promise<RawAnswer> =>
  call(server, `POST ${PATH}?${key === undefined ? '' : `key=${key}`}${query}`, {
    headers: { 'content-type': 'text/plain;charset=UTF-8', origin: ORIGIN, ...headers },
    body,
  });
const corsOf = ({ headers }: RawAnswer) => Object.keys(headers).filter((name) => name.startsWith('access-control-'));
const errorOf = (answer: RawAnswer) => (JSON.parse(answer.text) as { error: { code: string } }).error.code;

describe('events', () => {
  test('go to the org of the key, whatever the page says', async () => {
    const event = (n: number) =>
      JSON.stringify({ message: `own ${n}`, service: 'mine', org_id: 'globex', org: 'globex' });
    const body = Array.from({ length: 20 }, (_, n) => event(n)).join('\n');
    const answer = await send({ key: keys.acme, body });
    expect([answer.status, answer.text]).toEqual([204, '']);
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': ORIGIN,
      'access-control-allow-credentials': 'true',
      vary: 'Origin',
    });
    const events = await eventually(async () => {
      const found = await allEvents(server, 'service=mine&from=-1h', 'acme');
      return found.length >= 20 ? found : undefined;
    });
    expect(new Set(events.map(({ message }) => message)).size).toBe(20);
    expect(events.every(({ org_id, receiver }) => org_id === 'acme' && receiver === 'browser')).toBe(true);
    expect(await allEvents(server, 'service=mine&from=-1h', 'globex')).toEqual([]);
  });

  test('a bad one is told to the page, its neighbours are taken', async () => {
    const answer = await send({ key: keys.acme, body: '{"message":"good"}\n{"timestamp":"never"}' });
    expect(answer.status).toBe(202);
    expect(answer.headers['access-control-allow-origin']).toBe(ORIGIN);
    expect(JSON.parse(answer.text)).toMatchObject({ accepted: 1, rejected: [{ index: 1, field: 'timestamp' }] });
  });

  test.each([
    ['in a header', () => ({ headers: { 'x-api-key': keys.acme } })],
    ['from the other origin', () => ({ key: keys.acme, headers: { origin: OTHER_ORIGIN } })],
    ['as JSON', () => ({ key: keys.acme, headers: { 'content-type': 'application/json' } })],
  ] satisfies [string, () => Beacon][])('the key %s', async (_, beacon) => {
    expect((await send(beacon())).status).toBe(204);
  });
});

describe('what is refused, without a word that the page could read', () => {
  test.each([
    [
      'an origin that is not listed',
      403,
      'origin_refused',
      () => ({ key: keys.globex, headers: { origin: OTHER_ORIGIN } }),
    ],
    [
      'an origin with more behind it',
      403,
      'origin_refused',
      () => ({ key: keys.acme, headers: { origin: `${ORIGIN}.evil.com` } }),
    ],
    ['a sandboxed page', 403, 'origin_refused', () => ({ key: keys.acme, headers: { origin: 'null' } })],
    ['a key for servers', 403, 'forbidden', () => ({ key: ingestKey })],
    ['an admin key', 403, 'forbidden', () => ({ key: ADMIN_KEY })],
    ['another org selected', 403, 'forbidden', () => ({ key: keys.acme, headers: { 'x-scope-orgid': 'globex' } })],
    ['a wrong key', 401, 'unauthenticated', () => ({ key: 'tw_wrong' })],
    ['an empty key', 401, 'unauthenticated', () => ({ key: '' })],
    ['no key', 401, 'unauthenticated', () => ({})],
  ] satisfies [string, number, string, () => Beacon][])('%s: %i', async (_, status, code, beacon) => {
    const answer = await send(beacon());
    expect([answer.status, errorOf(answer), corsOf(answer)]).toEqual([status, code, []]);
  });

  test('no origin at all', async () => {
    const answer = await call(server, `POST ${PATH}?key=${keys.acme}`, { headers: {}, body: '{}' });
    expect([answer.status, errorOf(answer)]).toEqual([403, 'origin_refused']);
  });

  test.each([
    'POST /api/logs',
    'POST /v1/logs',
    'GET /api/logs',
    'GET /api/logs/tail',
    'GET /api/keys',
    'GET /api/orgs',
  ])('%s by a browser key', async (line) => {
    const headers = { 'x-api-key': keys.acme, origin: ORIGIN, 'content-type': 'application/json' };
    const answer = await call(server, line, line.startsWith('POST') ? { headers, body: '{}' } : { headers });
    expect([answer.status, corsOf(answer)]).toEqual([403, []]);
  });
});

describe('limits, which the page may read', () => {
  const line = '{"message":"x"}\n';

  test('64 KiB and no more', async () => {
    const most = line.repeat(Math.floor(65_536 / line.length));
    expect((await send({ key: keys.acme, body: most })).status).toBe(204);
    const over = await send({ key: keys.acme, body: most + line });
    expect([over.status, over.headers['access-control-allow-origin']]).toEqual([413, ORIGIN]);
  });

  test.each([
    [415, { 'content-type': 'application/x-www-form-urlencoded' }],
    [415, { 'content-encoding': 'gzip' }],
  ])('%i for %j', async (status, headers) => {
    const answer = await send({ key: keys.acme, headers });
    expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([status, ORIGIN]);
  });

  test('400 for what is no JSON', async () => {
    const answer = await send({ key: keys.acme, body: 'plain text' });
    expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([400, ORIGIN]);
  });
});

test('a key has a rate of its own, and the page is told when to come back', async () => {
  const key = await makeBrowserKey('globex', [ORIGIN]);
  const body = JSON.stringify({ message: 'x'.repeat(60_000) });
  const answers = await Promise.all(Array.from({ length: 220 }, () => send({ key, body })));
  const refused = answers.filter(({ status }) => status === 429);
  expect(refused.length).toBeGreaterThan(10);
  expect(answers.filter(({ status }) => status === 204).length).toBe(answers.length - refused.length);
  const [first] = refused as [RawAnswer];
  expect(errorOf(first)).toBe('rate_limited');
  expect(first.headers).toMatchObject({
    'retry-after': expect.stringMatching(/^\d+$/),
    'access-control-allow-origin': ORIGIN,
  });
  // Another key of the same org is none the worse for it.
  expect((await send({ key: keys.globex })).status).toBe(204);
});

describe('preflights', () => {
  const ask = (query: string, origin?: string) =>
    call(server, `OPTIONS ${PATH}${query}`, {
      headers: {
        ...(origin === undefined ? {} : { origin }),
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type',
      },
    });

  test('from a listed origin', async () => {
    const answer = await ask(`?key=${keys.acme}`, ORIGIN);
    expect([answer.status, answer.text]).toEqual([204, '']);
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': ORIGIN,
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': 'content-type, x-api-key',
      'access-control-allow-credentials': 'true',
      'access-control-max-age': '86400',
      vary: 'Origin',
    });
  });

  test.each([
    ['another origin', () => `?key=${keys.globex}`, OTHER_ORIGIN],
    ['none', () => `?key=${keys.acme}`, undefined],
    ['a key for servers', () => `?key=${ingestKey}`, ORIGIN],
    ['a wrong key', () => '?key=tw_wrong', ORIGIN],
    ['no key', () => '', ORIGIN],
  ])('with %s: 403, nothing allowed', async (_, query, origin) => {
    const answer = await ask(query(), origin);
    expect([answer.status, corsOf(answer)]).toEqual([403, []]);
  });

  test('one that was refused is among the attempts, with the reason', async () => {
    const path = '/api/ingest/attempts';
    await ask(`?key=${keys.globex}`, OTHER_ORIGIN);
    const shown = await request(server, path, { headers: { 'x-scope-orgid': 'globex' } });
    const { attempts } = (await shown.json()) as { attempts: Record<string, unknown>[] };
    expect(attempts[0]).toMatchObject({ receiver: 'browser', path: PATH, status: 403, code: 'origin_refused' });
    expect(attempts[0]).toMatchObject({ org_id: 'globex', reason: expect.stringContaining(OTHER_ORIGIN) });
  });

  test('of a key that was revoked', async () => {
    const made = await operate('/api/keys', { name: 'w', scopes: ['ingest'], browser_origins: [ORIGIN] });
    expect((await ask(`?key=${made.secret}`, ORIGIN)).status).toBe(204);
    await request(server, `/api/keys/${made.id}`, { method: 'DELETE' });
    expect((await ask(`?key=${made.secret}`, ORIGIN)).status).toBe(403);
    expect((await send({ key: made.secret! })).status).toBe(401);
  });
});
