import { expect, test } from 'vitest';
import { PermanentError, RetryableError } from '../../runtime/errors.ts';
import type { HttpAnswer, IngestOutcome, ProbeRequest, Receipt, RequestHead } from '../receiver.ts';
import { createSplunkHec } from './index.ts';

const CHANNEL = 'FE0ECFAD-13D5-401B-847D-77833BD77131';
const head = (query = '', headers: Record<string, string> = {}): RequestHead => ({
  method: 'POST',
  path: '/services/collector/event',
  query: new URLSearchParams(query),
  params: {},
  headers,
});
const accepted = (receipt: Partial<Receipt> = {}): IngestOutcome => ({
  kind: 'accepted',
  receipt: { accepted: 1, rejectedCount: 0, rejections: [], position: 1, ...receipt },
  orgId: 'acme',
  requestId: 'r1',
});
const failed = (error: PermanentError | RetryableError): IngestOutcome => ({
  kind: 'failed',
  error,
  orgId: null,
  requestId: 'r1',
});
const shown = ({ status, headers, body }: HttpAnswer) => ({
  status,
  retryAfter: headers['retry-after'],
  ...(JSON.parse(String(body)) as object),
});
const hec = createSplunkHec(() => 0);
const [route] = hec.routes;
const answer = (outcome: IngestOutcome, of = head()) => shown(route.respond(outcome, of));
const probe = (method: string, path: string, request: Partial<ProbeRequest> = {}) => {
  const found = hec.probes?.find((each) => each.path === path && each.methods.includes(method));
  return found?.answer({
    head: head(),
    body: Buffer.alloc(0),
    orgId: 'acme',
    error: null,
    isReady: true,
    requestId: 'r1',
    browserKey: () => Promise.resolve(null),
    ...request,
  }) as HttpAnswer;
};

test('accepted', () => {
  const { status, body } = route.respond(accepted(), head());
  expect({ status, body }).toEqual({ status: 200, body: '{"text":"Success","code":0}' });
});

test.each([
  ['no number at all', 6],
  ['Event field is required', 12],
  ['Event field cannot be blank', 13],
  ['Error in handling indexed fields', 15],
])('rejected for %s: the first is told', (error, code) => {
  const rejections = [
    { index: 3, code: 'invalid_field', field: 'x', error } as const,
    { index: 4, code: 'invalid_field', field: 'x', error: 'another' } as const,
  ];
  expect(answer(accepted({ accepted: 3, rejectedCount: 2, rejections }))).toMatchObject({
    status: 400,
    code,
    'invalid-event-number': 3,
    message: `2 of 5 events were rejected, event 3: ${error}`,
  });
});

test.each([
  [new PermanentError('invalid_body', 'No data'), 400, 5, 'No data'],
  [new PermanentError('invalid_body', 'what'), 400, 6, 'Invalid data format'],
  [new PermanentError('payload_too_large', 'large'), 413, 6, 'Invalid data format'],
  [new PermanentError('forbidden', 'scope'), 403, 4, 'Invalid token'],
  [new RetryableError('internal', 'fault', 1000), 500, 8, 'Internal server error'],
  [new RetryableError('overloaded', 'full', 1000), 503, 9, 'Server is busy'],
  [new RetryableError('disk_full', 'full', 1000), 503, 9, 'Server is busy'],
  [new RetryableError('rate_limited', 'quota', 1000), 429, 9, 'Server is busy'],
  [new RetryableError('shutting_down', 'stop', 1000), 503, 23, 'Server is shutting down'],
])('%s', (error, status, code, text) => {
  const retryAfter = error instanceof RetryableError ? '1' : undefined;
  expect(answer(failed(error))).toEqual({ status, code, text, message: error.message, retryAfter });
});

const noKey = new PermanentError('unauthenticated', 'no');

test.each([
  [head(), 2],
  [head('', { authorization: 'Splunk' }), 3],
  [head('', { authorization: 'Digest x' }), 3],
  [head('', { authorization: 'Splunk wrong' }), 4],
  [head('', { authorization: 'Bearer wrong' }), 4],
  [head('token=wrong'), 4],
])('the key is missing, of no known form, or wrong: %#', (request, code) => {
  expect(answer(failed(noKey), request)).toMatchObject({ status: 401, code });
});

test.each([
  [head('', { authorization: 'Splunk abc' }), 'abc'],
  [head('', { authorization: 'splunk  abc ' }), 'abc'],
  [head('token=abc'), 'abc'],
  [head('token=abc', { authorization: 'Splunk other' }), 'other'],
  [head('token=abc', { authorization: 'Bearer other' }), undefined],
  [head(), undefined],
])('where the key stands: %#', (request, key) => {
  expect(hec.credential?.(request)).toBe(key);
});

test('a channel: ids are handed out, true at once, told once', () => {
  const withHeader = head('', { 'x-splunk-request-channel': CHANNEL });
  expect(answer(accepted(), withHeader)).toEqual({
    status: 200,
    text: 'Success',
    code: 0,
    ackId: 0,
    retryAfter: undefined,
  });
  expect(answer(accepted(), head(`channel=${CHANNEL.toLowerCase()}`))).toMatchObject({ ackId: 1 });
  const ask = (body: string, more: Partial<ProbeRequest> = {}) =>
    shown(probe('POST', '/services/collector/ack', { head: withHeader, body: Buffer.from(body), ...more }));
  expect(ask('{"acks":[0,1,2]}')).toEqual({
    status: 200,
    acks: { 0: true, 1: true, 2: false },
    retryAfter: undefined,
  });
  expect(ask('{"acks":[0]}')).toMatchObject({ acks: { 0: false } });
  expect(ask('{"acks":[0]}', { head: head() })).toMatchObject({ status: 400, code: 10 });
  expect(ask('{"acks":[0]}', { head: head('channel=x') })).toMatchObject({ status: 400, code: 11 });
  for (const body of ['', '{}', 'null', '{"acks":0}', '{"acks":["0"]}']) {
    expect(ask(body)).toMatchObject({ status: 400, code: 6 });
  }
  expect(ask('{"acks":[0]}', { error: noKey, orgId: null, head: head() })).toMatchObject({ status: 401, code: 2 });
});

test('a channel that is no GUID is refused before the body is read', () => {
  expect(() => route.format(head('channel=mine'))).toThrow(PermanentError);
  expect(answer(failed(new PermanentError('invalid_parameter', 'Invalid data channel: it is a GUID')))).toMatchObject({
    status: 400,
    code: 11,
  });
  expect(route.format(head(`channel=${CHANNEL.replaceAll('-', '')}`))).toBe('event');
});

test('health and OPTIONS', () => {
  expect(probe('GET', '/services/collector/health')).toMatchObject({
    status: 200,
    body: '{"text":"HEC is healthy","code":17}',
  });
  expect(shown(probe('GET', '/services/collector/health/1.0', { isReady: false }))).toMatchObject({
    status: 503,
    code: 18,
  });
  for (const path of [...hec.routes.map((each) => each.path), '/services/collector/health']) {
    expect(probe('OPTIONS', path)).toMatchObject({
      status: 200,
      headers: { allow: expect.stringContaining('OPTIONS') },
    });
  }
});
