import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { errorSchema } from '../../src/api/wire/error.ts';
import {
  deliveryListSchema,
  integrationListSchema,
  integrationSchema,
  integrationTypesSchema,
  replayProgressSchema,
  rotationSchema,
  testOutcomeSchema,
} from '../../src/api/wire/log-integrations.ts';
import { openControlDb } from '../../src/control/control-db.ts';
import { openClickHouseStore } from '../../src/stores/clickhouse/store.ts';
import { type HttpReceiver, httpReceiver } from '../support/http-receiver.ts';
import { type LocalIntegrations, localIntegrations } from '../support/local-integrations.ts';
import { removeTempDirs, tempDir } from '../support/server.ts';
import { openTestApi, type TestApi } from './api-fixture.ts';

type Integration = z.output<typeof integrationSchema>;

/** The API of integrations, over a sender that delivers nothing and a receiver that is an HTTP server. */
const store = openClickHouseStore({ url: 'http://127.0.0.1:9', user: 'u', password: 'p' });
let dataDir: string;
let receiver: HttpReceiver;
let forwarding: LocalIntegrations;
let api: TestApi;
let headers: Record<'admin' | 'other' | 'reader' | 'operator', Record<string, string>>;
let secret: string;

beforeEach(async () => {
  dataDir = tempDir();
  receiver = await httpReceiver();
  const control = await openControlDb(dataDir);
  forwarding = localIntegrations(control, dataDir, { allow: [`127.0.0.1:${receiver.port}`, 'intake.example.com'] });
  api = await openTestApi(store, { control, integrations: forwarding.integrations });
  headers = {
    admin: await api.keyOf('acme', ['admin']),
    other: await api.keyOf('other', ['admin']),
    reader: await api.keyOf('acme', ['query']),
    operator: await api.keyOf('default', ['admin'], true),
  };
  secret = `key-${randomBytes(12).toString('hex')}`;
});
afterEach(async () => {
  await api.close();
  await forwarding.egress.close();
  await receiver.close();
  removeTempDirs();
});

async function call(line: string, body?: object, as: keyof typeof headers = 'admin') {
  const [method, url] = line.split(' ') as ['GET', string];
  const payload = body === undefined ? {} : { payload: body };
  const response = await api.app.inject({ method, url, headers: headers[as], ...payload });
  expect(response.body).not.toContain(secret);
  return { status: response.statusCode, text: response.body, json: () => JSON.parse(response.body) as unknown };
}

const draft = (change: object = {}) => ({
  name: 'to datadog',
  type: 'datadog',
  config: { url: receiver.url },
  secrets: { api_key: secret },
  ...change,
});

async function create(change: object = {}): Promise<Integration> {
  const answer = await call('POST /api/log-integrations', draft(change));
  expect(answer.text).not.toContain('"error"');
  expect(answer.status).toBe(201);
  return integrationSchema.parse(answer.json());
}

const read = async (id: string) => integrationSchema.parse((await call(`GET /api/log-integrations/${id}`)).json());

async function refusal(line: string, body?: object, as?: keyof typeof headers) {
  const answer = await call(line, body, as);
  const { error } = errorSchema.parse(answer.json());
  return [answer.status, error.code, error.field];
}

