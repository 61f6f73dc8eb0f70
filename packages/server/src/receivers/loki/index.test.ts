import { expect, test } from 'vitest';
import { PermanentError, RetryableError } from '../../runtime/errors.ts';
import type { IngestOutcome, Receipt, RequestHead } from '../receiver.ts';
import { loki } from './index.ts';

const [route] = loki.routes;
const head = (headers: Record<string, string>): RequestHead => ({
  method: 'POST',
  path: '/loki/api/v1/push',
  query: new URLSearchParams(),
  params: {},
  headers,
});
const answer = (outcome: IngestOutcome) => route.respond(outcome, head({}));
const accepted = (receipt: Partial<Receipt>): IngestOutcome => ({
  kind: 'accepted',
  receipt: { accepted: 0, rejectedCount: 0, rejections: [], position: null, ...receipt },
  orgId: 'acme',
  requestId: 'r1',
});
const rejection = (index: number, error: string) => ({ index, code: 'invalid_field', field: '', error }) as const;

test.each([
  ['application/json; charset=utf-8', 'json', 'identity'],
  ['application/x-protobuf', 'protobuf', 'snappy'],
  ['text/plain', 'protobuf', 'snappy'],
  ['', 'json', 'identity'],
])('Content-Type %j is %s, by itself %s', (type, format, encoding) => {
  expect(route.format(head({ 'content-type': type }))).toBe(format);
  expect(route.encodings(format)[0]).toBe(encoding);
});

test('no Content-Type, but snappy: protobuf', () => {
  expect(route.format(head({ 'content-encoding': 'snappy' }))).toBe('protobuf');
});

test('both paths', () => {
  expect(loki.routes.map(({ path }) => path)).toEqual(['/loki/api/v1/push', '/api/prom/push']);
});

test('accepted: 204 and nothing else', () => {
  expect(answer(accepted({ accepted: 1, position: 1 }))).toEqual({ status: 204, headers: {}, body: '' });
});

test.each([
  ['no entries', accepted({}), 422, 'error at least one valid stream is required for ingestion\n'],
  ['one refused', accepted({ accepted: 4, rejectedCount: 1, rejections: [rejection(2, 'why')] }), 400, 'why\n'],
  [
    'some refused',
    accepted({ accepted: 4, rejectedCount: 3, rejections: [rejection(2, 'a'), rejection(3, 'b'), rejection(4, 'a')] }),
    400,
    'a; b; total ignored: 3 out of 7\n',
  ],
  [
    'many refused',
    accepted({ rejectedCount: 99, rejections: Array.from({ length: 99 }, (_, i) => rejection(i, `e${i}`)) }),
    400,
    'e0; e1; e2; e3; e4; e5; e6; e7; e8; e9; total ignored: 99 out of 99\n',
  ],
])('%s', (_, outcome, status, body) => {
  expect(answer(outcome)).toMatchObject({
    status,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' },
    body,
  });
});

test.each([
  [new PermanentError('invalid_body', 'bad'), 400, undefined],
  [new PermanentError('unauthenticated', 'no key'), 401, undefined],
  [new PermanentError('payload_too_large', 'large'), 413, undefined],
  [new PermanentError('unsupported_media_type', 'Content-Encoding "br" not supported'), 400, undefined],
  [new RetryableError('rate_limited', 'slow', 1500), 429, '2'],
  [new RetryableError('overloaded', 'busy', 1000), 503, '1'],
  [new RetryableError('disk_full', 'full', 1000), 503, '1'],
])('%s', (error, status, retryAfter) => {
  const { headers, ...rest } = answer({ kind: 'failed', error, orgId: null, requestId: 'r' });
  expect(rest).toEqual({ status, body: `${error.message}\n` });
  expect(headers['retry-after']).toBe(retryAfter);
});
