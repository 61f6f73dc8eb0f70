import { ERROR_CODES } from '@tailwater/schema';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ApiRoute } from '../../src/api/route.ts';
import { apiRoutes } from '../../src/api/routes/index.ts';
import { isLokiPath } from '../../src/api/routes/loki/paths.ts';
import { errorSchema } from '../../src/api/wire/error.ts';
import { keyListSchema, madeKeySchema, orgListSchema, orgSchema } from '../../src/api/wire/orgs.ts';
import { readinessSchema } from '../../src/api/wire/stats.ts';
import { systemSchema } from '../../src/api/wire/system.ts';
import { openClickHouseStore } from '../../src/stores/clickhouse/store.ts';
import { openTestApi, type TestApi } from './api-fixture.ts';

/** Everything of the API that needs no event store: it is given one that is down. */
const store = openClickHouseStore({ url: 'http://127.0.0.1:9', user: 'u', password: 'p' });
let api: TestApi;
let operator: Record<string, string>;
let admin: Record<string, string>;
let otherAdmin: Record<string, string>;
let reader: Record<string, string>;
let writer: Record<string, string>;

beforeAll(async () => {
  api = await openTestApi(store);
  operator = await api.keyOf('default', ['admin'], true);
  admin = await api.keyOf('acme', ['admin']);
  otherAdmin = await api.keyOf('other', ['admin']);
  reader = await api.keyOf('acme', ['query']);
  writer = await api.keyOf('acme', ['ingest']);
});
afterAll(async () => {
  await api.close();
  await store.close();
});

type Inject = { headers?: Record<string, string>; payload?: unknown };
async function call(line: string, { headers = {}, payload }: Inject = {}) {
  const [method, url] = line.split(' ') as ['GET', string];
  const body = payload === undefined ? {} : { payload: payload as object };
  const response = await api.app.inject({ method, url, headers, ...body });
  const text = response.body;
  return { status: response.statusCode, headers: response.headers, text, json: () => JSON.parse(text) };
}

/** A path of the route with its parameters filled in. */
const pathOf = ({ path }: ApiRoute) => path.replace(/:\w+/g, 'x');

describe('who may call', () => {
  const guarded = apiRoutes.filter(({ scope }) => scope === 'query' || scope === 'admin');

  test.each(guarded)('$method $path needs a key', async (route) => {
    const answer = await call(`${route.method} ${pathOf(route)}`, { payload: route.body ? {} : undefined });
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toBe('Bearer');
    if (isLokiPath(route.path)) expect(answer.text).toMatch(/^this request needs an API key/);
    else expect(errorSchema.parse(answer.json()).error.code).toBe('unauthenticated');
  });

  test.each(guarded)('$method $path needs the scope $scope', async (route) => {
    const headers = route.scope === 'admin' ? reader : writer;
    const answer = await call(`${route.method} ${pathOf(route)}`, { headers, payload: route.body ? {} : undefined });
    expect(answer.status).toBe(403);
    if (isLokiPath(route.path)) expect(answer.text).toMatch(/^this API key lacks the scope/);
    else expect(answer.json().error).toMatchObject({ code: 'forbidden' });
  });

  test('the numbers are open to this machine, and to nobody else without a key for all orgs', async () => {
    const local = { host: '127.0.0.1:1' };
    const proxied = { ...local, 'x-forwarded-for': '127.0.0.1' };
    expect((await call('GET /metrics', { headers: local })).status).toBe(200);
    expect((await call('GET /metrics', { headers: { host: 'evil.example' } })).status).toBe(401);
    expect((await call('GET /metrics', { headers: proxied })).status).toBe(401);
    expect((await call('GET /metrics', { headers: { ...proxied, ...admin } })).status).toBe(403);
    expect((await call('GET /metrics', { headers: { ...proxied, ...operator } })).status).toBe(200);
  });
});

