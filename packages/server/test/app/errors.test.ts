import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isLokiPath } from '../../src/api/routes/loki/paths.ts';
import { errorSchema } from '../../src/api/wire/error.ts';
import { call, type RawAnswer } from '../support/http-call.ts';
import {
  contentHeaders,
  encodeContent,
  keyedRoutes,
  type SampleRoute,
  samplePath,
  sampleRoutes,
} from '../support/receiver-samples.ts';
import { ADMIN_KEY, removeTempDirs, type SpawnedServer, spawnServer } from '../support/server.ts';

/** Every refusal has the form of the path's protocol, over HTTP, as clients see it. */
let server: SpawnedServer;
const authorization = { authorization: `Bearer ${ADMIN_KEY}` };

beforeAll(async () => {
  server = await spawnServer();
});
afterAll(async () => {
  await server?.stop();
  removeTempDirs();
});

const lineOf = ({ route }: SampleRoute, method: string = route.method) => `${method} ${samplePath(route)}`;

/** Sends what is wrong in one thing, and answers with the words of the refusal. */
async function refusal(
  sample: SampleRoute,
  { line = lineOf(sample), headers = {}, body }: { line?: string; headers?: Record<string, string>; body?: Buffer },
): Promise<RawAnswer & { words: string }> {
  const { format, samples } = sample;
  const whole = body ?? encodeContent(format.encode([{ message: 'x' }]), format.encoding);
  const all = { ...authorization, ...contentHeaders(format), ...headers };
  const answer = await call(server, line, { headers: all, body: whole });
  expect(answer.headers['x-request-id']).toMatch(/^[\w-]{36}$/);
  return { ...answer, words: samples.refusalText(answer, format) };
}

describe.each(keyedRoutes)('$title', (sample) => {
  const { format, receiver, route, samples } = sample;

  test('is taken when nothing is wrong', async () => {
    const body = encodeContent(format.encode([{ message: 'x' }]), format.encoding);
    const headers = { ...authorization, ...contentHeaders(format) };
    expect([200, 201, 202, 204]).toContain((await call(server, lineOf(sample), { headers, body })).status);
  });

  test.each([
    ['no key', { authorization: '' }, 'expected Bearer'],
    ['a wrong key', { authorization: 'Bearer tw_wrong' }, 'unknown or revoked'],
    ['an unknown scheme', { authorization: 'Digest x' }, 'expected Bearer or Basic'],
    ['an empty key', { 'x-api-key': '' }, 'empty'],
  ])('%s: 401 that says how to log in', async (_, headers, words) => {
    const answer = await refusal(sample, { headers });
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toBe('Bearer');
    expect(answer.words).toContain(words);
  });

  test('an org that there is not: 403', async () => {
    const answer = await refusal(sample, { headers: { 'x-scope-orgid': 'nowhere' } });
    expect(answer.status).toBe(403);
    expect(answer.words).toContain('X-Scope-OrgID');
  });

  const others = ['GET', 'PUT', 'PATCH', 'DELETE'].filter(
    (method) =>
      `${method} ${samplePath(route)}` !== 'GET /api/logs' &&
      !keyedRoutes.some((other) => other.route.path === route.path && other.route.method === method),
  );
  test.each(others)('%s: 405 and the methods there are', async (method) => {
    const line = lineOf(sample, method);
    const headers = { ...authorization, ...contentHeaders(format) };
    const answer = await call(server, line, { headers, body: method.startsWith('P') ? 'x' : '' });
    expect(answer.status).toBe(405);
    expect(answer.headers.allow?.split(', ')).toContain(route.method);
    // Other methods of a path below /api/ are the API's to answer.
    const isOwn = route.path.startsWith('/api/') && !isLokiPath(route.path);
    if (isOwn) expect(errorSchema.parse(JSON.parse(answer.text))).toBeDefined();
    else expect(samples.refusalText(answer, format)).toContain(route.method);
  });

  test.each(['br', 'lz4', 'gzip, gzip, gzip', 'gzip;q=1', 'constructor', 'ä'])(
    'Content-Encoding %s is none that is read',
    async (encoding) => {
      const answer = await refusal(sample, { headers: { 'content-encoding': encoding } });
      // Loki has no 415.
      expect(answer.status).toBe(receiver === 'loki' ? 400 : 415);
      expect(answer.words).toContain('Content-Encoding');
    },
  );

  test.each(['gzip', 'deflate', 'zstd', 'snappy'] as const)('a body that is no %s: 400', async (encoding) => {
    const isRead = route.encodings(format.name).includes(encoding);
    const body = Buffer.from('\x1f\x8b no such thing, and long enough to be looked at');
    const answer = await refusal(sample, { headers: { 'content-encoding': encoding }, body });
    expect(answer.status).toBe(isRead || receiver === 'loki' ? 400 : 415);
    expect(answer.words).toContain(encoding);
  });

  test.skipIf(format.hidesCuts === true)('a body that means nothing: 400', async () => {
    const noise = Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    const answer = await refusal(sample, { body: encodeContent(noise, format.encoding) });
    expect(answer.status).toBe(400);
    expect(answer.words.length).toBeGreaterThan(10);
  });

  test('a request id that the client sent comes back', async () => {
    const answer = await call(server, lineOf(sample), { headers: { 'x-request-id': 'mine-1' } });
    expect([answer.status, answer.headers['x-request-id']]).toEqual([401, 'mine-1']);
  });
});

