import { expect, test } from 'vitest';
import { PermanentError, RetryableError } from '../../runtime/errors.ts';
import type { IngestOutcome, Receipt, RequestHead } from '../receiver.ts';
import { journald } from './index.ts';

const [route] = journald.routes;
const head: RequestHead = { method: 'POST', path: '/upload', query: new URLSearchParams(), params: {}, headers: {} };
const accepted = (receipt: Partial<Receipt>): IngestOutcome => ({
  ...{ kind: 'accepted', orgId: 'acme', requestId: 'r1' },
  receipt: { accepted: 1, rejectedCount: 0, rejections: [], position: 1, ...receipt },
});

test('the path, and any Content-Type', () => {
  expect(journald.routes.map(({ method, path }) => `${method} ${path}`)).toEqual(['POST /upload']);
  expect(route.format(head)).toBe('export');
});

test('success is what systemd-journal-remote answers', () => {
  expect(route.respond(accepted({}), head)).toMatchObject({ status: 202, body: 'OK.\n' });
});

test('rejected events are told in a 2xx, also when they are all: the client would send them forever', () => {
  const rejections = [{ index: 0, code: 'event_too_large', field: '', error: 'too large' }] as const;
  const { status, body } = route.respond(accepted({ accepted: 0, rejectedCount: 2, rejections }), head);
  expect([status, body]).toEqual([202, 'OK, but 2 rejected, the first, event 0, because: too large\n']);
});

test.each([
  [new PermanentError('payload_too_large', 'too large'), 413, undefined],
  [new PermanentError('unauthenticated', 'no key'), 401, undefined],
  [new RetryableError('disk_full', 'full', 5000), 503, '5'],
  [new RetryableError('rate_limited', 'slow', 1), 429, '1'],
])('%s', (error, status, retryAfter) => {
  const answer = route.respond({ kind: 'failed', error, orgId: null, requestId: 'r2' }, head);
  expect([answer.status, answer.headers['retry-after'], answer.body]).toEqual([
    status,
    retryAfter,
    `${error.message}\n`,
  ]);
});
