import { afterAll, beforeAll, expect, test } from 'vitest';
import { savedViewListSchema, savedViewSchema } from '../../src/api/wire/saved-views.ts';
import { openClickHouseStore } from '../../src/stores/clickhouse/store.ts';
import { openTestApi, type TestApi } from './api-fixture.ts';

const store = openClickHouseStore({ url: 'http://127.0.0.1:9', user: 'u', password: 'p' });
let api: TestApi;
let admin: Record<string, string>;
let reader: Record<string, string>;
let other: Record<string, string>;
let nowMs = Date.parse('2026-01-01T00:00:00Z');

beforeAll(async () => {
  api = await openTestApi(store, { nowMs: () => nowMs });
  admin = await api.keyOf('acme', ['admin']);
  reader = await api.keyOf('acme', ['query']);
  other = await api.keyOf('other', ['admin']);
});
afterAll(async () => {
  await api.close();
  await store.close();
});

async function call(line: string, headers: Record<string, string>, payload?: object) {
  const [method, url] = line.split(' ') as ['GET', string];
  const response = await api.app.inject({
    method,
    url: `/api/saved-views${url ?? ''}`,
    headers,
    ...(payload && { payload }),
  });
  return { status: response.statusCode, body: response.body === '' ? null : response.json() };
}
const names = async (headers: Record<string, string>) =>
  savedViewListSchema.parse((await call('GET', headers)).body).saved_views.map(({ name }) => name);

test('a view is saved, shown to the whole org, replaced and removed', async () => {
  const made = await call('POST', admin, { name: ' Errors ', page: 'logs', search: 'min_severity=error' });
  expect(made.status).toBe(201);
  const view = savedViewSchema.parse(made.body);
  expect(view).toMatchObject({ name: 'Errors', description: '', page: 'logs', search: '?min_severity=error' });
  expect((await call('GET', reader)).body.saved_views).toEqual([view]);
  expect(await names(other)).toEqual([]);
  nowMs += 1000;
  const replaced = await call(`PUT /${view.id}`, admin, { name: 'All', description: 'd', page: 'stats', search: '' });
  expect(replaced.body).toEqual({
    ...{ ...view, name: 'All', description: 'd', page: 'stats', search: '' },
    updated_at: '2026-01-01T00:00:01.000Z',
  });
  expect((await call(`DELETE /${view.id}`, admin)).status).toBe(204);
  expect((await call(`DELETE /${view.id}`, admin)).status).toBe(404);
  expect(await names(admin)).toEqual([]);
});

test("another org's view is not there, a taken name is a conflict, a name of another org is free", async () => {
  const body = { name: 'Mine', page: 'logs', search: '' };
  const { id } = (await call('POST', admin, body)).body;
  const second = (await call('POST', admin, { ...body, name: 'Second' })).body;
  expect(await call('POST', admin, body)).toMatchObject({
    status: 409,
    body: { error: { code: 'conflict', field: 'name' } },
  });
  expect((await call(`PUT /${second.id}`, admin, body)).status).toBe(409);
  expect((await call(`PUT /${id}`, admin, { ...body, search: '?a=1' })).status).toBe(200);
  expect((await call('POST', other, body)).status).toBe(201);
  for (const line of [`PUT /${id}`, `DELETE /${id}`]) {
    expect((await call(line, other, line.startsWith('PUT') ? body : undefined)).status).toBe(404);
  }
  expect(await names(admin)).toEqual(['Mine', 'Second']);
});

test('a key for queries reads only', async () => {
  const body = { name: 'x', page: 'logs', search: '' };
  for (const [line, payload] of [['POST', body], ['PUT /x', body], ['DELETE /x']] as const) {
    expect(await call(line, reader, payload)).toMatchObject({ status: 403, body: { error: { code: 'forbidden' } } });
  }
});

test.each([
  [{ name: ' ', page: 'logs', search: '' }, 'name'],
  [{ name: 'x'.repeat(101), page: 'logs', search: '' }, 'name'],
  [{ name: 'x', page: 'ingest', search: '' }, 'page'],
  [{ name: 'x', page: 'logs', search: 'x'.repeat(8193) }, 'search'],
  [{ name: 'x', page: 'logs' }, 'search'],
  [{ name: 'x', page: 'logs', search: '', id: 'y' }, 'id'],
])('refuses %j', async (payload, field) => {
  expect(await call('POST', admin, payload)).toMatchObject({
    status: 400,
    body: { error: { code: 'invalid_body', field } },
  });
});

test('an org has no more than 200', async () => {
  const full = await api.keyOf('full', ['admin']);
  for (let i = 0; i < 200; i++) await call('POST', full, { name: `view ${i}`, page: 'logs', search: '' });
  expect((await call('POST', full, { name: 'one more', page: 'logs', search: '' })).status).toBe(409);
  expect(await names(full)).toHaveLength(200);
});