test("the server's own numbers are for keys that may select orgs", async () => {
  const answer = await call('GET /api/system', { headers: operator });
  expect(answer.status, answer.text).toBe(200);
  expect(systemSchema.parse(answer.json())).toMatchObject({
    journal: { ready: true },
    store: { ready: false, lag_events: 0, lag_ms: 0 },
    ingest: { events_per_s: 0 },
    series: { interval_ms: 10_000, points: [{ events_per_s: 0 }] },
  });
  expect((await call('GET /api/system', { headers: admin })).status).toBe(403);
});

describe('errors', () => {
  test.each<[string, Inject, number, string, string?]>([
    ['GET /nothing', {}, 404, 'not_found'],
    ['GET /api/%E0%A4%A', {}, 404, 'not_found'],
    ['POST /api/logs/stats', {}, 405, 'method_not_allowed'],
    ['PUT /api/keys', {}, 405, 'method_not_allowed'],
    ['DELETE /api/logs/0001', {}, 405, 'method_not_allowed'],
    ['GET /readyz?part=x', {}, 400, 'invalid_parameter', 'part'],
    ['GET /readyz?x=1', {}, 400, 'invalid_parameter', 'x'],
  ])('%s with %j is %i %s', async (line, inject, status, code, field) => {
    const answer = await call(line, inject);
    expect(answer.status).toBe(status);
    const { error } = errorSchema.parse(answer.json());
    expect(error.code).toBe(code);
    expect(error.field).toBe(field);
    expect(error.request_id).toBe(answer.headers['x-request-id']);
  });

  test.each<[string, Record<string, string>, unknown, string, string?]>([
    ['POST /api/orgs', { 'content-type': 'application/json' }, '{', 'invalid_body'],
    ['POST /api/orgs', { 'content-type': 'application/json' }, '', 'invalid_body'],
    ['POST /api/orgs', { 'content-type': 'application/json' }, '[]', 'invalid_body'],
    ['POST /api/orgs', { 'content-type': 'text/plain' }, 'x', 'unsupported_media_type'],
    ['POST /api/orgs', {}, { id: 'a', name: 'A', more: 1 }, 'invalid_body', 'more'],
    ['POST /api/orgs', {}, { id: 'a' }, 'invalid_body', 'name'],
    ['POST /api/orgs', {}, { id: 'A B', name: 'A' }, 'invalid_field', 'id'],
    ['POST /api/orgs', {}, { id: 'a', name: 'A', retention_days: 0 }, 'invalid_field', 'retention_days'],
    ['POST /api/orgs', {}, { id: 'acme', name: 'A' }, 'conflict', 'id'],
    ['POST /api/orgs', {}, { id: 'a', name: 'A'.repeat(300_000) }, 'payload_too_large'],
    ['POST /api/keys', {}, { name: 'k', scopes: ['root'] }, 'invalid_body', 'scopes.0'],
    ['POST /api/keys', {}, { name: 'k', scopes: [] }, 'invalid_body', 'scopes'],
  ])('%s with %j and body %.40j is refused as %4$s', async (line, headers, payload, code, field) => {
    const answer = await call(line, { headers: { ...headers, ...operator }, payload });
    const { error } = errorSchema.parse(answer.json());
    expect([error.code, error.field]).toEqual([code, field]);
    expect(answer.status).toBe(ERROR_CODES[error.code].status);
  });

  test('405 says which methods there are', async () => {
    expect((await call('PUT /api/keys')).headers.allow).toBe('GET, POST');
  });

  test.each([
    ['abc-1:2.3_x', true],
    ['a b', false],
    ['<script>', false],
    ['x'.repeat(129), false],
  ])('the request id %j is taken: %s', async (id, isTaken) => {
    const answer = await call('GET /nothing', { headers: { 'x-request-id': id } });
    expect(answer.headers['x-request-id'] === id).toBe(isTaken);
    expect(answer.json().error.request_id).toBe(answer.headers['x-request-id']);
  });

  test('a store that is down: 503 with Retry-After, and neither its address nor its words', async () => {
    const before = api.faults.length;
    const answer = await call('GET /api/logs', { headers: reader });
    expect(answer.status).toBe(503);
    expect(answer.headers['retry-after']).toMatch(/^[1-9]\d*$/);
    expect(answer.json().error.code).toBe('store_unavailable');
    expect(answer.text).not.toMatch(/127\.0\.0\.1|ECONN/);
    expect(api.faults.length).toBe(before + 1);
  });
});

