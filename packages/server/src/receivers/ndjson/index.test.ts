import { expect, test } from 'vitest';
import { PermanentError, RetryableError } from '../../runtime/errors.ts';
import type { IngestOutcome, Receipt, RequestHead } from '../receiver.ts';
import { ndjson } from './index.ts';

const [route] = ndjson.routes;
const head = (contentType?: string): RequestHead => ({
  method: 'POST',
  path: '/api/logs',
  query: new URLSearchParams(),
  params: {},
  headers: { 'content-type': contentType },
});
const answer = (outcome: IngestOutcome) => {
  const { status, headers, body } = route.respond(outcome, head());
  return { status, retryAfter: headers['retry-after'], body: JSON.parse(String(body)) };
};
const accepted = (receipt: Partial<Receipt>): IngestOutcome => ({
  kind: 'accepted',
  receipt: { accepted: 0, rejectedCount: 0, rejections: [], position: null, ...receipt },
  orgId: 'acme',
  requestId: 'r1',
});
const rejection = { index: 3, code: 'invalid_field', field: 'cost', error: 'must be a number' } as const;

test.each([
  undefined,
  'application/json; charset=utf-8',
  'application/vnd.api+json',
  'application/x-ndjson',
  'Application/NDJSON',
  'text/plain',
  'application/x-www-form-urlencoded',
])('Content-Type %s is read', (type) => {
  expect(route.format(head(type))).toBe('json');
});

test.each(['application/x-protobuf', 'image/png', 'multipart/form-data; boundary=x', 'json'])(
  'Content-Type %s is not',
  (type) => {
    expect(() => route.format(head(type))).toThrow(expect.objectContaining({ status: 415 }));
  },
);

test('accepted', () => {
  expect(answer(accepted({ accepted: 2, position: 17 }))).toEqual({
    status: 202,
    retryAfter: undefined,
    body: { accepted: 2, rejected: [], position: '17' },
  });
});

test('nothing sent, nothing refused', () => {
  expect(answer(accepted({}))).toMatchObject({ status: 202, body: { accepted: 0, rejected: [], position: null } });
});

test('asked to wait until it can be found', () => {
  expect(answer(accepted({ accepted: 1, position: 1, stored: true })).body).toMatchObject({ stored: true });
});

test('some rejected, more than are listed', () => {
  expect(answer(accepted({ accepted: 2, rejectedCount: 9, rejections: [rejection], position: 1 }))).toMatchObject({
    status: 202,
    body: { accepted: 2, rejected: [{ index: 3, field: 'cost', error: 'must be a number' }], rejected_total: 9 },
  });
});

test('all rejected: an error, with the same list', () => {
  expect(answer(accepted({ rejectedCount: 1, rejections: [rejection] }))).toEqual({
    status: 400,
    retryAfter: undefined,
    body: {
      error: {
        code: 'invalid_field',
        field: 'cost',
        message: 'all 1 events were rejected, the first because: must be a number',
        request_id: 'r1',
      },
      accepted: 0,
      rejected: [{ index: 3, field: 'cost', error: 'must be a number' }],
      position: null,
    },
  });
});

test('all rejected, none listed', () => {
  expect(answer(accepted({ rejectedCount: 2 }))).toMatchObject({
    status: 400,
    body: { error: { code: 'invalid_body' } },
  });
});

test.each([
  [new PermanentError('payload_too_large', 'too large'), 413, undefined],
  [new PermanentError('unsupported_media_type', 'no', 'Content-Type'), 415, undefined],
  [new RetryableError('disk_full', 'full', 5000), 507, '5'],
  [new RetryableError('rate_limited', 'slow', 1), 429, '1'],
])('%s', (error, status, retryAfter) => {
  const failed = answer({ kind: 'failed', error, orgId: null, requestId: 'r2' });
  expect(failed).toMatchObject({
    status,
    body: { error: { code: error.code, message: error.message, request_id: 'r2' } },
  });
  expect(failed.retryAfter).toBe(retryAfter);
});
