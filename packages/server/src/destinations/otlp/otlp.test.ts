import type { Attribute, Event } from '@tailwater/schema';
import { expect, test } from 'vitest';
import { batchOf, encoded, loopbackEgress, sampleEvent } from '../../../test/support/destination-events.ts';
import { openOtlpVendor } from '../../../test/support/vendors/otlp.ts';
import { partialSuccess, readRequest, statusWithRetry } from '../../../test/support/vendors/otlp-request.ts';
import { readPartialSuccess, retryDelayMs } from './answer.ts';
import { exportRequest } from './encode.ts';
import { failureOfStatus } from './grpc.ts';
import { readHeaders } from './headers.ts';
import { otlp } from './index.ts';

const config = otlp.config.parse({ url: 'http://a' });
const read = (...events: Event[]) => readRequest(exportRequest(events.map((event) => encoded(otlp, event, config))));
const value = (kind: Attribute['kind'], text: string) =>
  read(sampleEvent(1, { attributes: { x: { kind, text } } }))[0]!.attributes.x;

test('an event becomes a LogRecord with all that it is', () => {
  const event = sampleEvent(7);
  expect(read(event)).toEqual([
    {
      resource: {
        region: 'north',
        tier: 'web',
        'service.name': 'shop',
        'host.name': 'box-1',
        'tailwater.org_id': 'acme',
      },
      scope: 'http',
      timeUnixNano: event.timestampNs,
      observedUnixNano: BigInt(event.receivedAtMs) * 1_000_000n,
      ...{ severityNumber: 13, severityText: 'warn', body: event.message, eventName: 'gateway.request' },
      ...{ traceId: event.traceId, spanId: event.spanId },
      attributes: {
        'log.record.uid': event.eventId,
        'tailwater.client_event_id': 'client-7',
        'tailwater.receiver': 'ndjson',
        'user.id': 'u-1',
        ...{ log_type: 'gateway', resource_id: 'r-1', resource_type: 'model', action: 'request', request_id: 'req-1' },
        ...{ duration_ms: 12.5, cost: 0.25, price: 1.5, big: '123456789012345678901234567890', ok: true },
        ...{ tags: ['a', { b: 1n }], 'http.status_code': 200n, note: 'two\nlines, comma' },
      },
    },
  ]);
});

test('events of one resource and scope are put together, in their order', () => {
  const events = [0, 1, 2, 3, 4].map((i) => sampleEvent(i, { service: i % 2 === 0 ? 'even' : 'odd' }));
  const bodies = read(...events).map(({ resource, body }) => [resource['service.name'], body]);
  expect(bodies).toEqual([0, 2, 4, 1, 3].map((i) => [i % 2 === 0 ? 'even' : 'odd', events[i]!.message]));
});

test.each([
  ['9223372036854775807', 9223372036854775807n],
  ['-9223372036854775807', -9223372036854775807n],
  ['9223372036854775808', '9223372036854775808'],
  ['-0', -0],
  ['1e3', 1000],
  ['0.123456789012345', 0.123456789012345],
  ['0.1234567890123456789', '0.1234567890123456789'],
  ['1e999', '1e999'],
  ['+1', '+1'],
])('the number %s goes out without a change', (text, expected) => {
  expect(value('number', text)).toStrictEqual(expected);
});

test('JSON keeps its digits and shape, and text that is none stays text', () => {
  expect(value('json', '{"a":{"b":[1,null,18446744073709551615]},"c":"x"}')).toEqual({
    a: { b: [1n, null, '18446744073709551615'] },
    c: 'x',
  });
  expect(value('json', '{"a":')).toBe('{"a":');
  const deep = `${'['.repeat(60)}1${']'.repeat(60)}`;
  expect(value('json', deep)).toBe(deep);
  expect(value('bool', 'maybe')).toBe('maybe');
});

test('ids that are none, and names that are taken', () => {
  const [found] = read(
    sampleEvent(1, { traceId: 'abc', spanId: '', attributes: { 'user.id': { kind: 'string', text: 'other' } } }),
  );
  expect(found).toMatchObject({
    traceId: '',
    spanId: '',
    attributes: { trace_id: 'abc', 'user.id': 'u-1', 'attributes.user.id': 'other' },
  });
});