describe('bad search parameters are refused by their names before the store is asked', () => {
  test.each([
    ['bogus=1', 'bogus'],
    ['page=0', 'page'],
    ['page=x', 'page'],
    ['page=1&page=2', 'page'],
    ['page_size=1001', 'page_size'],
    ['page=2000&page_size=1000', 'page'],
    ['order=up', 'order'],
    ['severity=loud', 'severity'],
    ['min_severity=25', 'min_severity'],
    ['from=yesterday', 'from'],
    ['from=now&to=-1h', 'from'],
    ['to=1.5.5', 'to'],
    ['cursor=AAAA', 'cursor'],
    ['attr.x>=abc', 'attr.x'],
    ['attr.x', 'attr.x'],
    ['label.x>=1', 'label.x'],
    ['duration_ms>fast', 'duration_ms'],
    ['count=yes', 'count'],
    ['q=%22open', 'q'],
    ['service!=x', 'service!'],
    ['__proto__=x', '__proto__'],
    ['org=other', 'org'],
    ['org_id=other', 'org_id'],
  ])('%s', async (query, field) => {
    const answer = await call(`GET /api/logs?${query}`, { headers: reader });
    expect(answer.status).toBe(400);
    expect(errorSchema.parse(answer.json()).error.field).toBe(field);
  });

  test.each(['page=1', 'page_size=5', 'cursor=x', 'count=true'])('a stream takes no %s', async (query) => {
    const headers = { ...reader, accept: 'application/x-ndjson' };
    const answer = await call(`GET /api/logs?${query}`, { headers });
    expect([answer.status, answer.json().error.field]).toEqual([400, query.split('=')[0]]);
  });

  test('an Accept that nothing fits is 406', async () => {
    expect((await call('GET /api/logs', { headers: { ...reader, accept: 'text/html' } })).status).toBe(406);
  });

  test.each([
    ['range=7', 'range'],
    ['range=7d&from=-1h', 'range'],
    ['range=60d&granularity=minute', 'granularity'],
    ['granularity=weekly', 'granularity'],
    ['group_by=message', 'group_by'],
  ])('stats: %s', async (query, field) => {
    const answer = await call(`GET /api/logs/stats?${query}`, { headers: reader });
    expect([answer.status, answer.json().error.field]).toEqual([400, field]);
  });
});

