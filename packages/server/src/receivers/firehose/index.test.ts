import { expect, test } from 'vitest';
import { PermanentError, RetryableError } from '../../runtime/errors.ts';
import type { IngestOutcome, Receipt, RequestHead } from '../receiver.ts';
import { firehose } from './index.ts';

const [route] = firehose.routes;
const head = (headers: Record<string, string> = {}): RequestHead => ({
  ...{ method: 'POST', path: '/api/firehose', query: new URLSearchParams(), params: {} },
  headers,
});
const answer = (outcome: IngestOutcome, headers = {}) => {
  const { status, headers: sent, body } = route.respond(outcome, head(headers));
  expect(sent['content-type']).toBe('application/json');
  return { status, retryAfter: sent['retry-after'], body: JSON.parse(String(body)) };
};
const accepted = (receipt: Partial<Receipt>): IngestOutcome => ({
  ...{ kind: 'accepted', orgId: 'acme', requestId: 'r1' },
  receipt: { accepted: 1, rejectedCount: 0, rejections: [], position: 1, ...receipt },
});
const ID = { 'x-amz-firehose-request-id': 'from-header' };
const timestamp = expect.any(Number);

test('paths and key', () => {
  expect(firehose.routes.map(({ path }) => path)).toEqual(['/api/firehose', '/aws/firehose']);
  expect(firehose.credential!(head({ 'x-amz-firehose-access-key': 'k' }))).toBe('k');
  expect(firehose.credential!(head())).toBeUndefined();
});

test('the id is the header’s, else the body’s', () => {
  expect(answer(accepted({ reply: 'from-body' }))).toMatchObject({
    status: 200,
    body: { requestId: 'from-body', timestamp },
  });
  expect(answer(accepted({ reply: 'x' }), ID).body).toEqual({ requestId: 'from-header', timestamp });
});

test('rejected events are told in a 200: sent again they would be rejected again', () => {
  const rejections = [{ index: 0, code: 'event_too_large', field: '', error: 'too large' }] as const;
  expect(answer(accepted({ accepted: 0, rejectedCount: 1, rejections }), ID)).toMatchObject({
    status: 200,
    body: { requestId: 'from-header', errorMessage: '1 rejected, the first because: too large' },
  });
});

test('versions', () => {
  expect(route.format(head({ 'x-amz-firehose-protocol-version': '1.0' }))).toBe('json');
  expect(() => route.format(head({ 'x-amz-firehose-protocol-version': '2.0' }))).toThrow(
    expect.objectContaining({ status: 400 }),
  );
});

test.each([
  [new PermanentError('payload_too_large', 'too large'), 413, undefined],
  [new PermanentError('unauthenticated', 'no key'), 401, undefined],
  [new RetryableError('disk_full', 'full', 5000), 503, '5'],
  [new RetryableError('rate_limited', 'slow', 1), 429, '1'],
])('%s', (error, status, retryAfter) => {
  expect(answer({ kind: 'failed', error, orgId: null, requestId: 'r2' }, ID)).toEqual({
    status,
    retryAfter,
    body: { requestId: 'from-header', timestamp, errorMessage: error.message },
  });
});
