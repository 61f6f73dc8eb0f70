import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { StoredEvent } from '../query/events-sql.ts';
import { renderEvent } from './render-event.ts';

const EVENT: StoredEvent = {
  orgId: 'acme',
  eventId: '0001000000000002000003',
  clientEventId: '',
  timestampNs: 1_700_000_000_123_456_789n,
  receivedAtMs: 1_700_000_000_200,
  receiver: 'ndjson',
  logType: 'auth',
  eventType: 'login_failed',
  severity: 'error',
  severityNumber: 17,
  message: 'say "hi"\n\u2028\ud800',
  service: 'api',
  host: '',
  logger: '',
  userId: 'u1',
  resourceId: '',
  resourceType: '',
  action: '',
  traceId: 'abc',
  spanId: '',
  requestId: '',
  durationMs: 1.5,
  cost: null,
  attributes: {},
  labels: { app: 'shop' },
};

const metadata = (attributes: StoredEvent['attributes']) => {
  const text = renderEvent({ ...EVENT, attributes });
  JSON.parse(text);
  return /"metadata":(\{.*\}),"labels"/s.exec(text)![1];
};

test('every field is there under its name', () => {
  expect(JSON.parse(renderEvent(EVENT))).toEqual({
    event_id: '0001000000000002000003',
    timestamp: '2023-11-14T22:13:20.123456789Z',
    received_at: '2023-11-14T22:13:20.200Z',
    log_type: 'auth',
    event_type: 'login_failed',
    severity: 'error',
    severity_number: 17,
    message: 'say "hi"\n\u2028\ud800',
    service: 'api',
    host: '',
    logger: '',
    user_id: 'u1',
    resource_id: '',
    resource_type: '',
    action: '',
    trace_id: 'abc',
    span_id: '',
    request_id: '',
    duration_ms: 1.5,
    cost: null,
    metadata: {},
    labels: { app: 'shop' },
    receiver: 'ndjson',
    client_event_id: '',
    org_id: 'acme',
  });
});

test.each([
  ['number', '1.50', '1.50'],
  ['number', '12345678901234567890123', '12345678901234567890123'],
  ['number', '-0', '-0'],
  ['number', '1E+400', '1E+400'],
  ['number', '007', '"007"'],
  ['number', '+1', '"+1"'],
  ['number', 'NaN', '"NaN"'],
  ['number', '0x10', '"0x10"'],
  ['bool', 'true', 'true'],
  ['bool', 'yes', '"yes"'],
  ['json', '[1, {"a":1.0}]', '[1, {"a":1.0}]'],
  ['json', '[1,\n2]', '[1,2]'],
  ['json', '{"a":', '"{\\"a\\":"'],
  ['json', '', '""'],
  ['string', '1', '"1"'],
] as const)('a %s of text %j goes out as %s', (kind, text, expected) => {
  expect(metadata({ 'a.b"': { kind, text } })).toBe(`{"a.b\\"":${expected}}`);
});

test('a time that has no number in JSON goes out as null', () => {
  expect(JSON.parse(renderEvent({ ...EVENT, durationMs: Number.NaN })).duration_ms).toBeNull();
});

test('any event is one line of JSON', () => {
  const text = fc.string({ unit: 'binary' });
  const kind = fc.constantFrom('string', 'number', 'bool', 'json');
  fc.assert(
    fc.property(
      text,
      fc.array(fc.tuple(text, fc.record({ kind, text: fc.oneof(text, fc.json()) }))),
      (message, list) => {
        const attributes = Object.assign(Object.create(null), Object.fromEntries(list));
        const line = renderEvent({ ...EVENT, message, attributes, service: message });
        expect(line).not.toMatch(/[\n\r]/);
        expect(Object.keys(JSON.parse(line).metadata).sort()).toEqual(Object.keys(attributes).sort());
      },
    ),
  );
});
