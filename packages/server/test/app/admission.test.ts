import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { call } from '../support/http-call.ts';
import {
  contentHeaders,
  encodeContent,
  type SampleRoute,
  sampleFormats,
  samplePath,
} from '../support/receiver-samples.ts';
import { ADMIN_KEY, removeTempDirs, request, type SpawnedServer, spawnServer } from '../support/server.ts';

/** Quotas of orgs, and what is shown of requests that were refused. */
let server: SpawnedServer;
let key: string;
let otherKey: string;

const json = { 'content-type': 'application/json' };
const asKey = (secret: string) => ({ authorization: `Bearer ${secret}` });
const forServers = sampleFormats.filter(({ route }) => route.forBrowsers !== true);

async function makeKey(org: string): Promise<string> {
  await request(server, '/api/orgs', { method: 'POST', headers: json, body: JSON.stringify({ id: org, name: org }) });
  const body = JSON.stringify({ name: 'all', scopes: ['admin'], org_id: org });
  const made = await request(server, '/api/keys', { method: 'POST', headers: json, body });
  return ((await made.json()) as { secret: string }).secret;
}

const setQuota = (org: string, quota: object, secret = ADMIN_KEY) =>
  call(server, `PATCH /api/orgs/${org}`, {
    headers: { ...json, ...asKey(secret) },
    body: JSON.stringify({ ingest_quota: quota }),
  });

const send = ({ route, format }: SampleRoute, secret: string, body = format.encode([{ message: 'one' }])) =>
  call(server, `${route.method} ${samplePath(route)}`, {
    headers: { ...contentHeaders(format), ...asKey(secret) },
    body: encodeContent(body, format.encoding),
  });

async function attempts(secret: string, query = ''): Promise<Record<string, unknown>[]> {
  const answer = await call(server, `GET /api/ingest/attempts${query}`, { headers: asKey(secret) });
  expect(answer.status).toBe(200);
  return (JSON.parse(answer.text) as { attempts: Record<string, unknown>[] }).attempts;
}

beforeAll(async () => {
  server = await spawnServer();
  key = await makeKey('acme');
  otherKey = await makeKey('other');
});
afterAll(async () => {
  await server?.stop();
  removeTempDirs();
});

describe('quotas', () => {
  test('are set by operators only, and stay where they are not named', async () => {
    expect((await setQuota('acme', { bytes_per_day: 5 }, key)).status).toBe(403);
    expect((await setQuota('acme', { events_per_day: 1_000_000 })).status).toBe(200);
    const answer = await setQuota('acme', { bytes_per_second: 1_000_000 });
    expect(JSON.parse(answer.text).ingest_quota).toEqual({
      bytes_per_second: 1_000_000,
      events_per_second: null,
      bytes_per_day: null,
      events_per_day: 1_000_000,
    });
    expect((await setQuota('acme', { bytes_per_day: 0 })).status).toBe(400);
  });

  test.each(forServers)('$title: a daily quota that is used up, in the words of the protocol', async (sample) => {
    await setQuota('acme', { events_per_day: 1 });
    const first = await send(sample, key);
    const refused = first.status < 300 ? await send(sample, key) : first;
    expect(sample.samples.retried).toContain(refused.status);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    expect(sample.samples.refusalText({ headers: refused.headers, body: refused.body }, sample.format)).toContain(
      '1 events a day',
    );
    expect((await send(sample, otherKey)).status).toBeLessThan(300);
    const [newest] = await attempts(key);
    expect(newest).toMatchObject({
      receiver: sample.receiver,
      org_id: 'acme',
      code: 'rate_limited',
      status: refused.status,
    });
  });

  test('what was sent today is told, and survives a restart', async () => {
    await setQuota('acme', { events_per_day: null });
    const usage = async () =>
      JSON.parse((await call(server, 'GET /api/ingest/usage', { headers: asKey(otherKey) })).text);
    const before = await usage();
    expect(before.events).toBe(forServers.length);
    expect(before.bytes).toBeGreaterThan(forServers.length);
    await server.stop();
    const env = { TAILWATER_INGEST_QUOTA_DEFAULT_EVENTS_PER_DAY: '500' };
    server = await spawnServer({ dataDir: server.dataDir, env });
    expect(await usage()).toEqual({ ...before, quota: { ...before.quota, events_per_day: 500 } });
  });

  test("orgs without a number of their own have the server's, as of the start above", async () => {
    const secret = await makeKey('third');
    const body = JSON.stringify(Array.from({ length: 500 }, () => ({ message: 'one' })));
    const post = () => call(server, 'POST /api/logs', { headers: { ...json, ...asKey(secret) }, body });
    expect((await post()).status).toBe(202);
    const refused = await post();
    expect([refused.status, refused.text]).toEqual([429, expect.stringContaining('500 events a day')]);
    await setQuota('third', { events_per_day: 501 });
    expect((await post()).status).toBe(202);
    expect((await post()).text).toContain('501 events a day');
  });
});

