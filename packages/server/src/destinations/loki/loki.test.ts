import { gunzipSync } from 'node:zlib';
import type { Event } from '@tailwater/schema';
import { expect, test } from 'vitest';
import { encoded, sampleEvent } from '../../../test/support/destination-events.ts';
import { loki } from './index.ts';
import { pushBody } from './push.ts';
import { readRefused } from './refused.ts';

const configOf = (settings: object = {}) => loki.config.parse({ url: 'http://a', ...settings });
interface Push {
  streams: { stream: Record<string, string>; values: [string, string, Record<string, string>?][] }[];
}
const pushOf = async (events: readonly Event[], settings: object = {}): Promise<Push> => {
  const config = configOf(settings);
  const { body, headers } = await pushBody(
    events.map((event) => encoded(loki, event, config)),
    'json',
  );
  return JSON.parse((headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString()) as Push;
};

test('few labels, all else in structured metadata', async () => {
  const event = sampleEvent(3);
  const { streams } = await pushOf([event]);
  expect(streams).toEqual([
    {
      stream: { service_name: 'shop', log_type: 'gateway', severity: 'warn' },
      values: [[String(event.timestampNs), event.message, expect.anything()]],
    },
  ]);
  expect(streams[0]!.values[0]![2]).toEqual({
    ...{ host: 'box-1', event_type: 'gateway.request', logger: 'http', action: 'request', resource_type: 'model' },
    ...{ org_id: 'acme', event_id: event.eventId, client_event_id: 'client-3', severity_number: '13', user_id: 'u-1' },
    ...{ resource_id: 'r-1', trace_id: event.traceId, span_id: event.spanId, request_id: 'req-1', duration_ms: '12.5' },
    ...{ cost: '0.25', receiver: 'ndjson', price: '1.50', big: '123456789012345678901234567890', ok: 'true' },
    ...{ tags: '["a",{"b":1}]', http_status_code: '200', note: 'two\nlines, comma', region: 'north', tier: 'web' },
  });
});

test('labels by choice; each stream is there once, its entries in their order', async () => {
  const events = [0, 1, 2].map((i) => sampleEvent(i, { host: `box-${i % 2}`, service: '' }));
  const { streams } = await pushOf(events, {
    ...{ labels: ['host', 'service_name'], event_labels: ['region', 'none'], static_labels: { env: 'prod' } },
    line: 'json',
  });
  expect(streams.map(({ stream }) => stream)).toEqual([
    { env: 'prod', host: 'box-0', region: 'north' },
    { env: 'prod', host: 'box-1', region: 'north' },
  ]);
  const ids = streams.map(({ values }) =>
    values.map(([, line]) => (JSON.parse(line) as { event_id: string }).event_id),
  );
  expect(ids).toEqual([[events[0]!.eventId, events[2]!.eventId], [events[1]!.eventId]]);
  expect(streams[0]!.values[0]!.length).toBe(2);
});

test('a stream has a label, and not more than Loki takes', async () => {
  const { streams } = await pushOf([sampleEvent(1, { service: '' })], { labels: ['service_name'] });
  expect(streams[0]!.stream).toEqual({ service_name: 'unknown_service' });
  const many = Object.fromEntries(Array.from({ length: 13 }, (_, i) => [`l${i}`, 'x']));
  expect(() => configOf({ static_labels: many })).toThrow(/at most 15/);
  expect(() => configOf({ labels: [] })).toThrow(/one label/);
});

test('metadata stays within the limits, and says what was left out', async () => {
  const attributes = Object.fromEntries(
    Array.from(
      { length: 200 },
      (_, i) => [`a.${i}`, { kind: 'string', text: 'x'.repeat(i === 0 ? 70_000 : 5) }] as const,
    ),
  );
  const { streams } = await pushOf([sampleEvent(1, { attributes, message: 'ß'.repeat(200_000) })]);
  const [, line, metadata = {}] = streams[0]!.values[0]!;
  const pairs = Object.entries(metadata);
  expect(Buffer.byteLength(line)).toBeLessThanOrEqual(256 * 1024);
  expect(pairs.length).toBeLessThanOrEqual(128);
  expect(pairs.reduce((sum, pair) => sum + Buffer.byteLength(pair.join('')), 0)).toBeLessThanOrEqual(65_536);
  expect(metadata.a_0).toMatch(/x…\[cut\]$/);
  expect(Number(metadata.attributes_left_out)).toBeGreaterThan(100);
});

test('names that are one to Loki are told apart', async () => {
  const attributes = {
    'a.b': { kind: 'string', text: '1' },
    a_b: { kind: 'string', text: '2' },
    '9': { kind: 'string', text: '3' },
  } as const;
  const { streams } = await pushOf([sampleEvent(1, { attributes })]);
  expect(streams[0]!.values[0]![2]).toMatchObject({ a_b: '1', a_b_2: '2', _9: '3' });
});

test('entries that a 400 is about', () => {
  const at = (iso: string, service = 'shop') =>
    encoded(loki, sampleEvent(1, { service, timestampNs: BigInt(Date.parse(iso)) * 1_000_000n }), configOf());
  const events = [
    at('2026-11-13T10:00:00.500Z'),
    at('2026-11-21T10:00:00Z'),
    at('2026-11-21T08:00:00Z'),
    at('2026-11-21T08:00:00Z', 'other'),
    at('2026-11-21T12:00:00.900Z'),
  ];
  const indices = (text: string) => readRefused(text, events).map(({ index }) => index);
  const stream = '{log_type="gateway", service_name="shop", severity="warn"}';
  const old = `entry for stream '${stream}' has timestamp too old: 2026-11-13T10:00:00Z, oldest acceptable timestamp is: 2026-11-14T10:00:00Z`;
  const young = `entry for stream '${stream}' has timestamp too new: 2026-11-21T12:00:00Z`;
  const behind = `entry with timestamp 2026-11-21 08:00:00 +0000 UTC ignored, reason: 'entry too far behind, entry timestamp is: 2026-11-21T08:00:00Z, oldest acceptable timestamp is: 2026-11-21T09:00:00Z',\nuser 'acme', total ignored: 1 out of 4 for stream: ${stream}`;
  expect(indices(old)).toEqual([0]);
  expect(indices(`1 errors like: ${old}; 1 errors like: ${young}`)).toEqual([0, 4]);
  // Of the same time in another stream, nothing was said.
  expect(indices(behind)).toEqual([0, 2]);
  expect(indices('error parsing labels')).toEqual([]);
});

test('the usual environment variables', () => {
  const environment = {
    LOKI_URL: 'https://l/loki/api/v1/push',
    LOKI_USERNAME: '12',
    LOKI_PASSWORD: 'p',
    LOKI_TENANT_ID: 't',
  };
  expect(loki.fromEnvironment(environment)).toMatchObject({
    config: { url: 'https://l', username: '12', tenant: 't' },
    secrets: { password: 'p' },
  });
});
