import { describe, expect, test } from 'vitest';
import { PermanentError, RetryableError } from '../../runtime/errors.ts';
import type { IngestOutcome, ProbeRequest, Receipt, RequestHead } from '../receiver.ts';
import { createRouter } from '../router.ts';
import { elasticsearch } from './index.ts';

const find = createRouter([elasticsearch]);

function headOf(line: string, headers: RequestHead['headers'] = {}): RequestHead {
  const [method = '', target = ''] = line.split(' ');
  const [path = '', query = ''] = target.split('?');
  return { method, path, query: new URLSearchParams(query), params: {}, headers };
}

function respond(line: string, outcome: IngestOutcome, headers: RequestHead['headers'] = {}) {
  const head = headOf(line, headers);
  const match = find(head.method, head.path);
  if (match?.kind !== 'route') throw new Error(`${line} is no route`);
  return match.route.respond(outcome, { ...head, params: match.params });
}

const accepted = (receipt: Partial<Receipt>): IngestOutcome => ({
  kind: 'accepted',
  receipt: { accepted: 0, rejectedCount: 0, rejections: [], position: null, ...receipt },
  orgId: 'acme',
  requestId: 'r1',
});
const failed = (error: PermanentError | RetryableError): IngestOutcome => ({
  kind: 'failed',
  error,
  orgId: null,
  requestId: 'r1',
});
const rejection = { index: 0, code: 'invalid_body', field: '', error: 'no JSON' } as const;

test.each([
  ['POST /_bulk', undefined],
  ['PUT /_bulk', undefined],
  ['POST /a/_bulk', 'a'],
  ['PUT /a/t/_bulk', 'a'],
  ['POST /elasticsearch/_bulk', undefined],
  ['PUT /elasticsearch/a/_bulk', 'a'],
  ['POST /elasticsearch/a/t/_bulk', 'a'],
  ['POST /a/_doc', 'a'],
  ['PUT /a/_doc/1', 'a'],
  ['POST /elasticsearch/a/_create/1', 'a'],
  ['POST /%3Clogs-%7Bnow%2Fd%7D%3E/_doc', '<logs-{now/d}>'],
])('%s is a route, of index %s', (line, index) => {
  const [method = '', path = ''] = line.split(' ');
  const match = find(method, path);
  expect(match?.kind).toBe('route');
  expect(match !== null && 'params' in match && match.params.index).toBe(index);
});

describe('bulk', () => {
  test('taken', () => {
    const { status, headers, body } = respond('POST /_bulk', accepted({ accepted: 1, reply: '[{"index":{}}]' }));
    expect({ status, headers, body }).toEqual({
      status: 200,
      headers: { 'content-type': 'application/json', 'x-elastic-product': 'Elasticsearch' },
      body: '{"took":1,"errors":false,"items":[{"index":{}}]}',
    });
  });

  test('refused', () => {
    const outcome = accepted({ rejectedCount: 1, rejections: [rejection], reply: '[{"index":{"status":400}}]' });
    expect(respond('POST /_bulk', outcome).body).toBe('{"took":1,"errors":true,"items":[{"index":{"status":400}}]}');
  });

  test.each([
    ['errors,items.*.status,items.*.error', '{"errors":false,"items":[1]}', '[1]'],
    ['items.*.error', '{}', '[]'],
    ['-took', '{"errors":false,"items":[1]}', '[1]'],
    ['', '{"took":1,"errors":false,"items":[]}', '[]'],
  ])('filter_path %s', (filterPath, expected, reply) => {
    expect(respond(`POST /_bulk?filter_path=${filterPath}`, accepted({ reply })).body).toBe(expected);
  });

  test.each([
    ['application/vnd.elasticsearch+json; compatible-with=9', 'application/vnd.elasticsearch+json;compatible-with=9'],
    [
      'application/vnd.elasticsearch+json;compatible-with=8,text/plain',
      'application/vnd.elasticsearch+json;compatible-with=8',
    ],
    ['*/*', 'application/json'],
  ])('Accept %s', (accept, type) => {
    expect(respond('POST /_bulk', accepted({}), { accept }).headers['content-type']).toBe(type);
  });
});

test('a document', () => {
  expect(respond('POST /a/_doc', accepted({ accepted: 1, reply: '{"_id":"x"}' }))).toMatchObject({
    status: 201,
    body: '{"_id":"x"}',
  });
  const refused = respond('PUT /a/_create/1', accepted({ rejectedCount: 1, rejections: [rejection], reply: '{}' }));
  expect(refused.status).toBe(400);
  expect(JSON.parse(String(refused.body))).toMatchObject({
    error: { type: 'document_parsing_exception', reason: 'no JSON' },
  });
});

test.each([
  [new PermanentError('payload_too_large', 'large'), 413, 'content_too_long_exception', undefined],
  [new PermanentError('unauthenticated', 'who'), 401, 'security_exception', undefined],
  [new PermanentError('invalid_body', 'bad'), 400, 'parse_exception', undefined],
  [new RetryableError('rate_limited', 'slow', 1), 429, 'es_rejected_execution_exception', '1'],
  [new RetryableError('disk_full', 'full', 5000), 503, 'cluster_block_exception', '5'],
  [new RetryableError('overloaded', 'busy', 1500), 503, 'unavailable_shards_exception', '2'],
])('%s', (error, status, type, retryAfter) => {
  const answer = respond('POST /_bulk', failed(error));
  expect([answer.status, answer.headers['retry-after']]).toEqual([status, retryAfter]);
  const reason = error.message;
  expect(JSON.parse(String(answer.body))).toEqual({
    error: { root_cause: [{ type, reason }], type, reason },
    status,
  });
});