describe('refused attempts', () => {
  const ndjson = (body: string, secret: string) =>
    call(server, 'POST /api/logs', { headers: { ...json, ...asKey(secret) }, body });

  test('a body that cannot be read shows its beginning, without secrets', async () => {
    const body = '{"message": "login", "password": "hunter2-secret", "broken';
    expect((await ndjson(body, key)).status).toBe(400);
    const [newest] = await attempts(key, '?receiver=ndjson&limit=1');
    expect(newest).toMatchObject({ path: '/api/logs', status: 400, org_id: 'acme', remote: '127.0.0.1' });
    expect(newest!.first_bytes).toContain('login');
    expect(newest!.first_bytes).not.toContain('hunter2');
    expect(await attempts(otherKey)).toEqual([]);
  });

  test('events refused among others are counted', async () => {
    await ndjson('[{"message":"a"},{"message":"b","timestamp":"never"}]', key);
    const [newest] = await attempts(key);
    expect(newest).toMatchObject({ rejected_events: 1, code: 'invalid_field', status: 202 });
  });

  test('a wrong key is shown to those who run the server, and to no org', async () => {
    expect((await ndjson('{}', 'tw_wrong_0123456789')).status).toBe(401);
    expect((await attempts(ADMIN_KEY))[0]).toMatchObject({ code: 'unauthenticated', org_id: null, first_bytes: '' });
    expect((await attempts(key)).every(({ org_id }) => org_id === 'acme')).toBe(true);
    expect(JSON.stringify(await attempts(ADMIN_KEY))).not.toContain('tw_wrong');
  });

  test('a key that may not send is shown to its org', async () => {
    const made = await request(server, '/api/keys', {
      method: 'POST',
      headers: json,
      body: JSON.stringify({ name: 'finds', scopes: ['query'], org_id: 'acme' }),
    });
    const { secret } = (await made.json()) as { secret: string };
    expect((await ndjson('{}', secret)).status).toBe(403);
    expect((await attempts(key))[0]).toMatchObject({ org_id: 'acme', reason: expect.stringContaining('`ingest`') });
    const headers = { ...json, ...asKey(key), 'x-scope-orgid': 'other' };
    expect((await call(server, 'POST /api/logs', { headers, body: '{}' })).status).toBe(403);
    expect((await attempts(key))[0]).toMatchObject({
      org_id: 'acme',
      reason: expect.stringContaining('X-Scope-OrgID'),
    });
    expect(await attempts(otherKey)).toEqual([]);
  });

  test.each(['POST', 'GET'])('a key in the path is not shown, %s', async (method) => {
    await call(server, `${method} /v1/input/tw_secret_0123456789`, { headers: json });
    const [newest] = await attempts(ADMIN_KEY);
    expect(newest).toMatchObject({ receiver: 'datadog', path: '/v1/input/***' });
  });
});
