import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { DEFAULT_LOGQL_SETTINGS } from '../../src/control/logql-settings.ts';
import { updateOrgSettings } from '../../src/control/orgs.ts';
import type { LogqlTask } from '../../src/query/logql/tasks.ts';
import { PermanentError, RetryableError } from '../../src/runtime/errors.ts';
import { openClickHouseStore } from '../../src/stores/clickhouse/store.ts';
import { openTestApi, type TestApi } from './api-fixture.ts';

/** Loki's API down to the tasks that it hands on. What they answer is in loki-server.test.ts. */
const store = openClickHouseStore({ url: 'http://127.0.0.1:9', user: 'u', password: 'p' });
const NOW_MS = 1_700_000_000_000;
const NOW = BigInt(NOW_MS) * 1_000_000n;
const HOUR = 3_600_000_000_000n;

let api: TestApi;
let reader: Record<string, string>;
let admin: Record<string, string>;
let tasks: LogqlTask[];
let answer: () => Uint8Array;

beforeAll(async () => {
  const run = async (task: LogqlTask) => {
    tasks.push(task);
    return answer();
  };
  api = await openTestApi(store, { logql: { run }, nowMs: () => NOW_MS });
  reader = await api.keyOf('acme', ['query']);
  admin = await api.keyOf('acme', ['admin']);
});
afterAll(async () => {
  await api.close();
  await store.close();
});
beforeEach(() => {
  tasks = [];
  answer = () => Buffer.from('{"status":"success"}\n');
});

interface Sent {
  headers?: Record<string, string>;
  form?: string;
}

async function call(line: string, { headers = {}, form }: Sent = {}) {
  const [method, url] = line.split(' ') as ['GET', string];
  const type = form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' };
  const sent = { ...reader, ...type, ...headers };
  const response = await api.app.inject({
    method,
    url,
    headers: sent,
    ...(form === undefined ? {} : { payload: form }),
  });
  return { status: response.statusCode, headers: response.headers, text: response.body, bytes: response.rawPayload };
}

const SELECTOR = encodeURIComponent('{app="web"}');
const COUNT = encodeURIComponent('count_over_time({app="web"}[5m])');
const base = { orgId: 'acme', settings: DEFAULT_LOGQL_SETTINGS };
const span = { startNs: NOW - HOUR, endNs: NOW };
const asked = { categorizeLabels: false, partialSeries: false, pushDown: true };

