import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { call } from '../support/http-call.ts';
import { eventually } from '../support/server.ts';
import { sharedServer } from '../support/shared-server.ts';

/** What Grafana's data source, Logs Drilldown and logcli ask one after another, of the program as it is installed. */
const server = sharedServer();
let headers: { authorization: string };
const SECOND = 1_000_000_000n;
/** The last of five lines, a second apart. */
const LAST = BigInt(Math.floor(Date.now() / 1000) - 60) * SECOND + 123_456_789n;
const at = (seconds: number) => String(LAST - BigInt(seconds) * SECOND);
const START = at(600);
const END = String(LAST + SECOND);
const span = { start: START, end: END };

const STREAMS = [
  {
    stream: { app: 'web', env: 'prod' },
    values: [
      [at(4), '{"status":200,"path":"/a","took":"12ms"}'],
      [at(3), '{"status":500,"path":"/b","took":"90ms"}', { trace_id: 'abc' }],
      [at(2), 'level=error msg="it broke" status=503'],
    ],
  },
  {
    stream: { app: 'worker', env: 'prod' },
    values: [
      [at(1), 'job 17 done'],
      [at(0), 'job 18 done'],
    ],
  },
];

beforeAll(async () => {
  headers = { authorization: `Bearer ${server.adminKey}` };
  const pushed = await call(server, 'POST /loki/api/v1/push?ack=stored', {
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ streams: STREAMS }),
  });
  expect(pushed.status).toBe(204);
  // A store that is still starting on a busy machine may take longer than a push waits.
  await eventually(async () => {
    const answer = await ask('/loki/api/v1/query_range', { query: '{env="prod"}', ...span });
    return answer.text.includes('job 18 done') ? answer : undefined;
  });
});

type Parameters = Record<string, string>;

async function ask(path: string, parameters: Parameters = {}, more: Record<string, string> = {}) {
  const answer = await call(server, `GET ${path}?${new URLSearchParams(parameters)}`, {
    headers: { ...headers, ...more },
  });
  return { status: answer.status, headers: answer.headers, body: answer.body, text: answer.body.toString() };
}

async function answered(path: string, parameters: Parameters = {}, more: Record<string, string> = {}) {
  const { status, headers: got, text } = await ask(path, parameters, more);
  expect([status, got['content-type'], text.endsWith('\n')], text).toEqual([
    200,
    'application/json; charset=UTF-8',
    true,
  ]);
  return JSON.parse(text);
}

interface Stream {
  stream: Record<string, string>;
  values: [string, string, object?][];
}
const lines = (answer: { data: { result: Stream[] } }) =>
  answer.data.result.flatMap(({ values }) => values.map(([ns, line]) => `${ns} ${line}`));
const queryRange = (query: string, parameters: Parameters = {}, more = {}) =>
  answered('/loki/api/v1/query_range', { query, ...span, ...parameters }, more);

