import { expect, test } from 'vitest';
import { PermanentError, RetryableError } from '../../runtime/errors.ts';
import type { IngestOutcome, Receipt, RequestHead } from '../receiver.ts';
import { gelf } from './index.ts';

const [route] = gelf.routes;
const head: RequestHead = { method: 'POST', path: '/gelf', query: new URLSearchParams(), params: {}, headers: {} };
const answer = (outcome: IngestOutcome) => route.respond(outcome, head);
const ids = { orgId: 'acme', requestId: 'r1' };
const accepted = (receipt: Partial<Receipt>): IngestOutcome => ({
  kind: 'accepted',
  receipt: { accepted: 0, rejectedCount: 0, rejections: [], position: null, ...receipt },
  ...ids,
});

test('accepted: 202 and nothing else, whatever the Content-Type', () => {
  expect(answer(accepted({ accepted: 1 }))).toEqual({ status: 202, headers: {}, body: '' });
  expect(route.format(head)).toBe('json');
});

test('the key in the query counts where there is none in a header', () => {
  const query = new URLSearchParams('key=tw_1');
  expect(gelf.credential?.(head)).toBeUndefined();
  expect(gelf.credential?.({ ...head, query })).toBe('tw_1');
  expect(gelf.credential?.({ ...head, query, headers: { authorization: 'Bearer tw_2' } })).toBeUndefined();
  expect(gelf.credential?.({ ...head, query, headers: { 'x-api-key': 'tw_2' } })).toBeUndefined();
});

test.each([
  [0, 400],
  [2, 202],
])('one rejected beside %i accepted: %i, and why', (count, status) => {
  const rejections = [{ index: 0, code: 'invalid_field', field: 'short_message', error: 'is missing' }] as const;
  const { body, ...rest } = answer(accepted({ accepted: count, rejectedCount: 1, rejections }));
  expect(rest.status).toBe(status);
  expect(JSON.parse(String(body))).toEqual({
    ...(count === 0 && {
      error: { code: 'invalid_field', message: 'short_message: is missing', request_id: expect.any(String) },
    }),
    accepted: count,
    rejected_total: 1,
    rejected: [{ index: 0, field: 'short_message', error: 'is missing' }],
  });
});

test.each([
  [new PermanentError('invalid_body', 'x'), 400],
  [new PermanentError('unauthenticated', 'x'), 401],
  [new RetryableError('rate_limited', 'x', 10), 429],
  [new RetryableError('overloaded', 'x', 10), 503],
  [new RetryableError('disk_full', 'x', 10), 503],
])('%s is %i', (error, status) => {
  const failed = answer({ kind: 'failed', error, ...ids });
  expect(failed.status).toBe(status);
  expect(failed.headers['retry-after']).toBe(error instanceof RetryableError ? '1' : undefined);
});