describe('tasks', () => {
  test.each<[string, object]>([
    [
      `query_range?query=${SELECTOR}&start=1&end=2&limit=5&direction=FORWARD&step=15`,
      {
        kind: 'query-range',
        query: '{app="web"}',
        startNs: 1_000_000_000n,
        endNs: 2_000_000_000n,
        limit: 5,
        direction: 'forward',
        stepMs: 15_000,
        intervalMs: 0,
        ...asked,
      },
    ],
    [
      `query?query=${encodeURIComponent('vector(1)+vector(1)')}&time=4000000000`,
      {
        kind: 'query',
        query: 'vector(1)+vector(1)',
        timeNs: 4_000_000_000_000_000_000n,
        limit: 100,
        direction: 'backward',
        ...asked,
      },
    ],
    ['labels', { kind: 'labels', ...span, selector: '' }],
    [`label?query=${SELECTOR}`, { kind: 'labels', ...span, selector: '{app="web"}' }],
    ['label/app/values?since=0', { kind: 'label-values', name: 'app', startNs: NOW, endNs: NOW, selector: '' }],
    ['label/a%2Fb/values', { kind: 'label-values', name: 'a/b', ...span, selector: '' }],
    ['series?match=%7B%7D', { kind: 'series', ...span, selectors: [] }],
    [`series?match[]=${SELECTOR}&match=${SELECTOR}`, { kind: 'series', ...span, selectors: ['{app="web"}'] }],
    ['index/stats?query=%7B%7D', { kind: 'index-stats', ...span, selector: '{}' }],
    [
      'index/volume?query=%7B%7D&limit=5000&targetLabels=a,b&aggregateBy=labels',
      {
        kind: 'volume',
        ...span,
        selector: '{}',
        limit: 1000,
        targetLabels: ['a', 'b'],
        aggregateBy: 'labels',
        stepMs: null,
      },
    ],
    [
      'index/volume_range?query=%7B%7D&step=60',
      {
        kind: 'volume',
        ...span,
        selector: '{}',
        limit: 100,
        targetLabels: [],
        aggregateBy: 'series',
        stepMs: 60_000,
      },
    ],
    ['detected_labels', { kind: 'detected-labels', ...span, selector: '' }],
    [
      `detected_fields?query=${SELECTOR}&line_limit=9999&limit=7`,
      { kind: 'detected-fields', ...span, query: '{app="web"}', lineLimit: 5000, limit: 7, field: null },
    ],
    [
      `detected_field/status/values?query=${SELECTOR}`,
      { kind: 'detected-fields', ...span, query: '{app="web"}', lineLimit: 100, limit: 1000, field: 'status' },
    ],
    [`patterns?query=${SELECTOR}&step=10`, { kind: 'patterns', ...span, query: '{app="web"}', stepMs: 10_000 }],
  ])('GET and POST %s', async (path, task) => {
    const [route, query = ''] = path.split('?') as [string, string];
    const answers = [await call(`GET /loki/api/v1/${path}`), await call(`POST /loki/api/v1/${route}`, { form: query })];
    expect(tasks).toEqual([
      { ...base, ...task },
      { ...base, ...task },
    ]);
    for (const { status, headers, text } of answers) {
      expect([status, headers['content-type'], text]).toEqual([
        200,
        'application/json; charset=UTF-8',
        '{"status":"success"}\n',
      ]);
    }
  });

  test('parameters of form and URL are merged, those of the form first', async () => {
    await call(`POST /loki/api/v1/query_range?query=no&limit=7&unknown=1`, {
      form: `query=${SELECTOR}&start=1699999999`,
    });
    expect(tasks).toMatchObject([{ query: '{app="web"}', limit: 7, startNs: NOW - 1_000_000_000n }]);
  });

  test('a body that is no form is passed over', async () => {
    const headers = { 'content-type': 'application/json' };
    await call('POST /loki/api/v1/labels?start=1699999999', { headers, form: '{"start":' });
    expect(tasks).toMatchObject([{ startNs: NOW - 1_000_000_000n }]);
  });

  test('headers: labels by category, and partial series for Drilldown', async () => {
    const headers = {
      'x-loki-response-encoding-flags': 'categorize-labels',
      'x-query-tags': 'Source=grafana-lokiexplore-app',
    };
    await call(`GET /loki/api/v1/query_range?query=${COUNT}`, { headers });
    expect(tasks).toMatchObject([{ categorizeLabels: true, partialSeries: true }]);
  });

  test('explain', async () => {
    await call(`GET /api/query/explain?query=${COUNT}&start=1&end=2&step=5`);
    await call(`GET /api/query/explain?query=${COUNT}&time=5`);
    const query = decodeURIComponent(COUNT);
    const rest = { ...base, kind: 'explain', query, limit: 100, direction: 'backward' };
    const at = 5_000_000_000n;
    expect(tasks).toEqual([
      { ...rest, startNs: 1_000_000_000n, endNs: 2_000_000_000n, stepMs: 5000, instant: false },
      { ...rest, startNs: at, endNs: at, stepMs: 0, instant: true },
    ]);
    const refused = await call(`GET /api/query/explain?query=${COUNT}&step=0`);
    expect([refused.status, JSON.parse(refused.text).error.field]).toEqual([400, 'step']);
  });

  test('old clients get labels in their own shape', async () => {
    answer = () => Buffer.from('{"status":"success","data":["a","b"]}\n');
    expect((await call('GET /api/prom/label')).text).toBe('{"values":["a","b"]}\n');
    expect((await call('GET /api/prom/label/app/values')).text).toBe('{"values":["a","b"]}\n');
    answer = () => Buffer.from('{"status":"success"}\n');
    expect((await call('GET /api/prom/label')).text).toBe('{"values":[]}\n');
    expect((await call('GET /api/prom/series')).text).toBe('{"status":"success"}\n');
    expect(tasks.map(({ kind }) => kind)).toEqual(['labels', 'label-values', 'labels', 'series']);
  });

  test('a long answer is compressed for those who read that', async () => {
    const long = Buffer.from(`{"data":"${'x'.repeat(100_000)}"}\n`);
    answer = () => long;
    const zipped = await call('GET /loki/api/v1/labels', { headers: { 'accept-encoding': 'deflate, gzip' } });
    expect(zipped.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept-Encoding' });
    expect(zipped.bytes.length).toBeLessThan(10_000);
    expect(gunzipSync(zipped.bytes).equals(long)).toBe(true);
    for (const accepted of ['identity', 'gzip;q=0', '']) {
      const plain = await call('GET /loki/api/v1/labels', { headers: { 'accept-encoding': accepted } });
      expect([plain.headers['content-encoding'], plain.bytes.equals(long)]).toEqual([undefined, true]);
    }
  });
});

describe('refusals are plain text', () => {
  test.each<[string, number, string]>([
    ['GET /loki/api/v1/query_range?start=2&end=1', 400, 'end timestamp must not be before or equal to start time'],
    [`GET /loki/api/v1/query_range?query=${SELECTOR}&limit=0`, 400, 'limit must be a positive value'],
    [
      `GET /loki/api/v1/query_range?query=${SELECTOR}&limit=5001`,
      400,
      'max entries limit per query exceeded, limit > max_entries_limit_per_query (5001 > 5000)',
    ],
    [
      `GET /loki/api/v1/query_range?query=${COUNT}&start=0&end=1700000000&step=1w`,
      400,
      'the query time range exceeds the limit (query length: 472222h13m20s, limit: 30d1h)',
    ],
    [`GET /loki/api/v1/query?query=${COUNT}&time=x`, 400, 'strconv.ParseInt: parsing "x": invalid syntax'],
    ['GET /loki/api/v1/index/volume?aggregateBy=x', 400, 'invalid aggregation option'],
    [`POST /loki/api/v1/series?match[]=${SELECTOR}&match=%7B%7D`, 400, '0 matchers in group: {}'],
    ['GET /loki/api/v1/nothing', 404, '404 page not found'],
    ['GET /loki/api/v2alpha/tail', 404, '404 page not found'],
    ['GET /prometheus/api/v1/nothing', 404, '404 page not found'],
    ['GET /loki/api/v1/rules', 404, 'no rule groups found'],
    ['GET /api/prom/rules/ns', 404, 'no rule groups found'],
    ['GET /loki/api/v1/rules/ns/group', 404, 'group does not exist'],
    ['DELETE /loki/api/v1/labels', 405, 'this path answers GET, POST'],
  ])('%s is %i %s', async (line, status, text) => {
    const refused = await call(line);
    expect([refused.status, refused.text]).toEqual([status, status === 400 ? text : `${text}\n`]);
    expect(refused.headers).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'x-content-type-options': 'nosniff',
    });
    expect(tasks).toEqual([]);
  });

  test('metric queries have no entries', async () => {
    expect((await call(`GET /loki/api/v1/query_range?query=${COUNT}&limit=99999`)).status).toBe(200);
  });

  test.each<[Error, number, string]>([
    [new PermanentError('invalid_query', 'parse error : x'), 400, 'parse error : x'],
    [
      new RetryableError('query_timeout', 'secret', 1000),
      504,
      'request timed out, decrease the duration of the request',
    ],
    [new RetryableError('overloaded', 'secret', 1000), 429, 'too many outstanding requests'],
    [new RetryableError('store_unavailable', 'secret', 1000), 503, 'the event store does not answer now'],
    [new TypeError('secret'), 500, 'a fault of the server'],
  ])('%s while it runs is %i', async (error, status, text) => {
    answer = () => {
      throw error;
    };
    const refused = await call('GET /loki/api/v1/labels');
    expect(refused.status).toBe(status);
    expect(refused.text.startsWith(text)).toBe(true);
    expect(refused.text).not.toContain('secret');
  });

  test('who asks for several orgs, or with no key, or with too much', async () => {
    const several = await call('GET /loki/api/v1/labels', { headers: { 'x-scope-orgid': 'a|b' } });
    expect([several.status, several.text]).toEqual([400, 'multiple org IDs present']);
    const nobody = await api.app.inject('/loki/api/v1/labels');
    expect([nobody.statusCode, nobody.headers['www-authenticate']]).toEqual([401, 'Bearer']);
    expect(nobody.body).toMatch(/^this request needs an API key/);
    const large = await call('POST /loki/api/v1/labels', { form: `query=${'x'.repeat(300_000)}` });
    expect([large.status, large.text]).toEqual([413, 'the body is too large for this path']);
    expect(tasks).toEqual([]);
  });
});

