import { expect, test } from 'vitest';
import { request } from '../support/server.ts';
import { sharedServer } from '../support/shared-server.ts';

/** What is declared against what comes. */
const server = sharedServer();

const send = async (method: string, path: string, body: unknown) => {
  const headers = { 'content-type': 'application/json' };
  const response = await request(server, path, { method, headers, body: JSON.stringify(body) });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
const coverage = async (query = ''): Promise<Record<string, unknown>> =>
  (await (await request(server, `/api/coverage${query}`)).json()) as Record<string, unknown>;

const LOGIN = { log_type: 'auth', event_type: 'login_failed' };
const CONTRACT = {
  version: 1,
  owner: 'platform',
  events: [
    {
      ...LOGIN,
      owner: 'identity',
      severity: ['warn'],
      services: ['api'],
      requires: ['user_id'],
      metadata: {
        ip: { type: 'string', required: true, pii: true },
        attempt: { type: 'integer' },
        'odd,name:x%': { type: 'boolean' },
        method: { type: 'string', values: ['password', 'sso'] },
        tags: { type: 'array' },
        client: { type: 'object', required: true },
      },
    },
    { log_type: 'kb', event_type: 'upload' },
  ],
};
const GOOD = {
  ...{ ...LOGIN, severity: 'warn', service: 'api', user_id: 'u1', message: 'no' },
  metadata: { ip: '10.0.0.1', attempt: 2, 'odd,name:x%': true, method: 'sso', tags: ['a'], client: { name: 'x' } },
};

test('nothing is declared before a contract is set', async () => {
  expect((await request(server, '/api/event-contract')).status).toBe(404);
  expect(await coverage()).toMatchObject({ contract_set_at: null, seen: [], never_seen: [], violations: [] });
});

test('a contract with a fault is refused with its place', async () => {
  const refused = await send('PUT', '/api/event-contract', { version: 1, events: [{ ...LOGIN, severity: ['loud'] }] });
  expect(refused).toMatchObject({ status: 400, body: { error: { code: 'invalid_body' } } });
  expect(JSON.stringify(refused.body)).toContain('severity');
});

test('declared, never seen, undeclared and violating, each with its numbers', async () => {
  expect((await send('PUT', '/api/event-contract', CONTRACT)).status).toBe(200);
  const bad = {
    ...{ ...LOGIN, severity: 'error', service: 'cron', message: 'bad' },
    metadata: { attempt: 1.5, 'odd,name:x%': 'yes', method: 'carrier pigeon', tags: '[no', client: 'none' },
  };
  const other = { log_type: 'auth', event_type: 'mystery', service: 'api', message: 'who' };
  await send('POST', '/api/logs?ack=stored', [GOOD, GOOD, other]);
  await send('POST', '/api/logs?ack=stored', bad);
  const covered = await coverage();
  expect(covered).toMatchObject({
    seen: [
      {
        ...LOGIN,
        owner: 'identity',
        events: 3,
        services: [
          { service: 'api', events: 2 },
          { service: 'cron', events: 1 },
        ],
      },
    ],
    never_seen: [{ log_type: 'kb', event_type: 'upload', owner: 'platform' }],
  });
  expect(covered.undeclared).toEqual(
    expect.arrayContaining([expect.objectContaining({ log_type: 'auth', event_type: 'mystery', events: 1 })]),
  );
  const violations = covered.violations as {
    attribute: string;
    problem: string;
    events: number;
    service: string;
    example_event_id: string;
  }[];
  expect(
    violations.map(({ attribute, problem, events, service }) => [service, attribute, problem, events]).sort(),
  ).toEqual(
    [
      ['cron', 'metadata.attempt', 'is no integer', 1],
      ['cron', 'metadata.client', 'is no object', 1],
      ['cron', 'metadata.ip', 'is missing', 1],
      ['cron', 'metadata.method', 'has a value that is not listed', 1],
      ['cron', 'metadata.odd,name:x%', 'is no boolean', 1],
      ['cron', 'metadata.tags', 'is no array', 1],
      ['cron', 'service', 'is none of api', 1],
      ['cron', 'severity', 'is none of warn', 1],
      ['cron', 'user_id', 'is missing', 1],
    ].sort(),
  );
  const example = await request(server, `/api/logs/${violations[0]?.example_event_id}`);
  expect(await example.json()).toMatchObject({ message: 'bad', service: 'cron' });
  expect(await coverage('?service=api')).toMatchObject({ violations: [] });
});
