import { expect, test } from 'vitest';
import { PermanentError, RetryableError } from '../../runtime/errors.ts';
import type { IngestOutcome, Receipt, RequestHead } from '../receiver.ts';
import { newBatch, storedEvents } from '../util/test-batch.ts';
import { otlp } from './index.ts';

const [otlpRoute, lokiRoute] = otlp.routes;
const head = (contentType?: string, path = '/v1/logs'): RequestHead => ({
  ...{ method: 'POST', path, query: new URLSearchParams(), params: {} },
  headers: { 'content-type': contentType },
});
const PROTOBUF = 'application/x-protobuf';
const JSON_TYPE = 'application/json';
const TYPES = [PROTOBUF, JSON_TYPE];
const accepted = (receipt: Partial<Receipt> = {}): IngestOutcome => ({
  ...{ kind: 'accepted', orgId: 'acme', requestId: 'r1' },
  receipt: { accepted: 1, rejectedCount: 0, rejections: [], position: 1, ...receipt },
});
const failed = (error: PermanentError | RetryableError): IngestOutcome => ({
  kind: 'failed',
  error,
  orgId: 'acme',
  requestId: 'r1',
});
const bytes = (...parts: (string | number)[]) =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.of(part))));

test('the paths', () => {
  expect(otlp.routes.map(({ path }) => path)).toEqual(['/v1/logs', '/otlp/v1/logs', '/insert/opentelemetry/v1/logs']);
  expect(otlpRoute.encodings('protobuf')).toEqual(['identity', 'gzip', 'deflate', 'zstd', 'snappy']);
});

test.each([
  ['application/x-protobuf', 'protobuf'],
  ['Application/X-Protobuf; proto=x', 'protobuf'],
  ['application/json', 'json'],
  ['application/json; charset=utf-8', 'json'],
])('%s is read as %s', (contentType, format) => {
  expect(otlpRoute.format(head(contentType))).toBe(format);
});

test.each([undefined, '', 'text/plain', 'application/grpc', 'application/jsonl'])('%s is no type of OTLP', (type) => {
  expect(() => otlpRoute.format(head(type))).toThrow(expect.objectContaining({ code: 'unsupported_media_type' }));
});

test.each([
  ['protobuf', Buffer.from([0x0a, 0x04, 0x12, 0x02, 0x12, 0x00])],
  ['json', Buffer.from('{"resourceLogs":[{"scopeLogs":[{"logRecords":[{}]}]}]}')],
])('a %s body is decoded by its format', (format, body) => {
  const batch = newBatch();
  otlpRoute.decode(body, batch, { format, query: '', params: {}, receivedAtMs: 1 });
  expect(storedEvents(batch)).toHaveLength(1);
});

test('success is an empty ExportLogsServiceResponse in the encoding of the request', () => {
  const answer = (type: string) => otlpRoute.respond(accepted(), head(type));
  expect(answer(PROTOBUF)).toEqual({ status: 200, headers: { 'content-type': PROTOBUF }, body: Buffer.alloc(0) });
  expect(answer(`${JSON_TYPE}; x=y`)).toEqual({ status: 200, headers: { 'content-type': JSON_TYPE }, body: '{}' });
});

test('success on the path of Loki is 204, a partial one says what was rejected', () => {
  expect(lokiRoute.respond(accepted(), head(PROTOBUF))).toEqual({ status: 204, headers: {}, body: '' });
  const rejections = [{ index: 0, code: 'invalid_field' as const, field: '', error: 'e' }];
  expect(lokiRoute.respond(accepted({ rejectedCount: 1, rejections }), head(JSON_TYPE)).status).toBe(200);
});

test('a partial success counts the rejected events and names the first', () => {
  const rejections = [4, 7, 9, 12].map((index) => {
    return { index, code: 'event_too_large' as const, field: index === 7 ? '' : 'attributes', error: 'too large' };
  });
  const outcome = accepted({ rejectedCount: 300, rejections });
  const errorMessage =
    'event 4 (attributes): too large; event 7: too large; event 9 (attributes): too large; and 297 more';
  const json = otlpRoute.respond(outcome, head(JSON_TYPE));
  expect(json.status).toBe(200);
  expect(JSON.parse(json.body as string)).toEqual({ partialSuccess: { rejectedLogRecords: '300', errorMessage } });
  const content = bytes(0x08, 0xac, 0x02, 0x12, errorMessage.length, errorMessage);
  expect(otlpRoute.respond(outcome, head(PROTOBUF)).body).toEqual(
    Buffer.concat([bytes(0x0a, content.length), content]),
  );
});

test('a long error is shortened', () => {
  const rejections = [{ index: 0, code: 'invalid_field' as const, field: '', error: 'x'.repeat(5000) }];
  const { body } = otlpRoute.respond(accepted({ rejectedCount: 1, rejections }), head(JSON_TYPE));
  expect(JSON.parse(body as string).partialSuccess.errorMessage).toHaveLength(1001);
});

test.each([
  ['invalid_body', 400, 3],
  ['unauthenticated', 401, 16],
  ['forbidden', 403, 7],
  ['payload_too_large', 413, 3],
  ['too_many_events', 413, 3],
] as const)('%s is answered %i, gRPC code %i, as google.rpc.Status', (code, status, grpcCode) => {
  const outcome = failed(new PermanentError(code, 'why'));
  const [protobuf, json] = TYPES.map((type) => otlpRoute.respond(outcome, head(type)));
  expect(json).toEqual({
    status,
    headers: { 'content-type': JSON_TYPE },
    body: `{"code":${grpcCode},"message":"why"}`,
  });
  const body = bytes(0x08, grpcCode, 0x12, 3, 'why');
  expect(protobuf).toEqual({ status, headers: { 'content-type': PROTOBUF }, body });
});

test.each([
  [new RetryableError('rate_limited', 'slow down', 1), 429, '1', 8],
  [new RetryableError('overloaded', 'full', 2001), 503, '3', 14],
  [new RetryableError('disk_full', 'no space', 30_000), 503, '30', 14],
  [new RetryableError('journal_unavailable', 'no journal', 0), 503, '1', 14],
  [new PermanentError('internal', 'a fault'), 503, '5', 13],
])('%s is one that exporters send again', (error, status, retryAfter, grpcCode) => {
  for (const route of otlp.routes) {
    const answer = route.respond(failed(error), head(JSON_TYPE));
    expect(answer).toMatchObject({ status, headers: { 'retry-after': retryAfter } });
    expect(JSON.parse(answer.body as string).code).toBe(grpcCode);
  }
});

test('a fault of ours carries the request id', () => {
  const { body } = otlpRoute.respond(failed(new PermanentError('internal', 'a fault')), head(JSON_TYPE));
  expect(JSON.parse(body as string).message).toBe('a fault (request r1)');
});

test.each([undefined, 'text/html'])('a request of type %s is refused in plain text', (type) => {
  const outcome = failed(new PermanentError('unsupported_media_type', 'send OTLP'));
  const headers = { 'content-type': 'text/plain; charset=utf-8' };
  expect(otlpRoute.respond(outcome, head(type))).toEqual({ status: 415, headers, body: 'send OTLP\n' });
});