describe('the key', () => {
  const key = `tw_${'aB3_-'.repeat(8)}xyz`;
  const credential = (headers: RequestHead['headers']) => elasticsearch.credential!(headOf('POST /_bulk', headers));
  const base64 = (text: string) => Buffer.from(text).toString('base64');

  test.each([
    [`ApiKey ${base64(`tailwater:${key}`)}`, key],
    [`apikey ${base64(`:${key}`)}`, key],
    [`ApiKey ${key}`, key],
    [`ApiKey ${base64(key)}`, base64(key)],
    [`Bearer ${key}`, undefined],
    [`Basic ${base64(`u:${key}`)}`, undefined],
    ['ApiKey', undefined],
    [undefined, undefined],
  ])('%s', (authorization, expected) => {
    expect(credential({ authorization })).toBe(expected);
  });
});

const LOGSTASH = { 'user-agent': 'logstash/8.19.0 (OS=Linux)' };

async function probe(line: string, headers: RequestHead['headers'] = {}, error: ProbeRequest['error'] = null) {
  const head = headOf(line, headers);
  const match = find(head.method, head.path);
  if (match?.kind !== 'probe') throw new Error(`${line} is no probe`);
  if (match.probe.claims?.(head) === false) return null;
  const answer = await match.probe.answer({
    head: { ...head, params: match.params },
    body: Buffer.alloc(0),
    orgId: 'acme',
    error,
    isReady: true,
    requestId: 'r1',
    browserKey: async () => null,
  });
  expect(answer.headers['x-elastic-product']).toBe('Elasticsearch');
  expect(match.probe.needsKey).toBe(true);
  return { status: answer.status, body: JSON.parse(String(answer.body)) as Record<string, unknown> };
}

describe.each(['', '/elasticsearch'])('probes under %j', (prefix) => {
  test.each([
    ['GET /', { version: { number: '8.19.0' }, tagline: 'You Know, for Search' }],
    ['HEAD /', {}],
    ['GET /_license?human=false', { license: { status: 'active', type: 'basic' } }],
    ['GET /_xpack', { features: { ilm: { available: true, enabled: true } } }],
    ['GET /_nodes/http', { _nodes: { total: 1 } }],
    ['GET /_nodes/_all/http', { _nodes: { total: 1 } }],
    ['GET /_cluster/health', { status: 'green' }],
    ['HEAD /_template/logstash', {}],
    ['PUT /_index_template/filebeat', { acknowledged: true }],
    ['PUT /_component_template/x', { acknowledged: true }],
    ['GET /_ilm/policy/filebeat', {}],
    ['GET /_ilm/status', { operation_mode: 'RUNNING' }],
    ['PUT /_data_stream/x/_lifecycle', { acknowledged: true }],
    ['GET /_alias/x', {}],
    [
      'PUT /%3Cx-%7Bnow%2Fd%7D-000001%3E',
      { acknowledged: true, shards_acknowledged: true, index: '<x-{now/d}-000001>' },
    ],
    ['HEAD /x', {}],
    ['PUT /_ingest/pipeline/x', { acknowledged: true }],
    ['GET /_logstash/pipeline/x', {}],
    ['POST /_monitoring/bulk?system_id=logstash', { ignored: true, errors: false }],
    ['POST /_xpack/monitoring/_bulk', { ignored: true }],
    ['POST /x/_refresh', { _shards: { failed: 0 } }],
  ])('%s', async (line, body) => {
    const answer = await probe(line.replace(' ', ` ${prefix}`), LOGSTASH);
    expect(answer).toMatchObject({ status: 200, body });
  });
});

test('a browser is not answered at /, nor are others at paths of one segment', async () => {
  expect(await probe('HEAD /_search', LOGSTASH)).toBeNull();
  expect(await probe('HEAD /elasticsearch/_search', LOGSTASH)).toBeNull();
  expect(await probe('GET /', { accept: 'text/html,*/*' })).toBeNull();
  expect(await probe('HEAD /healthz', { 'user-agent': 'curl/8' })).toBeNull();
  expect(await probe('HEAD /x', { 'x-elastic-client-meta': 'es=9' })).not.toBeNull();
});

test('nodes are at the address the client came to', async () => {
  const answer = await probe('GET /_nodes/http', { host: 'logs.example.com:9200' });
  expect(JSON.stringify(answer)).toContain('"publish_address":"logs.example.com:9200"');
});

test('a probe with a wrong key says so; one that is too large is still none', async () => {
  expect(await probe('GET /', {}, new PermanentError('unauthenticated', 'no'))).toMatchObject({
    status: 401,
    body: { error: { type: 'security_exception', reason: 'no' } },
  });
  const large = new PermanentError('payload_too_large', 'large');
  expect(await probe('PUT /_template/x', {}, large)).toMatchObject({ status: 200, body: { acknowledged: true } });
});
