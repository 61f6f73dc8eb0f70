import { expect, test } from 'vitest';
import { PermanentError, RetryableError } from '../../runtime/errors.ts';
import type { HttpAnswer, IngestOutcome, ProbeRequest, Receipt, RequestHead } from '../receiver.ts';
import { newBatch, storedEvents } from '../util/test-batch.ts';
import { datadog } from './index.ts';

const [route] = datadog.routes;
const head = (headers: Record<string, string> = {}, query = '', params = {}): RequestHead => ({
  method: 'POST',
  path: '/api/v2/logs',
  query: new URLSearchParams(query),
  params,
  headers,
});
const shown = ({ status, headers, body }: HttpAnswer) => ({
  status,
  retryAfter: headers['retry-after'],
  body: JSON.parse(String(body)) as unknown,
});
const answer = (outcome: IngestOutcome) => shown(route.respond(outcome, head()));
const accepted = (receipt: Partial<Receipt>): IngestOutcome => ({
  kind: 'accepted',
  receipt: { accepted: 0, rejectedCount: 0, rejections: [], position: null, ...receipt },
  orgId: 'acme',
  requestId: 'r1',
});
const rejection = { index: 3, code: 'invalid_body', field: '', error: 'no object' } as const;

test('accepted, also when there was nothing', () => {
  for (const count of [0, 2]) {
    expect(answer(accepted({ accepted: count }))).toEqual({ status: 202, retryAfter: undefined, body: {} });
  }
});

test('some rejected, more than are listed', () => {
  const rejections = Array(12).fill(rejection);
  const { status, body } = answer(accepted({ accepted: 2, rejectedCount: 12, rejections }));
  const { errors } = body as { errors: object[] };
  expect(status).toBe(202);
  expect(errors).toHaveLength(11);
  expect(errors[0]).toEqual({ detail: 'item 3: no object', status: '400', title: 'Bad Request' });
  expect(errors[10]).toMatchObject({ detail: '2 more of 14 items were rejected' });
});

test('all rejected', () => {
  expect(answer(accepted({ rejectedCount: 1, rejections: [{ ...rejection, field: 'x' }] }))).toMatchObject({
    status: 400,
    body: { errors: [{ detail: 'item 3, x: no object' }] },
  });
});

test.each([
  [new PermanentError('unauthenticated', 'no key'), 401, 'Unauthorized', undefined],
  [new PermanentError('payload_too_large', 'large'), 413, 'Payload Too Large', undefined],
  [new RetryableError('rate_limited', 'quota', 1500), 429, 'Too Many Requests', '2'],
  [new RetryableError('disk_full', 'full', 1), 503, 'Service Unavailable', '1'],
  [new RetryableError('internal', 'fault', 1), 500, 'Internal Server Error', '1'],
])('%s', (error, status, title, retryAfter) => {
  expect(answer({ kind: 'failed', error, orgId: null, requestId: 'r1' })).toEqual({
    status,
    retryAfter,
    body: { errors: [{ detail: error.message, status: String(status), title }] },
  });
});

test.each([
  [head({ 'dd-api-key': 'abc' }, 'dd-api-key=other', { key: 'path' }), 'abc'],
  [head({}, 'dd-api-key=abc', { key: 'path' }), 'abc'],
  [head({}, '', { key: 'abc' }), 'abc'],
  [head({ authorization: 'Bearer x' }, '', { key: 'path' }), undefined],
  [head({ 'x-api-key': 'x' }, '', { key: 'path' }), undefined],
  [head(), undefined],
])('where the key stands: %#', (request, key) => {
  expect(datadog.credential?.(request)).toBe(key);
});

test.each([
  ['application/json', 'json'],
  ['', 'json'],
  ['text/plain;charset=UTF-8', 'text'],
])('Content-Type %j is read as %s', (type, format) => {
  expect(route.format(head({ 'content-type': type }))).toBe(format);
  const batch = newBatch();
  route.decode(Buffer.from('{"message":"x"}'), batch, { format, query: 'service=s', params: {}, receivedAtMs: 1 });
  expect(storedEvents(batch)).toMatchObject([{ message: 'x', service: 's' }]);
});

test('validate', () => {
  const validate = (error: ProbeRequest['error']) => {
    const request = { head: head(), body: Buffer.alloc(0), orgId: null, error, isReady: true, requestId: 'r1' };
    return shown(datadog.probes![0].answer({ ...request, browserKey: () => Promise.resolve(null) }) as HttpAnswer);
  };
  expect(validate(null)).toMatchObject({ status: 200, body: { valid: true } });
  expect(validate(new PermanentError('unauthenticated', 'no'))).toMatchObject({
    status: 403,
    body: { errors: ['Forbidden'] },
  });
  expect(validate(new RetryableError('overloaded', 'full', 1))).toMatchObject({ status: 503 });
});
