import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { integrationSchema, integrationTypesSchema, testOutcomeSchema } from '../../src/api/wire/log-integrations.ts';
import { type HttpReceiver, httpReceiver } from '../support/http-receiver.ts';
import { ADMIN_KEY, eventually, removeTempDirs, request, type SpawnedServer, spawnServer } from '../support/server.ts';

/**
 * A secret in every secret field of every type of destination, each one unique, through all that the API does with it, in
 * a server that runs: none comes out of it but to the destination.
 */
const TYPE_NAMES = z.array(z.string());
let server: SpawnedServer;
let receiver: HttpReceiver;
let types: z.output<typeof integrationTypesSchema>['types'];
const secrets: string[] = [];
const seen: { where: string; text: string }[] = [];

/** Long lines, so that it is also found where text was cut or wrapped. */
function newSecret(multiline = false): string {
  const line = () => `s3cr3t${randomBytes(18).toString('hex')}`;
  const made = multiline ? `${line()}\n${line()}` : line();
  secrets.push(...made.split('\n'));
  return made;
}

async function call(line: string, body?: object): Promise<{ status: number; text: string }> {
  const [method, path] = line.split(' ') as [string, string];
  const headers = { 'content-type': 'application/json' };
  const response = await request(server, path, {
    method,
    ...(body === undefined ? {} : { headers, body: JSON.stringify(body) }),
  });
  const text = await response.text();
  seen.push({ where: line, text: JSON.stringify(Object.fromEntries(response.headers)) + text });
  return { status: response.status, text };
}

beforeAll(async () => {
  receiver = await httpReceiver();
  const env = {
    TAILWATER_EGRESS_ALLOW: `127.0.0.1:${receiver.port}`,
    TAILWATER_LOG_LEVEL: 'debug',
    LOG_DESTINATION: 'datadog',
    DD_API_KEY: newSecret(),
    DD_LOGS_URL: receiver.url,
  };
  server = await spawnServer({ env });
  types = integrationTypesSchema.parse(JSON.parse((await call('GET /api/log-integrations/types')).text)).types;
});
afterAll(async () => {
  await server?.stop();
  await receiver?.close();
  removeTempDirs();
});

/** Values that the JSON Schema of a type's settings asks for, every address the receiver's. */
function configFor(schema: Record<string, unknown>): Record<string, unknown> {
  const properties = (schema.properties ?? {}) as Record<string, Record<string, unknown>>;
  const required = TYPE_NAMES.parse(schema.required ?? []);
  const addresses = Object.keys(properties).filter((name) => /^(url|endpoint|host|port)$/.test(name));
  const wanted = new Set([...required, ...addresses]);
  return Object.fromEntries([...wanted].map((name) => [name, valueFor(name, properties[name]!)]));
}

function valueFor(name: string, schema: Record<string, unknown>): unknown {
  const known: Record<string, unknown> = {
    region: 'eu-central-1',
    tenant_id: '11111111-2222-4333-8444-555555555555',
    client_id: '11111111-2222-4333-8444-555555555555',
    rule_id: 'dcr-0123456789abcdef0123456789abcdef',
    dcr_id: 'dcr-0123456789abcdef0123456789abcdef',
    stream: 'Custom-Events_CL',
    host: '127.0.0.1',
    port: receiver.port,
    project_id: 'a-project-1',
    project: 'a-project-1',
    brokers: [`127.0.0.1:${receiver.port}`],
    index: 'events',
  };
  if (name in known) return known[name];
  if (/url|endpoint/.test(name)) return receiver.url;
  if (Array.isArray(schema.enum)) return schema.enum[0];
  if (schema.type === 'integer' || schema.type === 'number') return 1;
  return 'abcdefgh';
}