describe('an integration', () => {
  test('is made, read, listed and given to the sender from the end of the journal', async () => {
    const made = await create({ filter: { min_severity: 'warn', attributes: { tier: 'gold' } } });
    expect(made).toMatchObject({
      type: 'datadog',
      enabled: true,
      managed_by: 'api',
      secrets: { api_key: { set: true } },
      filter: { log_types: [], event_types: [], min_severity: 'warn', attributes: { tier: 'gold' }, sample_rate: 1 },
      delivery: { events_per_second_max: null, journal_bytes_max: null, when_full: 'skip' },
      status: { state: 'idle', lag_events: 0 },
      last_test_status: null,
    });
    expect(await read(made.id)).toEqual(made);
    const listed = integrationListSchema.parse((await call('GET /api/log-integrations')).json());
    expect(listed.integrations).toEqual([made]);
    expect(forwarding.sender.configured).toEqual([
      {
        id: made.id,
        orgId: 'acme',
        type: 'datadog',
        config: expect.objectContaining({ url: receiver.url, site: 'datadoghq.com' }),
        secrets: { api_key: secret },
        filter: {
          logTypes: [],
          eventTypes: [],
          minSeverity: 'warn',
          attributes: [{ name: 'tier', value: 'gold' }],
          sampleRate: 1,
        },
        delivery: {
          eventsPerSecondMax: null,
          journalBytesMax: 1 << 30,
          whenFull: 'skip',
          retryAgeMsMax: 72 * 3_600_000,
        },
        from: 7,
      },
    ]);
  });

  test('runs with the same settings after the server was started again', async () => {
    await create();
    const before = forwarding.sender.configured;
    const again = localIntegrations(api.control, dataDir);
    await again.integrations.start();
    expect(again.sender.configured).toEqual(before);
    expect(again.faults).toEqual([]);
    await again.egress.close();
  });

  test('a change keeps secrets that it does not name, sets those that it does, and removes those that are null', async () => {
    const { id } = await create({ config: { url: receiver.url, tags: ['a:b'] } });
    const path = `PUT /api/log-integrations/${id}`;
    expect((await call(path, draft({ name: 'renamed', secrets: {} }))).status).toBe(200);
    expect(forwarding.sender.configured[0]).toMatchObject({ secrets: { api_key: secret }, config: { tags: [] } });
    expect((await call(path, draft({ secrets: { api_key: 'another-key' } }))).status).toBe(200);
    expect(forwarding.sender.configured[0]).toMatchObject({ secrets: { api_key: 'another-key' } });
    expect(await refusal(path, draft({ secrets: { api_key: null } }))).toEqual([
      400,
      'invalid_field',
      'secrets.api_key',
    ]);
    expect((await read(id)).name).toBe('to datadog');
  });

  test('when a secret was set stays, unless it is set to something else', async () => {
    const made = await create();
    const path = `PUT /api/log-integrations/${made.id}`;
    for (const secrets of [{}, { api_key: secret }]) await call(path, draft({ secrets }));
    const same = await read(made.id);
    expect(same.secrets).toEqual(made.secrets);
    expect(same.updated_at > made.updated_at).toBe(true);
  });

  test('a kept secret does not go where the settings did not lead before', async () => {
    const { id } = await create();
    const path = `PUT /api/log-integrations/${id}`;
    for (const config of [{ url: 'https://intake.example.com' }, { site: 'intake.example.com' }]) {
      const moved = draft({ config, secrets: {} });
      expect(await refusal(path, moved)).toEqual([400, 'invalid_field', 'secrets.api_key']);
      const body = { ...moved, id };
      expect(await refusal('POST /api/log-integrations/test', body)).toEqual([400, 'invalid_field', 'secrets.api_key']);
    }
    const config = { url: `${receiver.url}/other/path` };
    expect((await call(path, draft({ config, secrets: {} }))).status).toBe(200);
    const elsewhere = draft({ config: { url: 'https://intake.example.com' } });
    expect((await call(path, elsewhere)).status).toBe(200);
  });

  test('an address that is a secret is checked as any other, and a kept secret does not follow it elsewhere', async () => {
    const webhook = (secrets: object) => ({ name: 'hook', type: 'webhook', config: {}, secrets });
    const denied = webhook({ secret_url: 'https://10.0.0.1/hook' });
    expect(await refusal('POST /api/log-integrations', denied)).toEqual([400, 'egress_denied', 'secrets.secret_url']);
    const token = { token: secret };
    const made = await call('POST /api/log-integrations', webhook({ ...token, secret_url: `${receiver.url}/a` }));
    const path = `PUT /api/log-integrations/${integrationSchema.parse(made.json()).id}`;
    const moved = webhook({ secret_url: 'https://intake.example.com/b' });
    expect(await refusal(path, moved)).toEqual([400, 'invalid_field', 'secrets.token']);
    const both = webhook({ ...token, secret_url: 'https://intake.example.com/b' });
    expect((await call(path, both)).status).toBe(200);
  });

  test('a kept secret stays with settings that have dots in them and lead nowhere', async () => {
    const { id } = await create();
    const config = { url: receiver.url, tags: ['version:1.2.3', 'a.b'], service: 'shop.api' };
    expect((await call(`PUT /api/log-integrations/${id}`, draft({ config, secrets: {} }))).status).toBe(200);
  });

  test('is switched off and on, and begins anew at the end of the journal when it never ran', async () => {
    const { id } = await create({ enabled: false });
    expect(forwarding.sender.configured).toEqual([]);
    const on = integrationSchema.parse((await call(`POST /api/log-integrations/${id}/enable`)).json());
    expect([on.enabled, on.status.state]).toEqual([true, 'idle']);
    expect(forwarding.sender.configured.map((each) => each.id)).toEqual([id]);
    const off = integrationSchema.parse((await call(`POST /api/log-integrations/${id}/disable`)).json());
    expect([off.enabled, off.status.state, off.disabled_reason]).toEqual([false, 'disabled', null]);
    expect(forwarding.sender.configured).toEqual([]);
  });

  test('that its destination wants no more is disabled, and says why without secrets', async () => {
    const { id } = await create();
    forwarding.sender.onDisabled(id, `the destination answered 410 to ${secret}`);
    await expect.poll(async () => (await read(id)).enabled).toBe(false);
    expect((await read(id)).disabled_reason).toBe('the destination answered 410 to ***');
    await call(`POST /api/log-integrations/${id}/enable`);
    expect((await read(id)).disabled_reason).toBeNull();
  });

  test('is removed with its place in the journal', async () => {
    const { id } = await create();
    expect((await call(`DELETE /api/log-integrations/${id}`)).status).toBe(204);
    expect(forwarding.sender).toMatchObject({ configured: [], forgotten: [id] });
    expect(await refusal(`GET /api/log-integrations/${id}`)).toEqual([404, 'not_found', undefined]);
    expect(await api.control.sql.selectFrom('integrations').selectAll().execute()).toEqual([]);
  });

  test('replays history, tells how far it is, and ends it', async () => {
    const { id } = await create();
    const path = `/api/log-integrations/${id}/replay`;
    const range = { from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' };
    const started = await call(`POST ${path}`, range);
    expect(started.status).toBe(202);
    expect(replayProgressSchema.parse(started.json())).toMatchObject({ state: 'running', total: null });
    expect((await read(id)).replay?.from).toMatch(/^2026-01-01T00:00:00/);
    expect((await call(`DELETE ${path}`)).status).toBe(204);
    expect((await read(id)).replay?.state).toBe('cancelled');
    expect(await refusal(`POST ${path}`, { from: 'yesterday' })).toEqual([400, 'invalid_field', 'from']);
    expect(await refusal(`POST ${path}`, { from: 'now', to: '-1h' })).toEqual([400, 'invalid_field', 'to']);
    await call(`POST /api/log-integrations/${id}/disable`);
    expect(await refusal(`POST ${path}`, range)).toEqual([409, 'conflict', undefined]);
  });

  test('has deliveries', async () => {
    const { id } = await create();
    const answer = await call(`GET /api/log-integrations/${id}/deliveries`);
    expect(deliveryListSchema.parse(answer.json())).toEqual({ deliveries: [] });
  });
});

describe('what is refused, by the name of the field', () => {
  test.each<[string, object, string, string | undefined]>([
    ['no such type', { type: 'nothing' }, 'invalid_field', 'type'],
    ['a setting of the wrong form', { config: { site: 'not a site!' } }, 'invalid_field', 'config.site'],
    ['a setting within a setting', { config: { payload: { preset: 'x' } } }, 'invalid_field', 'config.payload.preset'],
    ['a setting that there is not', { config: { sight: 'x' } }, 'invalid_field', 'config.sight'],
    ['a secret among the settings', { config: { api_key: 'x' } }, 'invalid_field', 'config.api_key'],
    ['a secret that there is not', { secrets: { api_key: 'k', other: 'x' } }, 'invalid_field', 'secrets.other'],
    ['a secret that is needed', { secrets: {} }, 'invalid_field', 'secrets.api_key'],
    ['an empty secret', { secrets: { api_key: ' ' } }, 'invalid_field', 'secrets.api_key'],
    ['a blank name', { name: ' ' }, 'invalid_field', 'name'],
    ['a severity', { filter: { min_severity: 'loud' } }, 'invalid_body', 'filter.min_severity'],
    ['a sampling rate', { filter: { sample_rate: 0 } }, 'invalid_body', 'filter.sample_rate'],
    ['a filter that there is not', { filter: { severity: 'warn' } }, 'invalid_body', 'filter.severity'],
    ['a journal limit', { delivery: { journal_bytes_max: 5 } }, 'invalid_body', 'delivery.journal_bytes_max'],
    ['a private address', { config: { url: 'https://10.1.2.3' } }, 'egress_denied', 'config.url'],
    ['metadata of a cloud', { config: { url: 'http://169.254.169.254/' } }, 'egress_denied', 'config.url'],
    ['this machine', { config: { url: 'https://127.0.0.1:4750' } }, 'egress_denied', 'config.url'],
    ['http in clear', { config: { url: 'http://93.184.216.34/' } }, 'egress_denied', 'config.url'],
    ['a password in the address', { config: { url: 'https://u:p@intake.example.com' } }, 'invalid_field', 'config.url'],
  ])('%s', async (_, change, code, field) => {
    expect(await refusal('POST /api/log-integrations', draft(change))).toEqual([400, code, field]);
    expect(await refusal('POST /api/log-integrations/test', draft(change))).toEqual([400, code, field]);
    expect(integrationListSchema.parse((await call('GET /api/log-integrations')).json()).integrations).toEqual([]);
    expect(receiver.received).toEqual([]);
  });

  test('a name that is taken, in this org alone', async () => {
    const { id } = await create();
    expect(await refusal('POST /api/log-integrations', draft())).toEqual([409, 'conflict', 'name']);
    const second = await create({ name: 'second' });
    const path = `PUT /api/log-integrations/${second.id}`;
    expect(await refusal(path, draft({ secrets: {} }))).toEqual([409, 'conflict', 'name']);
    expect((await call(`PUT /api/log-integrations/${id}`, draft({ secrets: {} }))).status).toBe(200);
    expect((await call('POST /api/log-integrations', draft(), 'other')).status).toBe(201);
  });

  test('another type', async () => {
    const { id } = await create();
    const types = integrationTypesSchema.parse((await call('GET /api/log-integrations/types')).json()).types;
    const other = types.find(({ type }) => type !== 'datadog')!.type;
    const change = draft({ type: other, secrets: {} });
    expect(await refusal(`PUT /api/log-integrations/${id}`, change)).toEqual([400, 'invalid_field', 'type']);
  });

  test('more than 50 of one org', async () => {
    for (let i = 0; i < 50; i++) await create({ name: `n${i}`, enabled: false });
    expect(await refusal('POST /api/log-integrations', draft())).toEqual([409, 'conflict', undefined]);
    expect((await call('POST /api/log-integrations', draft(), 'other')).status).toBe(201);
  });

  test('what is of another org, in the words of what is not there', async () => {
    const { id } = await create();
    const routes: [string, object?][] = [
      ['GET /api/log-integrations/ID'],
      ['PUT /api/log-integrations/ID', draft()],
      ['DELETE /api/log-integrations/ID'],
      ['POST /api/log-integrations/ID/enable'],
      ['POST /api/log-integrations/ID/disable'],
      ['POST /api/log-integrations/ID/test'],
      ['GET /api/log-integrations/ID/deliveries'],
      ['POST /api/log-integrations/ID/replay', { from: '-1h' }],
      ['DELETE /api/log-integrations/ID/replay'],
      ['POST /api/log-integrations/test', { ...draft(), id: 'ID' }],
    ];
    for (const [line, body] of routes) {
      const named = (wanted: string) =>
        [
          line.replace('ID', wanted),
          body === undefined ? undefined : (JSON.parse(JSON.stringify(body).replace('"ID"', `"${wanted}"`)) as object),
        ] as const;
      const foreign = await refusal(...named(id), 'other');
      expect(foreign, line).toEqual([404, 'not_found', undefined]);
      expect(await refusal(...named('none'), 'other'), line).toEqual(foreign);
    }
    expect((await read(id)).enabled).toBe(true);
  });
});

describe('the types', () => {
  test('have a JSON Schema with a description of every setting, and secrets with help', async () => {
    const answer = await call('GET /api/log-integrations/types');
    const { types, payload_presets } = integrationTypesSchema.parse(answer.json());
    expect(types.map(({ type }) => type)).toEqual([...forwarding.integrations.types.keys()]);
    for (const { type, config_schema, secrets } of types) {
      expect(config_schema.type, type).toBe('object');
      expect(config_schema.additionalProperties, type).toBe(false);
      for (const [name, setting] of Object.entries(
        config_schema.properties as Record<string, { description?: string }>,
      )) {
        expect(setting.description, `${type}.${name}`).toBeTruthy();
      }
      for (const { name, description } of secrets) expect(description, `${type}.${name}`).not.toBe('');
    }
    expect(payload_presets.map(({ name }) => name)).toContain('datadog');
  });
});

describe('testing a connection', () => {
  test('tells every step, and keeps what came out', async () => {
    const { id } = await create();
    const outcome = testOutcomeSchema.parse((await call(`POST /api/log-integrations/${id}/test`)).json());
    expect([outcome.status, outcome.steps.filter(({ ok }) => !ok)]).toEqual(['ok', []]);
    expect(receiver.received.at(-1)!.headers['dd-api-key']).toBe(secret);
    expect(await read(id)).toMatchObject({
      last_test_status: 'ok',
      last_test_at: outcome.tested_at,
      last_test_steps: outcome.steps,
    });
  });

  test('tells each step as it is done to whoever takes lines, then the outcome', async () => {
    const { id } = await create();
    const accept = { ...headers.admin, accept: 'application/x-ndjson' };
    const response = await api.app.inject({ method: 'POST', url: `/api/log-integrations/${id}/test`, headers: accept });
    expect(response.headers['content-type']).toBe('application/x-ndjson');
    const lines = response.body
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const outcome = testOutcomeSchema.parse(lines.pop()!.outcome);
    expect(lines).toEqual(outcome.steps.map((step) => ({ step })));
    expect(outcome.steps.every(({ took_ms }) => took_ms !== undefined)).toBe(true);
    expect((await read(id)).last_test_steps).toEqual(outcome.steps);
  });

  test('refuses as ever what cannot be tried, also to whoever takes lines', async () => {
    const accept = { ...headers.admin, accept: 'application/x-ndjson' };
    const payload = { type: 'datadog', config: { site: 'not a site' }, secrets: { api_key: secret } };
    const response = await api.app.inject({
      method: 'POST',
      url: '/api/log-integrations/test',
      headers: accept,
      payload,
    });
    expect([response.statusCode, response.json().error.field]).toEqual([400, 'config.site']);
  });

  test('that fails says which setting, and shows no secret that the destination answers', async () => {
    const { id } = await create();
    receiver.answer = (request) => ({
      status: 403,
      body: JSON.stringify({ errors: [`bad key ${request.headers['dd-api-key']}`] }),
    });
    const outcome = testOutcomeSchema.parse((await call(`POST /api/log-integrations/${id}/test`)).json());
    expect(outcome.status).toBe('failed');
    expect(outcome.steps.at(-1)).toMatchObject({ ok: false, advice: expect.any(String) });
    expect((await read(id)).last_test_status).toBe('failed');
  });

  test('works before anything is saved, and with the secrets of what is saved', async () => {
    const body = draft();
    const unsaved = testOutcomeSchema.parse((await call('POST /api/log-integrations/test', body)).json());
    expect(unsaved.status).toBe('ok');
    expect(integrationListSchema.parse((await call('GET /api/log-integrations')).json()).integrations).toEqual([]);
    const { id } = await create();
    const kept = await call('POST /api/log-integrations/test', { ...draft({ secrets: {} }), id });
    expect(testOutcomeSchema.parse(kept.json()).status).toBe('ok');
    expect(receiver.received.at(-1)!.headers['dd-api-key']).toBe(secret);
    expect((await read(id)).last_test_status).toBeNull();
  });

  test('two at a time, and no more', async () => {
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    const slow = forwarding.sender.test;
    forwarding.sender.test = async function* (integration, signal) {
      await held;
      yield* slow(integration, signal);
    };
    const tests = [1, 2].map(() => call('POST /api/log-integrations/test', draft()));
    await expect
      .poll(() => refusal('POST /api/log-integrations/test', draft()))
      .toEqual([429, 'rate_limited', undefined]);
    release();
    expect((await Promise.all(tests)).map(({ status }) => status)).toEqual([200, 200]);
    expect((await call('POST /api/log-integrations/test', draft())).status).toBe(200);
  });
});

describe('rotation of keys', () => {
  test('a new key seals everything again; who may not select orgs cannot ask for it', async () => {
    const { id } = await create();
    expect(await refusal('POST /api/secrets/rotate')).toEqual([403, 'forbidden', undefined]);
    const sealed = async () =>
      (await api.control.sql.selectFrom('integrations').select('secrets').execute())[0]!.secrets;
    expect(await sealed()).toContain('v1.k1.');
    const rotated = rotationSchema.parse((await call('POST /api/secrets/rotate', undefined, 'operator')).json());
    expect(rotated).toEqual({ key_id: 'k2', made_key: true, resealed: 1, failed: [] });
    expect(await sealed()).toContain('v1.k2.');
    const again = localIntegrations(api.control, dataDir);
    await again.integrations.start();
    expect(again.sender.configured[0]).toMatchObject({ id, secrets: { api_key: secret } });
    await again.egress.close();
  });

  test('what cannot be opened is told, stays, does not run, and can be set anew', async () => {
    const { id } = await create();
    await create({ name: 'second' });
    const { secrets } = await api.control.sql
      .selectFrom('integrations')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    const broken = secrets.replace('v1.k1.', 'v1.k9.');
    await api.control.sql
      .updateTable('integrations')
      .set({ secrets: broken, updated_at: 5 })
      .where('id', '=', id)
      .execute();
    const rotated = rotationSchema.parse((await call('POST /api/secrets/rotate', undefined, 'operator')).json());
    expect(rotated).toMatchObject({
      resealed: 1,
      failed: [{ integration_id: id, reason: expect.stringContaining('k9') }],
    });
    expect((await read(id)).status).toMatchObject({ state: 'stopped', last_error: expect.stringContaining('`k9`') });
    const given = forwarding.sender.configured.find((each) => each.id === id);
    expect(given).toMatchObject({ secrets: {}, unavailable: expect.stringContaining('`k9`') });
    expect(await refusal(`POST /api/log-integrations/${id}/test`)).toEqual([
      400,
      'destination_unauthorized',
      'secrets.api_key',
    ]);
    expect((await call(`PUT /api/log-integrations/${id}`, draft())).status).toBe(200);
    expect((await read(id)).status.state).toBe('idle');
  });
});