describe('what needs no query', () => {
  test('format_query', async () => {
    const formatted = await call(`GET /loki/api/v1/format_query?query=${SELECTOR}`);
    expect(JSON.parse(formatted.text)).toEqual({ status: 'success', data: '{app="web"}' });
    const refused = await call('POST /loki/api/v1/format_query', { form: 'query=%7B' });
    expect([refused.status, refused.headers['content-type']]).toEqual([400, 'application/json; charset=UTF-8']);
    expect(JSON.parse(refused.text)).toEqual({
      status: 'invalid-query',
      error: expect.stringMatching(/^parse error at line 1, col \d+: /),
    });
  });

  test('status, and rules that there are none of', async () => {
    expect(JSON.parse((await call('GET /loki/api/v1/status/buildinfo')).text).version).toMatch(/^3\.\d+\.\d+$/);
    expect(JSON.parse((await call('GET /prometheus/api/v1/rules')).text)).toMatchObject({ data: { groups: [] } });
    expect(JSON.parse((await call('GET /prometheus/api/v1/alerts')).text)).toMatchObject({ data: { alerts: [] } });
    expect((await api.app.inject('/ready')).body).toBe('ready\n');
  });

  test('limits are those of the org, at once after a change', async () => {
    await updateOrgSettings(api.control, 'acme', { settings: { loki: { ...DEFAULT_LOGQL_SETTINGS, entriesMax: 7 } } });
    const expected = { max_entries_limit_per_query: 7, max_query_length: '30d1h', query_timeout: '1m' };
    const drilldown = JSON.parse((await call('GET /loki/api/v1/drilldown-limits')).text);
    expect(drilldown).toMatchObject({ limits: expected, pattern_ingester_enabled: true });
    expect(parseYaml((await call('GET /config/tenant/v1/limits')).text)).toEqual(drilldown.limits);
    expect((await call(`GET /loki/api/v1/query_range?query=${SELECTOR}&limit=8`)).status).toBe(400);
    await updateOrgSettings(api.control, 'acme', { settings: { loki: DEFAULT_LOGQL_SETTINGS } });
    expect((await call(`GET /loki/api/v1/query_range?query=${SELECTOR}&limit=8`)).status).toBe(200);
  });
});