async function exercise(type: (typeof types)[number]): Promise<string | null> {
  const config = configFor(type.config_schema);
  const given = Object.fromEntries(type.secrets.map(({ name, multiline }) => [name, newSecret(multiline)]));
  const draft = { name: type.type, type: type.type, config, secrets: given };
  await call('POST /api/log-integrations/test', draft);
  // In the wrong place, with the wrong name, of the wrong type: what is refused is not shown either.
  const [first] = Object.entries(given);
  if (first !== undefined) {
    await call('POST /api/log-integrations', { ...draft, config: { ...config, [first[0]]: first[1] } });
    await call('POST /api/log-integrations', { ...draft, secrets: { ...given, unknown: newSecret() } });
    await call('POST /api/log-integrations', { ...draft, secrets: { ...given, [first[0]]: [newSecret()] } });
    await call('POST /api/log-integrations', { ...draft, type: 'unknown' });
  }
  const made = await call('POST /api/log-integrations', draft);
  if (made.status !== 201) return made.text;
  const { id } = integrationSchema.parse(JSON.parse(made.text));
  const path = `/api/log-integrations/${id}`;
  for (const status of [202, 403, 500]) {
    // A destination that answers with all that it was sent.
    receiver.answer = (received) => ({
      status,
      body: JSON.stringify({
        error: received.line + JSON.stringify(received.headers) + received.body.toString('latin1'),
      }),
    });
    testOutcomeSchema.parse(JSON.parse((await call(`POST ${path}/test`)).text));
  }
  await call(`PUT ${path}`, { ...draft, name: `${type.type} again`, secrets: {} });
  await call(`POST ${path}/disable`);
  await call(`POST ${path}/enable`);
  await call('POST /api/logs', [{ message: `to ${type.type}`, severity: 'error' }]);
  await call(`POST ${path}/replay`, { from: '-1h' });
  return null;
}

describe('secrets of integrations', () => {
  test('of every type are taken and used', async () => {
    const refused: string[] = [];
    for (const type of types) {
      const reason = await exercise(type);
      if (reason !== null) refused.push(`${type.type}: ${reason}`);
    }
    expect(refused).toEqual([]);
    await eventually(async () => (receiver.received.length > types.length ? true : undefined));
  });

  test('are nowhere but at the destination', async () => {
    // Deliveries fail by now, and the destination repeats all that it was sent.
    await eventually(async () => {
      const { integrations } = JSON.parse((await call('GET /api/log-integrations')).text) as {
        integrations: { status: { last_error: unknown } }[];
      };
      return integrations.some(({ status }) => status.last_error !== null) || undefined;
    });
    const { integrations } = JSON.parse((await call('GET /api/log-integrations')).text) as {
      integrations: { id: string }[];
    };
    for (const { id } of integrations) {
      await call(`GET /api/log-integrations/${id}`);
      await call(`GET /api/log-integrations/${id}/deliveries`);
    }
    for (const line of ['GET /metrics', 'GET /api/openapi.json', 'GET /api/dead-letters', 'GET /readyz'])
      await call(line);
    await call('POST /api/secrets/rotate');
    const received = receiver.received.map(
      (each) => each.line + JSON.stringify(each.headers) + each.body.toString('latin1'),
    );
    expect(secrets.some((secret) => received.some((text) => text.includes(secret)))).toBe(true);
    await server.stop();
    const files = readdirSync(server.dataDir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    expect(files.some((path) => path.endsWith('control.sqlite'))).toBe(true);
    const kept = files.map((path) => ({
      where: path.slice(server.dataDir.length),
      text: readFileSync(path, 'latin1'),
    }));
    const searched = [...seen, { where: 'stderr', text: server.stderr() }, ...kept];
    const found = searched.flatMap(({ where, text }) =>
      secrets.flatMap((secret) => (holds(text, secret) ? [where] : [])),
    );
    expect([...new Set(found)]).toEqual([]);
    // Some of it was there to be found: what the destination repeated is told without the secrets.
    expect(seen.filter(({ text }) => text.includes('***')).length).toBeGreaterThan(types.length);
    expect(searched.some(({ text }) => text.includes(ADMIN_KEY))).toBe(false);
  });
});

/** As it is, in Base64 (whatever stands before it), percent-encoded it is the same; and half of it is too much already. */
function holds(text: string, secret: string): boolean {
  const half = secret.slice(0, 24);
  if (text.includes(half)) return true;
  return [0, 1, 2].some((shift) => {
    const base64 = Buffer.from(' '.repeat(shift) + half).toString('base64');
    return (
      text.includes(base64.slice(shift + 1, -4)) ||
      text.includes(
        base64
          .slice(shift + 1, -4)
          .replaceAll('+', '-')
          .replaceAll('/', '_'),
      )
    );
  });
}
