import { afterEach, beforeEach, expect, test } from 'vitest';
import { batchOf, loopbackEgress, sampleEvent } from '../../../test/support/destination-events.ts';
import { openGcpLoggingVendor } from '../../../test/support/vendors/gcp-logging.ts';
import { openHttpVendor } from '../../../test/support/vendors/http-vendor.ts';
import type { Egress } from '../../runtime/egress/egress.ts';
import type { TestStep } from '../destination.ts';
import { logSeverity } from './entry.ts';
import { gcpLogging } from './index.ts';

const { signal } = new AbortController();

let vendor: Awaited<ReturnType<typeof openGcpLoggingVendor>>;
let egress: Egress;
beforeEach(async () => {
  vendor = await openGcpLoggingVendor();
  egress = loopbackEgress();
});
afterEach(async () => {
  await egress.close();
  await vendor.close();
});

const configOf = (more: object = {}) => gcpLogging.config.parse({ ...(vendor.settings.config as object), ...more });
const open = (more: object = {}) =>
  gcpLogging.open({ config: configOf(more), secrets: vendor.settings.secrets }, { egress });
const entryOf = (event: Parameters<typeof gcpLogging.encode>[0], more: object = {}) =>
  JSON.parse(Buffer.from(gcpLogging.encode(event, configOf(more))).toString()) as Record<string, unknown>;

test.each([
  ...[
    [0, 'DEFAULT'],
    [1, 'DEBUG'],
    [8, 'DEBUG'],
    [9, 'INFO'],
    [10, 'NOTICE'],
    [12, 'NOTICE'],
    [13, 'WARNING'],
  ],
  ...[
    [17, 'ERROR'],
    [20, 'ERROR'],
    [21, 'CRITICAL'],
    [22, 'ALERT'],
    [23, 'EMERGENCY'],
    [24, 'EMERGENCY'],
    [25, 'DEFAULT'],
  ],
] as const)('severity %i is %s', (number, name) => {
  expect(logSeverity(number)).toBe(name);
});

test('an entry has the id, trace and labels of its event', () => {
  const event = sampleEvent(7, { timestampNs: 1_795_255_200_123_456_789n });
  expect(entryOf(event, { labels: { tier: 'ours' } })).toEqual({
    ...{ timestamp: '2026-11-21T10:00:00.123456789Z', severity: 'WARNING', insertId: event.eventId },
    ...{ trace: `projects/acme-logs/traces/${event.traceId}`, spanId: event.spanId },
    labels: { region: 'north', tier: 'ours' },
    jsonPayload: expect.objectContaining({ message: event.message, service: 'shop' }),
  });
  const plain = entryOf(sampleEvent(7, { traceId: 'no-trace', labels: {} }));
  expect(Object.keys(plain)).toEqual(['timestamp', 'severity', 'insertId', 'jsonPayload']);
});

test('of many labels, as many as Logging takes', () => {
  const labels = Object.fromEntries(
    Array.from({ length: 80 }, (_, i) => [`${i} ${'k'.repeat(600)}`, 'v'.repeat(70_000 / 80)]),
  );
  const { labels: kept } = entryOf(sampleEvent(1, { labels })) as { labels: object };
  expect(Object.keys(kept)).toHaveLength(64);
  expect(Object.keys(kept).every((name) => Buffer.byteLength(name) <= 512)).toBe(true);
});

test('the marked event is tried dry before it is written', async () => {
  const config = configOf();
  await open().test(batchOf(gcpLogging, [sampleEvent(0)], config).events[0]!, () => {}, signal);
  expect(vendor.writes.map(({ dryRun, entries }) => [dryRun, entries.length])).toEqual([
    [true, 0],
    [undefined, 1],
  ]);
});

test('entries that may be taken later come again, those at fault do not', async () => {
  const failures = {
    0: { code: 3, message: 'bad' },
    2: { code: 8, message: 'quota' },
    9: { code: 3, message: 'not ours' },
  };
  const type = 'type.googleapis.com/google.logging.v2.WriteLogEntriesPartialErrors';
  const details = [
    { '@type': 'type.googleapis.com/google.rpc.DebugInfo' },
    { '@type': type, logEntryErrors: failures },
  ];
  const server = await openHttpVendor({
    handle: (request) => {
      if (request.path === '/token') return vendor.account.takeAssertion(request);
      return { status: 429, body: { error: { code: 429, message: 'some', status: 'RESOURCE_EXHAUSTED', details } } };
    },
  });
  const secrets = { service_account_key: vendor.account.keyFile(server.origin) };
  const config = configOf({ endpoint: server.origin });
  const events = [0, 1, 2].map((number) => sampleEvent(number));
  const result = await gcpLogging
    .open({ config, secrets }, { egress })
    .deliver(batchOf(gcpLogging, events, config), signal);
  await server.close();
  expect(result).toMatchObject({ rejected: [{ index: 0, reason: 'bad' }], again: [{ index: 2, reason: 'quota' }] });
});

test.each([
  [403, 'PERMISSION_DENIED', "Permission 'logging.logEntries.create' denied", 'service_account_key', 'Logs Writer'],
  [403, 'PERMISSION_DENIED', 'Cloud Logging API has not been used in project 4711', 'project', 'Enable'],
  [404, 'NOT_FOUND', 'Requested entity was not found.', 'project', 'no project'],
  [400, 'INVALID_ARGUMENT', 'Unknown resource type', 'resource_type', 'resource type'],
])('%i %s %s: %s, %s', async (status, name, message, field, advice) => {
  const server = await openHttpVendor({
    handle: (request) =>
      request.path === '/token'
        ? vendor.account.takeAssertion(request)
        : { status, body: { error: { code: status, message, status: name } } },
  });
  const secrets = { service_account_key: vendor.account.keyFile(server.origin) };
  const config = configOf({ endpoint: server.origin });
  const steps: TestStep[] = [];
  const [marked] = batchOf(gcpLogging, [sampleEvent(0)], config).events;
  await gcpLogging.open({ config, secrets }, { egress }).test(marked!, (step) => steps.push(step), signal);
  await server.close();
  expect(steps.at(-1)).toMatchObject({ ok: false, field, advice: expect.stringContaining(advice) });
});

test('settings of the environment', () => {
  const key = vendor.account.keyFile('https://oauth2.googleapis.com');
  expect(gcpLogging.fromEnvironment({ GOOGLE_APPLICATION_CREDENTIALS_JSON: key })).toMatchObject({
    config: { project: 'acme-logs', log_id: 'tailwater' },
    secrets: { service_account_key: key },
  });
  const other = { GOOGLE_APPLICATION_CREDENTIALS_JSON: key, GOOGLE_CLOUD_PROJECT: 'other-project' };
  expect(gcpLogging.fromEnvironment(other)).toMatchObject({ config: { project: 'other-project' } });
});