describe('delete requests', () => {
  const path = '/loki/api/v1/delete';

  test('one is made, listed and cancelled, by admins alone', async () => {
    const made = await call(`POST ${path}?query=${SELECTOR}&start=1600000000&end=1600000060`, { headers: admin });
    const id = made.headers['x-delete-request-id'];
    expect([made.status, made.text]).toEqual([204, '']);
    expect(JSON.parse((await call(`GET ${path}`, { headers: admin })).text)).toEqual([
      {
        request_id: id,
        start_time: 1_600_000_000,
        end_time: 1_600_000_060,
        query: '{app="web"}',
        status: 'received',
        created_at: NOW_MS / 1000,
      },
    ]);
    expect((await call(`GET ${path}`)).status).toBe(403);
    expect((await call(`DELETE ${path}?request_id=${id}`, { headers: admin })).status).toBe(204);
    expect((await call(`GET ${path}`, { headers: admin })).text).toBe('[]\n');
    const again = await call(`DELETE ${path}?request_id=${id}`, { headers: admin });
    expect([again.status, again.text]).toEqual([404, 'could not find delete request with given id\n']);
  });

  test('without an end one ends now, which is listed in whole seconds', async () => {
    const made = await call(`POST ${path}?query=${SELECTOR}&start=1600000000`, { headers: admin });
    const [listed] = JSON.parse((await call(`GET ${path}`, { headers: admin })).text);
    expect(listed.request_id).toBe(made.headers['x-delete-request-id']);
    expect(Number.isInteger(listed.end_time)).toBe(true);
    await call(`DELETE ${path}?request_id=${listed.request_id}`, { headers: admin });
  });

  test.each([
    ['', 'query not set'],
    ['query=%7B', 'invalid query expression'],
    ['query=%7Ba%3D~%22(%22%7D', 'invalid query expression'],
    [`query=${'x'.repeat(2001)}`, 'the query of a delete request has up to 2000 characters'],
    [`query=${COUNT}&start=1600000000`, 'invalid query expression'],
    [`query=${SELECTOR}`, 'start time not set'],
    [`query=${SELECTOR}&start=160000000`, 'invalid start time: require unix seconds or RFC3339 format'],
    [`query=${SELECTOR}&start=1600000000000`, 'invalid start time: require unix seconds or RFC3339 format'],
    [`query=${SELECTOR}&start=1600000000&end=x`, 'invalid end time: require unix seconds or RFC3339 format'],
    [`query=${SELECTOR}&start=1600000000&end=1700000001`, 'deletes in the future are not allowed'],
    [
      `query=${SELECTOR}&start=1600000000&end=2020-09-13T12:26:40Z`,
      "start time can't be greater than or equal to end time",
    ],
    [`query=${SELECTOR}%7C%3D%22x%22&start=1600000000&max_interval=25h`, "max_interval can't be greater than 24h0m0s"],
    [
      `query=${SELECTOR}%7C%3D%22x%22&start=1600000000&end=1600000060&max_interval=1h`,
      "max_interval can't be greater than the interval to be deleted (1m0s)",
    ],
    [
      `query=${SELECTOR}%7C%3D%22x%22&start=1600000000&max_interval=500ms`,
      "invalid max_interval: valid time units are 's', 'm', 'h'",
    ],
  ])('%s is refused: %s', async (query, text) => {
    const refused = await call(`PUT ${path}?${query}`, { headers: admin });
    expect([refused.status, refused.text]).toEqual([400, text]);
  });
});