describe('Grafana’s data source', () => {
  test('save & test', async () => {
    const time = '4000000000';
    const answer = await answered('/loki/api/v1/query', { query: 'vector(1)+vector(1)', time });
    expect(Object.keys(answer.data)).toEqual(['resultType', 'result', 'stats']);
    expect(answer.data).toMatchObject({ resultType: 'vector', result: [{ metric: {}, value: [4_000_000_000, '2'] }] });
  });

  test('a run of a log query: labels by category, in the order that its parser needs', async () => {
    const flags = { 'x-loki-response-encoding-flags': 'categorize-labels' };
    const answer = await queryRange('{app="web"} | json', { direction: 'backward', step: '1000ms', limit: '2' }, flags);
    expect(Object.keys(answer.data)).toEqual(['resultType', 'encodingFlags', 'result', 'stats']);
    expect(answer.data).toMatchObject({ resultType: 'streams', encodingFlags: ['categorize-labels'] });
    const [{ stream, values }] = answer.data.result as [Stream];
    expect(stream).toMatchObject({ app: 'web', env: 'prod' });
    expect(values.map(([ns]) => ns)).toEqual([at(2), at(3)]);
    expect(values.map(([, , categories]) => categories)).toMatchObject([
      { parsed: { __error__: 'JSONParserErr' } },
      { structuredMetadata: { trace_id: 'abc' }, parsed: { status: '500', path: '/b', took: '90ms' } },
    ]);
  });

  test('without the flag values are pairs, and all labels are the stream’s', async () => {
    const answer = await queryRange('{app="web"} |= "/b"');
    expect(answer.data.encodingFlags).toBeUndefined();
    expect(answer.data.result).toMatchObject([
      { stream: { app: 'web', trace_id: 'abc' }, values: [[at(3), STREAMS[0]!.values[1]![1]]] },
    ]);
    expect(answer.data.result[0].values[0]).toHaveLength(2);
  });

  test('the histogram of volumes: labels that are not there are missing', async () => {
    const query = 'sum by (level, detected_level) (count_over_time({app=~"web|worker"} | drop __error__[10m]))';
    const answer = await queryRange(query, { step: '600s' });
    const counts = (answer.data.result as { metric: Parameters; values: [number, string][] }[]).map(
      ({ metric, values }) => [metric, values.at(-1)![1]],
    );
    expect(answer.data.resultType).toBe('matrix');
    expect(counts.map(([metric]) => Object.keys(metric!))).toEqual(counts.map(() => ['detected_level']));
  });

  test('the label browser', async () => {
    expect((await answered('/loki/api/v1/labels', span)).data).toEqual(expect.arrayContaining(['app', 'env']));
    const values = (parameters: Parameters) => answered('/loki/api/v1/label/app/values', { ...span, ...parameters });
    expect((await values({})).data).toEqual(['web', 'worker']);
    expect((await values({ query: '{app=~"work.*"}' })).data).toEqual(['worker']);
    expect((await values({ query: '{}' })).data).toEqual(['web', 'worker']);
    expect((await answered('/loki/api/v1/label/__stream_shard__/values', span)).data ?? []).toEqual([]);
    const series = await answered('/loki/api/v1/series', { ...span, 'match[]': '{app="web"}' });
    expect(series.data).toMatchObject([{ app: 'web', env: 'prod' }]);
    expect(series.data[0]).not.toHaveProperty('trace_id');
  });

  test('hints: what a selector would read', async () => {
    const stats = await answered('/loki/api/v1/index/stats', { ...span, query: '{app="web"}' });
    expect(stats).toMatchObject({ streams: 1, entries: 3 });
    expect(Object.keys(stats)).toEqual(['streams', 'chunks', 'bytes', 'entries']);
  });

  test('context of a line: what follows from it on, and what came before it', async () => {
    const parameters = { limit: '2', start: at(3), end: END };
    const after = await queryRange('{app="web"}', { ...parameters, direction: 'forward' });
    expect(lines(after).map((line) => line.split(' ', 1)[0])).toEqual(expect.arrayContaining([at(3), at(2)]));
    const before = await queryRange('{app="web"}', { ...parameters, start: START, end: at(3) });
    expect(lines(before)).toEqual([`${at(4)} ${STREAMS[0]!.values[0]![1]}`]);
  });

  test('scrolling on, a page at a time, finds every line once', async () => {
    const seen: string[] = [];
    for (let end = END, page = 0; page < 10; page++) {
      const found = lines(await queryRange('{env="prod"}', { limit: '2', end }))
        .sort()
        .reverse();
      if (found.length === 0) break;
      seen.push(...found);
      end = found.at(-1)!.split(' ', 1)[0]!;
    }
    expect(seen.map((line) => line.split(' ', 1)[0])).toEqual([0, 1, 2, 3, 4].map(at));
  });

  test('faults are told in Loki’s words, as plain text', async () => {
    const refused = await ask('/loki/api/v1/query_range', { query: '{app="web"} |= ', ...span });
    expect([refused.status, refused.headers['content-type']]).toEqual([400, 'text/plain; charset=utf-8']);
    expect(refused.text).toMatch(/^parse error at line 1, col \d+: syntax error: unexpected \$end/);
    const instant = await ask('/loki/api/v1/query', { query: '{app="web"}' });
    expect([instant.status, instant.text]).toEqual([
      400,
      'log queries are not supported as an instant query type, please change your query to a range query type',
    ]);
    const filter = await ask('/loki/api/v1/labels', { query: '{app="web"} |= "x"', ...span });
    expect([filter.status, filter.text]).toEqual([400, expect.stringContaining('only label matchers are supported')]);
    const template = await ask('/loki/api/v1/query_range', { query: '{app="web"} | line_format "{{"', ...span });
    expect([template.status, template.text]).toEqual([400, expect.stringContaining('invalid line template')]);
  });

  test('a form is read as the query string is, and long answers are compressed', async () => {
    const all = `{app=~".+"} | line_format "${'{{.app}} '.repeat(2000)}"`;
    const answer = await call(server, 'POST /loki/api/v1/query_range?limit=10', {
      headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded', 'accept-encoding': 'gzip' },
      body: new URLSearchParams({ query: all, ...span }).toString(),
    });
    expect([answer.status, answer.headers['content-encoding']]).toEqual([200, 'gzip']);
    expect(lines(JSON.parse(gunzipSync(answer.body).toString()))).toHaveLength(5);
  });
});

