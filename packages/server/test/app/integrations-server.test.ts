import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { deliveryListSchema, integrationListSchema, integrationSchema } from '../../src/api/wire/log-integrations.ts';
import { whySchema } from '../../src/api/wire/why.ts';
import { cliProcess } from '../support/cli-process.ts';
import { type HttpReceiver, httpReceiver, type Received } from '../support/http-receiver.ts';
import {
  ADMIN_KEY,
  eventually,
  removeTempDirs,
  request,
  type SpawnedServer,
  spawnServer,
  tempDir,
} from '../support/server.ts';
import { StrictVault } from '../support/strict-vault.ts';

/** Integrations in the program as it is started, with destinations on this machine. */
type Integration = z.output<typeof integrationSchema>;

let receiver: HttpReceiver;
beforeAll(async () => {
  receiver = await httpReceiver();
});
afterAll(async () => {
  await receiver?.close();
  removeTempDirs();
});

const start = (dataDir: string, env: Record<string, string> = {}) =>
  spawnServer({
    dataDir,
    env: {
      TAILWATER_EGRESS_ALLOW: `127.0.0.1:${receiver.port}`,
      TAILWATER_STORE_INSERT_INTERVAL_MS: '200ms',
      ...env,
    },
  });

async function call(server: SpawnedServer, line: string, body?: object): Promise<{ status: number; json: unknown }> {
  const [method, path] = line.split(' ') as [string, string];
  const headers = { 'content-type': 'application/json' };
  const sent = body === undefined ? {} : { headers, body: JSON.stringify(body) };
  const response = await request(server, path, { method, ...sent });
  const text = await response.text();
  return { status: response.status, json: text === '' ? null : (JSON.parse(text) as unknown) };
}

const draft = (change: object = {}) => ({
  name: 'n',
  type: 'datadog',
  config: { url: receiver.url },
  secrets: { api_key: 'the-first-key' },
  ...change,
});

async function create(server: SpawnedServer, change: object = {}): Promise<Integration> {
  const made = await call(server, 'POST /api/log-integrations', draft(change));
  expect(made.status, JSON.stringify(made.json)).toBe(201);
  return integrationSchema.parse(made.json);
}

const read = async (server: SpawnedServer, id: string) =>
  integrationSchema.parse((await call(server, `GET /api/log-integrations/${id}`)).json);

