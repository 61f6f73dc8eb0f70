import { expect, test } from 'vitest';
import { PermanentError, RetryableError } from '../../runtime/errors.ts';
import type { IngestOutcome, ProbeRequest, Receipt, RequestHead } from '../receiver.ts';
import { browser } from './index.ts';

const [route] = browser.routes as [(typeof browser.routes)[number]];
const [preflight] = browser.probes!;
const ORIGIN = 'https://shop.example.com';

const head = (headers: RequestHead['headers'] = {}, query = ''): RequestHead => ({
  method: 'POST',
  path: '/api/browser/logs',
  query: new URLSearchParams(query),
  params: {},
  headers,
});
const accepted = (receipt: Partial<Receipt>): IngestOutcome => ({
  kind: 'accepted',
  receipt: { accepted: 0, rejectedCount: 0, rejections: [], position: null, ...receipt },
  orgId: 'acme',
  requestId: 'r1',
});
const rejection = { index: 1, code: 'invalid_field', field: 'cost', error: 'must be a number' } as const;
const cors = {
  'access-control-allow-origin': ORIGIN,
  'access-control-allow-credentials': 'true',
  'access-control-expose-headers': 'retry-after, x-request-id',
  vary: 'Origin',
};

test.each([undefined, '', 'text/plain;charset=UTF-8', 'application/json', 'application/x-ndjson'])(
  'Content-Type %s is read',
  (type) => {
    expect(route.format(head({ 'content-type': type }))).toBe('json');
  },
);

test.each(['application/x-www-form-urlencoded;charset=UTF-8', 'multipart/form-data; boundary=x', 'text/html'])(
  'Content-Type %s is not',
  (type) => {
    expect(() => route.format(head({ 'content-type': type }))).toThrow(expect.objectContaining({ status: 415 }));
  },
);

test('the key is in the query or a header, the query first; else it is looked for where all others put it', () => {
  expect(browser.credential!(head({}, 'key=tw_a'))).toBe('tw_a');
  expect(browser.credential!(head({ 'x-api-key': 'tw_b' }))).toBe('tw_b');
  expect(browser.credential!(head({ 'x-api-key': 'tw_b' }, 'key=tw_a'))).toBe('tw_a');
  expect(browser.credential!(head({ authorization: 'Bearer tw_c' }))).toBeUndefined();
});

test('the caps are small, and browser keys alone come in', () => {
  expect(route).toMatchObject({ bodyBytesMax: 65_536, forBrowsers: true });
});

test('all accepted: 204, readable for the page', () => {
  const outcome = accepted({ accepted: 2, position: 17 });
  expect(route.respond(outcome, head({ origin: ORIGIN }))).toEqual({ status: 204, headers: cors, body: '' });
});

test.each([
  [1, 202],
  [0, 400],
])('%i accepted and one rejected: %i', (count, status) => {
  const outcome = accepted({ accepted: count, rejectedCount: 1, rejections: [rejection] });
  const answer = route.respond(outcome, head({ origin: ORIGIN }));
  expect(answer).toMatchObject({ status, headers: cors });
  expect(JSON.parse(String(answer.body))).toMatchObject({
    accepted: count,
    rejected: [{ index: 1, field: 'cost', error: 'must be a number' }],
    rejected_total: 1,
    ...(count === 0 && { error: { code: 'invalid_field', request_id: 'r1' } }),
  });
});

test('an error is for the page to read once it is known whose it is, and not before', () => {
  const error = new RetryableError('rate_limited', 'slow', 1500);
  const late = route.respond({ kind: 'failed', error, orgId: 'acme', requestId: 'r1' }, head({ origin: ORIGIN }));
  expect(late).toMatchObject({ status: 429, headers: { ...cors, 'retry-after': '2' } });
  const refused = new PermanentError('origin_refused', 'no');
  const early = route.respond(
    { kind: 'failed', error: refused, orgId: null, requestId: 'r1' },
    head({ origin: ORIGIN }),
  );
  expect(early.status).toBe(403);
  expect(Object.keys(early.headers)).toEqual(['content-type']);
  const without = route.respond(accepted({ accepted: 1 }), head());
  expect(without.headers).toEqual({});
});

const ask = (query: string, headers: RequestHead['headers'], more: Partial<ProbeRequest> = {}) =>
  preflight!.answer({
    head: { ...head({ 'access-control-request-method': 'POST', ...headers }, query), method: 'OPTIONS' },
    body: Buffer.alloc(0),
    orgId: null,
    error: null,
    isReady: true,
    requestId: 'r1',
    browserKey: async (secret) => (secret === 'tw_web' ? { origins: ['https://other.example.com', ORIGIN] } : null),
    ...more,
  });

test('a preflight from a listed origin is answered exactly', async () => {
  expect(preflight).toMatchObject({ methods: ['OPTIONS'], path: '/api/browser/logs', needsKey: false });
  expect(await ask('key=tw_web', { origin: ORIGIN })).toEqual({
    status: 204,
    headers: {
      'access-control-allow-origin': ORIGIN,
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': 'content-type, x-api-key',
      'access-control-allow-credentials': 'true',
      'access-control-max-age': '86400',
      vary: 'Origin',
    },
    body: '',
  });
});

test.each([
  ['an origin that is not listed', 'key=tw_web', { origin: 'https://evil.example.com' }],
  ['the beginning of one that is', 'key=tw_web', { origin: 'https://shop.example.co' }],
  ['more than one that is', 'key=tw_web', { origin: `${ORIGIN}.evil.com` }],
  ['another port', 'key=tw_web', { origin: `${ORIGIN}:8443` }],
  ['another scheme', 'key=tw_web', { origin: 'http://shop.example.com' }],
  ['a page without an origin', 'key=tw_web', { origin: 'null' }],
  ['nowhere', 'key=tw_web', {}],
  ['no key', '', { origin: ORIGIN }],
  ['an empty key', 'key=', { origin: ORIGIN }],
  ['a key that is no browser key', 'key=tw_other', { origin: ORIGIN }],
])('a preflight from or with %s: 403 without CORS headers', async (_, query, headers) => {
  const error = await Promise.resolve(ask(query, headers)).catch((thrown: unknown) => thrown as PermanentError);
  expect(error).toBeInstanceOf(PermanentError);
  // It is asked again with what it threw.
  const answer = await ask(query, headers, { error: error as PermanentError });
  expect(answer.status).toBe(403);
  expect(Object.keys(answer.headers)).toEqual(['content-type']);
});

test('a preflight that could not be read is refused in the same shape', async () => {
  const error = new PermanentError('payload_too_large', 'too large');
  expect(await ask('key=tw_web', { origin: ORIGIN }, { error })).toMatchObject({ status: 413 });
});