describe('Logs Drilldown', () => {
  const iso = (ns: string) => new Date(Number(BigInt(ns) / 1_000_000n)).toISOString();
  const range = { start: iso(START), end: iso(END) };

  test('the page of services', async () => {
    const answer = await answered('/loki/api/v1/index/volume', {
      ...range,
      query: '{service_name=~".+"}',
      limit: '5000',
    });
    const names = answer.data.result.map(({ metric }: { metric: Parameters }) => metric.service_name).sort();
    expect([answer.data.resultType, names]).toEqual(['vector', ['web', 'worker']]);
    const over = await answered('/loki/api/v1/index/volume_range', { ...range, query: '{app="web"}', step: '60' });
    expect(over.data.result[0].metric).toEqual({ app: 'web' });
  });

  test('labels, fields and values', async () => {
    const { detectedLabels } = await answered('/loki/api/v1/detected_labels', { ...range, query: '{app="web"}' });
    expect(detectedLabels).toEqual(expect.arrayContaining([{ label: 'app', cardinality: 1 }]));
    const { fields } = await answered('/loki/api/v1/detected_fields', { ...range, query: '{app="web"}' });
    const field = (name: string) => fields.find(({ label }: { label: string }) => label === name);
    expect(field('trace_id')).toEqual({ label: 'trace_id', type: 'string', cardinality: 1, parsers: null });
    expect(field('took')).toMatchObject({ type: 'duration', cardinality: 2, parsers: ['json'] });
    const path = '/loki/api/v1/detected_field/status/values';
    expect((await answered(path, { ...range, query: '{app="web"}' })).values.sort()).toEqual(['200', '500', '503']);
  });

  test('patterns', async () => {
    const { data } = await answered('/loki/api/v1/patterns', { ...range, query: '{app="worker"}', step: '10s' });
    expect(data).toMatchObject([{ pattern: 'job <_> done' }]);
    const counts = data[0].samples.map(([, count]: [number, number]) => count);
    expect(counts.reduce((sum: number, count: number) => sum + count, 0)).toBe(2);
  });
});

describe('other clients', () => {
  test('logcli: upper case, float steps, `match`, `since`', async () => {
    const step = { direction: 'FORWARD', step: '0.500000', limit: '30' };
    expect(lines(await queryRange('{app="worker"}', step))).toHaveLength(2);
    const { data } = await answered('/loki/api/v1/series', { match: '{env="prod"}', since: '1h' });
    expect(data).toHaveLength(2);
  });

  test('explain says what is done by the store', async () => {
    const { status, text } = await ask('/api/query/explain', { query: 'rate({app="web"} |= "status" [1m])', ...span });
    expect([status, JSON.parse(text).reads[0].sql]).toEqual([200, expect.stringContaining('SELECT')]);
  });

  test('a hostile query is refused or ends, and others are answered meanwhile', async () => {
    const filters = ' |~ "(x+x+)+y"'.repeat(50);
    const [hostile, healthy] = await Promise.all([
      ask('/loki/api/v1/query_range', { query: `{app=~".+"}${filters}`, ...span }),
      ask('/healthz'),
    ]);
    expect([healthy.status, [200, 400, 504].includes(hostile.status)]).toEqual([200, true]);
  });
});

// Last, for it takes lines away.
test('lines are deleted by a query, and the request is done soon', async () => {
  const path = '/loki/api/v1/delete';
  const seconds = (ns: string) => String(BigInt(ns) / SECOND);
  const asked = new URLSearchParams({
    query: '{app="worker"} |= "17"',
    start: seconds(START),
    end: seconds(END),
  });
  const made = await call(server, `POST ${path}?${asked}`, { headers });
  expect(made.status).toBe(204);
  await eventually(async () => {
    const [request] = JSON.parse((await ask(path)).text);
    expect(request.request_id).toBe(made.headers['x-delete-request-id']);
    return request.status === 'processed' || undefined;
  });
  expect(lines(await queryRange('{app="worker"}'))).toEqual([`${at(0)} job 18 done`]);
  expect(lines(await queryRange('{app="web"}'))).toHaveLength(3);
  const begun = await call(server, `DELETE ${path}?request_id=${made.headers['x-delete-request-id']}`, { headers });
  expect([begun.status, begun.text]).toEqual([
    400,
    'deletion of request which is in process or already processed is not allowed',
  ]);
});

test.each([
  ['filters', '|= "status" '.repeat(2_000), 3],
  ['words', `|= "status" != \`${'\\'.repeat(60_000)}\``, 3],
  ['literals of a pattern', `|> "${'<_>s'.repeat(2_000)}"`, 0],
])(
  'a query in a URL may be as long as in a form, and need not fit into what the store takes: %s',
  async (_, filters, lineCount) => {
    expect(lines(await queryRange(`{app="web"} ${filters}`))).toHaveLength(lineCount);
  },
);

/** Last: its streams are in every list. More than one parameter of the store holds, with a service that is not selected. */
test('thousands of streams are asked for by one selector', async () => {
  const streams = Array.from({ length: 6_000 }, (_, i) => ({
    stream: { app: 'many', pod: `pod-${i}` },
    values: [[at(1), `line ${i}`]],
  }));
  const pushed = await call(server, 'POST /loki/api/v1/push?ack=stored', {
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ streams }),
  });
  expect(pushed.status).toBe(204);
  expect(lines(await queryRange('{app="many"}', { limit: '10' }))).toHaveLength(10);
  const count = 'sum(count_over_time({app="many"} | pod!="pod-7" [1h]))';
  const { data } = await answered('/loki/api/v1/query', { query: count, time: END });
  expect(data.result[0].value[1]).toBe('5999');
  const volume = await answered('/loki/api/v1/index/volume_range', { query: '{app="many"}', ...span, step: '3600' });
  const bytes = streams.reduce((sum, { values }) => sum + values[0]![1]!.length, 0);
  expect(volume.data.result[0].value[1]).toBe(String(bytes));
});