/** Protocols that look at the type at all; the bytes tell the others what they are. */
const typed = keyedRoutes.filter(({ receiver }) => ['elasticsearch', 'ndjson', 'otlp'].includes(receiver));
test.each(typed)('$title: a Content-Type that it does not read is 415', async ({ route }) => {
  const headers = { ...authorization, 'content-type': 'image/png' };
  const answer = await call(server, `${route.method} ${samplePath(route)}`, { headers, body: 'x' });
  expect(answer.status).toBe(415);
  expect(answer.text).toContain('application/');
});

test('the OpenAPI document of the server has every path of its receivers, beside those of the API', async () => {
  const { paths } = JSON.parse((await call(server, 'GET /api/openapi.json')).text) as {
    paths: Record<string, Record<string, object>>;
  };
  for (const { route } of sampleRoutes) {
    expect(paths[route.path.replace(/:(\w+)/g, '{$1}')]).toHaveProperty(route.method.toLowerCase());
  }
  expect(Object.keys(paths['/api/logs']!).toSorted()).toEqual(['get', 'post']);
});

describe('the rest', () => {
  test.each<[string, number, string]>([
    ['GET /nowhere', 404, 'not_found'],
    ['GET /favicon.ico', 404, 'not_found'],
    ['POST /', 404, 'not_found'],
    ['POST /v1/logs/', 404, 'not_found'],
    ['POST /V1/LOGS', 404, 'not_found'],
    ['POST /v1/traces', 404, 'not_found'],
    ['POST /v1/logs%00', 404, 'not_found'],
    ['POST //v1/logs', 404, 'not_found'],
    ['POST /x/../v1/logs', 404, 'not_found'],
    ['GET /api/logs/../../etc/passwd', 404, 'not_found'],
    ['GET /api/%', 404, 'not_found'],
    ['GET /__proto__', 404, 'not_found'],
    ['OPTIONS /api/nothing', 404, 'not_found'],
    ['OPTIONS /api/keys', 405, 'method_not_allowed'],
    ['DELETE /api/logs', 405, 'method_not_allowed'],
    ['POST /healthz', 405, 'method_not_allowed'],
    ['TRACE /api/keys', 405, 'method_not_allowed'],
    ['PROPFIND /api/keys', 405, 'method_not_allowed'],
  ])('%s is %i %s', async (line, status, code) => {
    const answer = await call(server, line, { headers: authorization });
    expect(answer.status).toBe(status);
    const { error } = errorSchema.parse(JSON.parse(answer.text));
    expect([error.code, error.request_id]).toEqual([code, answer.headers['x-request-id']]);
    if (status === 405) expect(answer.headers.allow).toMatch(/^(GET|POST|DELETE|PATCH)(, \w+)*$/);
  });

  test.each(['application/json', 'application/x-protobuf', 'image/png'])(
    'a path that there is not is 404 whatever is sent to it: %s',
    async (type) => {
      const headers = { ...authorization, 'content-type': type };
      for (const body of ['x', '']) expect((await call(server, 'POST /v1/traces', { headers, body })).status).toBe(404);
    },
  );

  test('one path of two parts names the methods of both', async () => {
    const answer = await call(server, 'PUT /api/logs', { headers: authorization });
    expect(answer.headers.allow?.split(', ').sort()).toEqual(['GET', 'POST']);
  });

  test('HEAD of what load balancers ask is a GET without its body', async () => {
    const answer = await call(server, 'HEAD /healthz');
    expect([answer.status, answer.text]).toEqual([200, '']);
  });

  test('queries are counted by kind and outcome', async () => {
    const options = { headers: authorization };
    const before = await call(server, 'GET /metrics', options);
    const countOf = (text: string) =>
      Number(/tailwater_queries_total\{kind="query",outcome="invalid_query"\} (\d+)/.exec(text)?.[1] ?? 0);
    await call(server, `GET /loki/api/v1/query?query=${encodeURIComponent('sum(')}`, options);
    const after = await call(server, 'GET /metrics', options);
    expect(countOf(after.text)).toBe(countOf(before.text) + 1);
    expect(after.text).toContain('tailwater_queries_running 0');
  });

  test('nothing of this was a fault of the server', () => {
    expect(server.stderr()).not.toMatch(/failed|error|at file/i);
  });
});