describe('orgs and keys', () => {
  test('an org is made, found and changed', async () => {
    const made = await call('POST /api/orgs', {
      headers: operator,
      payload: { id: 'new', name: 'New', retention_days: 7 },
    });
    expect(made.status).toBe(201);
    expect(orgSchema.parse(made.json())).toMatchObject({ id: 'new', name: 'New', retention_days: 7, log_types: {} });
    const change = { retention_days: null, redact_rules_off: ['email'], log_types: { 'my.app': 'auth' } };
    const changed = await call('PATCH /api/orgs/new', { headers: operator, payload: change });
    expect(orgSchema.parse(changed.json())).toMatchObject({ id: 'new', name: 'New', ...change });
    const listed = orgListSchema.parse((await call('GET /api/orgs', { headers: operator })).json());
    expect(listed.orgs.map(({ id }) => id)).toEqual(['acme', 'default', 'new', 'other']);
  });

  test("how an org's LogQL queries are answered is changed a part at a time; limits only by an operator", async () => {
    const change = (headers: Record<string, string>, loki: object) =>
      call('PATCH /api/orgs/acme', { headers, payload: { loki } });
    const changed = await change(operator, { entries_max: 100, query_length_max_ms: 0 });
    expect(orgSchema.parse(changed.json()).loki).toMatchObject({ entries_max: 100, series_max: 500 });
    expect((await change(admin, { event_fields: false })).json().loki).toEqual({
      event_fields: false,
      discover_service_name: true,
      align_metric_queries: true,
      entries_max: 100,
      series_max: 500,
      query_length_max_ms: 0,
      query_timeout_ms: 60_000,
      tails_max: 10,
      volume_series_max: 1000,
    });
    const refused = await change(admin, { event_fields: true, series_max: 10 });
    expect([refused.status, refused.json().error.field]).toEqual([403, 'loki.series_max']);
    const senseless = await change(operator, { entries_max: 0 });
    expect([senseless.status, senseless.json().error.field]).toEqual([400, 'loki.entries_max']);
  });

  test('an admin of one org sees and changes no other', async () => {
    const listed = orgListSchema.parse((await call('GET /api/orgs', { headers: admin })).json());
    expect(listed.orgs.map(({ id }) => id)).toEqual(['acme']);
    expect((await call('POST /api/orgs', { headers: admin, payload: { id: 'x', name: 'X' } })).status).toBe(403);
    expect((await call('PATCH /api/orgs/acme', { headers: admin, payload: { name: 'Acme' } })).status).toBe(200);
    const foreign = await call('PATCH /api/orgs/other', { headers: admin, payload: { name: 'Mine' } });
    const missing = await call('PATCH /api/orgs/nowhere', { headers: admin, payload: { name: 'Mine' } });
    expect([foreign.status, missing.status]).toEqual([404, 404]);
    expect({ ...foreign.json().error, request_id: '' }).toEqual({ ...missing.json().error, request_id: '' });
    expect((await call('GET /api/orgs', { headers: otherAdmin })).json().orgs[0].name).toBe('other');
  });

  test('a key works from its making to its end', async () => {
    const payload = { name: 'ci', scopes: ['query', 'ingest'] };
    const made = madeKeySchema.parse((await call('POST /api/keys', { headers: admin, payload })).json());
    expect(made).toMatchObject({ name: 'ci', org_id: 'acme', scopes: ['ingest', 'query'], may_select_orgs: false });
    const headers = { 'x-api-key': made.secret };
    expect((await call('GET /api/logs?bogus=1', { headers })).status).toBe(400);
    expect((await call(`DELETE /api/keys/${made.id}`, { headers: otherAdmin })).status).toBe(404);
    expect((await call('GET /api/logs?bogus=1', { headers })).status).toBe(400);
    const revoked = await call(`DELETE /api/keys/${made.id}`, { headers: admin });
    expect([revoked.status, revoked.text]).toEqual([204, '']);
    expect((await call('GET /api/logs?bogus=1', { headers })).status).toBe(401);
    expect((await call('DELETE /api/keys/none', { headers: admin })).status).toBe(404);
  });

  test('a browser key is made and listed with its origins; it opens no other path', async () => {
    const origins = ['https://app.example.com', 'http://localhost:5173'];
    const payload = { name: 'web', scopes: ['ingest'], browser_origins: origins };
    const made = madeKeySchema.parse((await call('POST /api/keys', { headers: admin, payload })).json());
    expect(made.browser_origins).toEqual(origins);
    const { keys } = keyListSchema.parse((await call('GET /api/keys', { headers: admin })).json());
    expect(keys.find(({ id }) => id === made.id)?.browser_origins).toEqual(origins);
    expect(keys.filter((key) => key.browser_origins === null)).toHaveLength(keys.length - 1);
    const headers = { 'x-api-key': made.secret, origin: origins[0]! };
    expect((await call('GET /api/logs', { headers })).status).toBe(403);
    for (const [change, field] of [
      [{ browser_origins: ['app.example.com'] }, 'browser_origins'],
      [{ browser_origins: [] }, 'browser_origins'],
      [{ scopes: ['query'] }, 'scopes'],
    ] as const) {
      const refused = await call('POST /api/keys', { headers: admin, payload: { ...payload, ...change } });
      expect([refused.status, refused.json().error.field]).toEqual([400, field]);
    }
  });

  test('keys are listed by org, without secrets', async () => {
    const own = keyListSchema.parse((await call('GET /api/keys', { headers: admin })).json());
    expect(new Set(own.keys.map((key) => key.org_id))).toEqual(new Set(['acme']));
    const all = keyListSchema.parse((await call('GET /api/keys', { headers: operator })).json());
    expect(all.keys.length).toBeGreaterThan(own.keys.length);
    const one = keyListSchema.parse((await call('GET /api/keys?org_id=other', { headers: operator })).json());
    expect(one.keys.map((key) => key.org_id)).toEqual(['other']);
    expect((await call('GET /api/keys?org_id=other', { headers: admin })).status).toBe(404);
  });

  test('nobody makes a key that may do more than the one that asks', async () => {
    const key = { name: 'k', scopes: ['query'] };
    const selecting = await call('POST /api/keys', { headers: admin, payload: { ...key, may_select_orgs: true } });
    expect([selecting.status, selecting.json().error.field]).toEqual([403, 'may_select_orgs']);
    const foreign = await call('POST /api/keys', { headers: admin, payload: { ...key, org_id: 'other' } });
    expect(foreign.status).toBe(404);
    const allowed = await call('POST /api/keys', {
      headers: operator,
      payload: { ...key, org_id: 'other', may_select_orgs: true },
    });
    expect(madeKeySchema.parse(allowed.json())).toMatchObject({ org_id: 'other', may_select_orgs: true });
  });
});