test('a partial success is a search for those at fault, unless it is to be accepted', async () => {
  const vendor = await openOtlpVendor();
  const egress = loopbackEgress();
  const events = [sampleEvent(0), vendor.poison!(sampleEvent(1)), sampleEvent(2)];
  const deliver = async (settings: object, some = events) => {
    const own = otlp.config.parse({ ...(vendor.settings.config as object), ...settings });
    const destination = otlp.open({ config: own, secrets: vendor.settings.secrets }, { egress });
    return destination.deliver(batchOf(otlp, some, own), new AbortController().signal);
  };
  await expect(deliver({})).rejects.toMatchObject({
    code: 'destination_rejected',
    message: expect.stringMatching(/1 of 3 .* no too.many, \*\*\*/),
  });
  expect(await deliver({}, [events[1]!])).toMatchObject({ rejected: [{ index: 0, reason: 'no too.many, ***' }] });
  expect(await deliver({ partial_success: 'accept' })).toMatchObject({
    rejected: [],
    status: expect.stringMatching(/^200, 1 of 3/),
  });
  await egress.close();
  await vendor.close();
});

test('answers are read, and broken ones are none', () => {
  expect(readPartialSuccess(partialSuccess(3, 'why'))).toEqual({ rejected: 3, message: 'why' });
  for (const broken of ['', 'ff', '0aff', '0a0208']) {
    expect(readPartialSuccess(Buffer.from(broken, 'hex')).rejected).toBe(0);
  }
  expect(retryDelayMs(statusWithRetry(14, 'busy', 7))).toBe(7000);
  expect(retryDelayMs(Buffer.alloc(0))).toBeNull();
});

test.each([
  [16, 'no key', null, 'destination_unauthorized'],
  [7, 'no scope', null, 'destination_unauthorized'],
  [3, 'bad', null, 'destination_rejected'],
  [8, 'message larger than max (5 vs. 4)', null, 'payload_too_large'],
  [8, 'quota', null, 'destination_unavailable'],
  [8, 'larger than max', 7000, 'destination_unavailable'],
  [12, 'unknown service', null, 'destination_unavailable'],
  [13, 'bug', null, 'destination_unavailable'],
  [14, 'down', 2000, 'destination_unavailable'],
])('gRPC status %i (%s, %s ms) is %s', (status, message, delayMs, code) => {
  const failure = failureOfStatus(status, message, delayMs, (text) => text);
  expect(failure).toMatchObject({ code, ...(delayMs !== null && { retryAfterMs: delayMs }) });
});

test('secret headers are pairs, percent-encoded, of lines or with commas', () => {
  expect(readHeaders('Authorization=Bearer%20a=b, x-key = 1\nx-other=50%\n')).toEqual({
    authorization: 'Bearer a=b',
    'x-key': '1',
    'x-other': '50%',
  });
  for (const bad of ['secretkey', 'a b=c', 'x=gr\u00f6\u00dfe']) {
    expect(() => readHeaders(bad)).toThrow(
      expect.objectContaining({ code: 'destination_unauthorized', field: 'headers' }),
    );
  }
});

test('the usual environment variables', () => {
  const own = { OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: 'https://a/v1/logs', OTEL_EXPORTER_OTLP_LOGS_HEADERS: 'k=v' };
  const common = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://b:4317', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' };
  expect(otlp.fromEnvironment({ ...own, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://b' })).toMatchObject({
    config: { url: 'https://a/v1/logs', protocol: 'http/protobuf', compression: 'gzip' },
    secrets: { headers: 'k=v' },
  });
  expect(otlp.fromEnvironment(common)).toMatchObject({
    config: { url: 'http://b:4317', protocol: 'grpc' },
    secrets: {},
  });
  expect(() => otlp.config.parse({ url: 'http://a', protocol: 'grpc', proxy: 'http://p' })).toThrow(/no HTTP proxy/);
});