const textOf = ({ headers, body }: Received) =>
  (headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString('utf8');
const arrived = (word: string) => receiver.received.filter((each) => textOf(each).includes(word));

async function forwards(server: SpawnedServer, word: string): Promise<Received> {
  await call(server, 'POST /api/logs?ack=stored', [{ message: word, severity: 'warn' }]);
  return eventually(async () => arrived(word)[0]);
}

describe('a server that forwards', () => {
  let server: SpawnedServer;
  let dataDir: string;
  let integration: Integration;
  beforeAll(async () => {
    dataDir = tempDir();
    server = await start(dataDir);
    await call(server, 'POST /api/logs?ack=stored', [{ message: 'of-yore', severity: 'error' }]);
    integration = await create(server, { filter: { min_severity: 'warn' } });
  });
  afterAll(() => server?.stop());

  test('delivers what comes from then on, and tells so', async () => {
    await call(server, 'POST /api/logs', [{ message: 'too-mild', severity: 'info' }]);
    const { headers } = await forwards(server, 'event-one');
    expect(headers['dd-api-key']).toBe('the-first-key');
    expect([arrived('of-yore'), arrived('too-mild')]).toEqual([[], []]);
    const status = await eventually(async () => {
      const { status: now } = await read(server, integration.id);
      return now.delivered > 0 && now.state === 'idle' ? now : undefined;
    });
    expect(status).toMatchObject({ delivered: 1, rejected: 0, lag_events: 0, last_error: null });
    const { json } = await call(server, `GET /api/log-integrations/${integration.id}/deliveries`);
    const [delivery] = deliveryListSchema.parse(json).deliveries;
    expect(delivery).toMatchObject({ events: 1, status: '202', error: null, attempt: 1, replay: false });
  });

  test('sends history that the filter selects, and tells how far it is', async () => {
    const started = await call(server, `POST /api/log-integrations/${integration.id}/replay`, { from: '-1h' });
    expect(started.status).toBe(202);
    const progress = await eventually(async () => {
      const { replay } = await read(server, integration.id);
      return replay?.state === 'done' ? replay : undefined;
    });
    expect(progress).toMatchObject({ delivered: 2, total: 2, rejected: 0, error: null });
    expect(arrived('of-yore')).toHaveLength(1);
    expect(arrived('too-mild')).toHaveLength(0);
  });

  test('why tells what became of an event at each integration', async () => {
    const forwardedOf = async (word: string) => {
      const { json } = await call(server, `GET /api/logs?q=${word}`);
      const [event] = (json as { events: { event_id: string }[] }).events;
      const why = await call(server, `GET /api/logs/${event?.event_id}/why`);
      return whySchema.parse(why.json).forwarded;
    };
    const one = { integration_id: integration.id, name: 'n', type: 'datadog' };
    const delivered = await eventually(async () => {
      const [forwarded] = await forwardedOf('event-one');
      return forwarded?.state === 'delivered' ? forwarded : undefined;
    });
    expect(delivered).toEqual({ ...one, state: 'delivered', detail: null });
    expect(await forwardedOf('too-mild')).toEqual([
      { ...one, state: 'not_selected', detail: 'its filter leaves the event out' },
    ]);
    expect(await forwardedOf('of-yore')).toMatchObject([
      { state: 'not_selected', detail: expect.stringContaining('before there was') },
    ]);
    receiver.answer = () => ({ status: 400, body: '{}' });
    await call(server, 'POST /api/logs?ack=stored', [{ message: 'refuse-me', severity: 'error' }]);
    const refused = await eventually(async () => {
      const [forwarded] = await forwardedOf('refuse-me');
      return forwarded?.state === 'refused' ? forwarded : undefined;
    });
    expect(refused.detail).toContain('400');
    receiver.answer = () => ({ status: 202, body: '{}' });
  });

  test('takes another key from the next batch on', async () => {
    const path = `PUT /api/log-integrations/${integration.id}`;
    expect((await call(server, path, draft({ secrets: { api_key: 'the-second-key' } }))).status).toBe(200);
    expect((await forwards(server, 'event-three')).headers['dd-api-key']).toBe('the-second-key');
  });

  test('seals anew by `tailwater secrets rotate`, while it runs', async () => {
    const keysFile = join(dataDir, 'secret-keys');
    expect(statSync(keysFile).mode & 0o777).toBe(0o600);
    const before = readFileSync(keysFile, 'utf8');
    const env = { TAILWATER_URL: server.url, TAILWATER_API_KEY: ADMIN_KEY };
    const rotation = cliProcess(['secrets', 'rotate'], env);
    expect([await rotation.exit, rotation.stderr()]).toEqual([
      0,
      'The new key k2 seals now. Integrations sealed again: 1.\n',
    ]);
    expect(readFileSync(keysFile, 'utf8')).toContain(before.split('\n')[1]);
    expect((await forwards(server, 'event-four')).headers['dd-api-key']).toBe('the-second-key');
  });

  test('goes on after a kill, where it was, with the key that was sealed anew', async () => {
    await server.kill();
    server = await start(dataDir);
    expect((await forwards(server, 'event-two')).headers['dd-api-key']).toBe('the-second-key');
    expect(arrived('of-yore')).toHaveLength(1);
  });

  test('disables what answers 410, for good', async () => {
    receiver.answer = () => ({ status: 410 });
    await call(server, 'POST /api/logs', [{ message: 'event-five', severity: 'error' }]);
    const gone = await eventually(async () => {
      const now = await read(server, integration.id);
      return now.enabled ? undefined : now;
    });
    expect(gone.disabled_reason).toContain('410');
    receiver.answer = () => ({ status: 202, body: '{}' });
    const path = `DELETE /api/log-integrations/${integration.id}`;
    expect((await call(server, path)).status).toBe(204);
    expect((await call(server, path)).status).toBe(404);
  });
});

describe('LOG_DESTINATION', () => {
  test('forwards the events of the default org without a word to the API', async () => {
    const env = { LOG_DESTINATION: 'datadog', DD_API_KEY: 'key-of-the-environment', DD_LOGS_URL: receiver.url };
    const server = await start(tempDir(), env);
    expect((await forwards(server, 'from-environment')).headers['dd-api-key']).toBe('key-of-the-environment');
    const { integrations } = integrationListSchema.parse((await call(server, 'GET /api/log-integrations')).json);
    expect(integrations).toMatchObject([{ id: 'env-datadog', managed_by: 'environment', enabled: true }]);
    expect((await call(server, 'POST /api/log-integrations/env-datadog/disable')).status).toBe(409);
    await server.stop();
  });

  test('without its variables stops the start, and says which destination', async () => {
    const refused = start(tempDir(), { LOG_DESTINATION: 'datadog', DD_API_KEY: '' });
    await expect(refused).rejects.toThrow(/`datadog` needs variables that are not set/);
  });
});

describe('Vault', () => {
  test('keeps the credentials; without it the server starts and forwards all the same', async () => {
    const vault = new StrictVault();
    const env = {
      TAILWATER_SECRETS_VAULT_URL: await vault.listen(),
      TAILWATER_SECRETS_VAULT_MOUNT: 'kv',
      TAILWATER_SECRETS_VAULT_ROLE_ID: 'the-role',
      TAILWATER_SECRETS_VAULT_SECRET_ID: 'the-secret-id',
      TAILWATER_SECRETS_VAULT_REFRESH_INTERVAL_MS: '1s',
    };
    const dataDir = tempDir();
    let server = await start(dataDir, env);
    const { id } = await create(server);
    expect(vault.secrets.get(`log-integrations/${id}`)).toEqual([{ api_key: 'the-first-key' }]);
    vault.secrets.set(`log-integrations/${id}`, [{ api_key: 'rotated-in-vault' }]);
    let number = 0;
    await eventually(async () => {
      number += 1;
      const { headers } = await forwards(server, `vault-event-${number}.`);
      return headers['dd-api-key'] === 'rotated-in-vault' || undefined;
    });
    await server.stop();
    await vault.close();
    server = await start(dataDir, env);
    expect((await forwards(server, 'without-vault')).headers['dd-api-key']).toBe('rotated-in-vault');
    const change = draft({ secrets: { api_key: 'another-key' } });
    expect((await call(server, `PUT /api/log-integrations/${id}`, change)).status).toBe(503);
    for (const secret of ['the-secret-id', 'rotated-in-vault']) expect(server.stderr()).not.toContain(secret);
    await server.stop();
  });

  test('needs one way to log in', async () => {
    const refused = start(tempDir(), { TAILWATER_SECRETS_VAULT_URL: 'https://vault.invalid' });
    await expect(refused).rejects.toThrow(/secrets\.vault\.token/);
  });
});