describe('health', () => {
  test('a store that is down degrades, a journal that is down unreadies', async () => {
    const degraded = await call('GET /readyz');
    expect(degraded.status).toBe(200);
    expect(readinessSchema.parse(degraded.json())).toMatchObject({
      status: 'degraded',
      parts: { journal: { ready: true, backlog_events: 3 }, store: { ready: false } },
    });
    expect((await call('GET /readyz?part=store')).status).toBe(503);
    expect((await call('GET /readyz?part=journal')).status).toBe(200);
    expect((await call('HEAD /readyz')).status).toBe(200);
    const down = await openTestApi(store, {
      health: {
        journal: () => {
          throw new Error('no disk');
        },
        store: () => ({ ready: true }),
        control: () => ({ ready: true }),
      },
    });
    const response = await down.app.inject('/readyz');
    await down.close();
    expect([response.statusCode, response.json().status]).toEqual([503, 'not_ready']);
  });

  test('the process says that it lives', async () => {
    const answer = await call('GET /healthz');
    expect([answer.status, answer.text]).toEqual([200, 'ok\n']);
  });
});

describe('/api/openapi.json', () => {
  test('it has every route with every parameter, and an error for each', async () => {
    const document = (await call('GET /api/openapi.json')).json();
    expect(document.openapi).toBe('3.1.0');
    for (const route of apiRoutes) {
      const operation = document.paths[route.path.replace(/:(\w+)/g, '{$1}')][route.method.toLowerCase()];
      expect(operation.summary).toBe(route.summary);
      const named = (operation.parameters ?? []).map(({ name }: { name: string }) => name);
      expect(named).toEqual(expect.arrayContaining([...shapeOf(route.query), ...shapeOf(route.params)]));
      const error = operation.responses[500].content['application/json'].schema;
      if (isLokiPath(route.path)) expect(error.type).toBe('string');
      else expect(error).toEqual({ $ref: '#/components/schemas/Error' });
    }
    const schemas = document.components.schemas;
    expect(Object.keys(schemas)).toEqual(
      expect.arrayContaining(['Event', 'EventPage', 'Trace', 'Stats', 'Org', 'ApiKey']),
    );
    for (const [, name] of JSON.stringify(document).matchAll(/#\/components\/schemas\/(\w+)/g)) {
      expect(schemas).toHaveProperty(name!);
    }
  });
});

function shapeOf(schema: unknown): string[] {
  return typeof schema === 'object' && schema !== null && 'shape' in schema ? Object.keys(schema.shape as object) : [];
}
