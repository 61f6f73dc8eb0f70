import { beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type LokiServer, push } from '../support/loki/http-client.ts';
import { eventually } from '../support/server.ts';
import { sharedServer } from '../support/shared-server.ts';
import { type Ask, asker, CATEGORIZE, memberOrder } from './grafana-requests.ts';

/**
 * The requests that Grafana's Loki data source makes, in the order in which it makes them, against the built server:
 * https://github.com/grafana/grafana-loki-datasource. The shapes are those that it parses.
 */
const MS = 1_000_000n;
const SECOND_MS = 1000;
const MINUTE_MS = 60_000;
/** A full minute, so that the steps of a histogram are known. */
const END_MS = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
const START_MS = END_MS - 60 * MINUTE_MS;
const ns = (ms: number): bigint => BigInt(ms) * MS;
const span = { start: ns(START_MS), end: ns(END_MS) };

const EVENTS = 60;
const LEVELS = ['info', 'info', 'error'];

const shared = sharedServer();
let server: LokiServer;
let ask: Ask;

/** One a minute, each 30 s into it. */
const timeOf = (i: number): number => START_MS + i * MINUTE_MS + 30 * SECOND_MS;

beforeAll(async () => {
  server = { url: shared.url, headers: { Authorization: `Bearer ${shared.adminKey}` } };
  ask = asker(server);
  const entries = Array.from({ length: EVENTS }, (_, i) => ({
    nanos: ns(timeOf(i)) + 1n,
    line: JSON.stringify({ level: LEVELS[i % 3], status: i % 3 === 2 ? 500 : 200, path: `/item/${i}` }),
    metadata: { shard: `s${i % 2}` },
  }));
  await push(server, [
    { labels: { app: 'shop', env: 'prod' }, entries },
    { labels: { app: 'other' }, entries: [{ nanos: ns(START_MS + SECOND_MS), line: 'another stream' }] },
  ]);
});

test('Save & test', async () => {
  const { status, headers, text } = await ask('query', {
    query: 'vector(1)+vector(1)',
    time: 4_000_000_000n * 1_000_000_000n,
    direction: 'backward',
  });
  expect([status, status === 200 ? '' : text]).toEqual([200, '']);
  expect(headers.get('content-type')).toBe('application/json; charset=UTF-8');
  expect(
    text.startsWith(
      '{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[4000000000,"2"]}]',
    ),
  ).toBe(true);
  expect(text.endsWith('\n')).toBe(true);
  const { version } = (await ask('status/buildinfo', {})).json();
  expect(version).toMatch(/^3\.\d+\.\d+$/);
});

describe('the query builder', () => {
  test('labels, values, series, statistics', async () => {
    const selector = '{app="shop"}';
    expect((await ask('labels', span)).json().data).toEqual(expect.arrayContaining(['app', 'env', 'service_name']));
    expect((await ask('labels', { ...span, query: selector })).json().data).toContain('env');
    expect((await ask('label/app/values', { ...span, query: '{env="prod"}' })).json()).toEqual({
      status: 'success',
      data: ['shop'],
    });
    expect((await ask('label/app/values', span)).json().data).toEqual(['other', 'shop']);
    expect((await ask('series', { ...span, 'match[]': selector })).json().data).toEqual([
      { app: 'shop', env: 'prod', service_name: 'shop' },
    ]);
    const stats = (await ask('index/stats', { ...span, query: selector })).text;
    expect(JSON.parse(stats)).toMatchObject({ streams: 1, entries: EVENTS });
    expect(memberOrder(stats, ['entries', 'bytes', 'chunks', 'streams'])).toEqual([
      'streams',
      'chunks',
      'bytes',
      'entries',
    ]);
  });

  test('prettify', async () => {
    const { status, data } = (await ask('format_query', { query: 'sum(rate({app="shop"}|="x"[5m]))by(app)' })).json();
    expect([status, data]).toEqual(['success', expect.stringContaining('{app="shop"} |= "x"')]);
    const bad = await ask('format_query', { query: 'sum(' });
    expect([bad.status, bad.text.trim()]).toEqual([
      400,
      '{"status":"invalid-query","error":"parse error at line 1, col 5: syntax error: unexpected $end"}',
    ]);
  });
});

describe('Explore', () => {
  const logs = {
    query: '{app="shop"} | json | status=`500`',
    ...span,
    direction: 'backward',
    limit: 1000,
    step: '2000ms',
  };

  test('lines, with labels by where they come from', async () => {
    const { status, text, json } = await ask('query_range', logs, CATEGORIZE);
    expect(status).toBe(200);
    expect(memberOrder(text, ['stats', 'result', 'encodingFlags', 'resultType', 'data'])).toEqual([
      'data',
      'resultType',
      'encodingFlags',
      'result',
      'stats',
    ]);
    const [stream, ...others] = json().data.result;
    expect(others).toEqual([]);
    expect(stream.stream).toEqual({ app: 'shop', env: 'prod', service_name: 'shop' });
    expect(stream.values).toHaveLength(EVENTS / 3);
    const [time, line, categories] = stream.values[0];
    expect([time, line]).toEqual([String(ns(timeOf(59)) + 1n), '{"level":"error","status":500,"path":"/item/59"}']);
    expect(categories.structuredMetadata).toMatchObject({ shard: 's1', detected_level: 'error' });
    expect(categories.parsed).toEqual({ level: 'error', path: '/item/59', status: '500' });
  });

  test('without the flag labels are one set and values are pairs', async () => {
    const { text, json } = await ask('query_range', { ...logs, limit: 1 });
    expect(text).not.toContain('encodingFlags');
    const [{ stream, values }] = json().data.result;
    expect(values).toEqual([[String(ns(timeOf(59)) + 1n), expect.any(String)]]);
    expect(stream).toMatchObject({ app: 'shop', shard: 's1', status: '500' });
  });

  test('POST with a form', async () => {
    const body = new URLSearchParams({
      query: logs.query,
      start: String(span.start),
      end: String(span.end),
      limit: '5',
    });
    const response = await fetch(`${server.url}/loki/api/v1/query_range`, {
      method: 'POST',
      headers: { ...server.headers, ...CATEGORIZE },
      body,
    });
    const { data } = (await response.json()) as { data: { result: { values: unknown[] }[] } };
    expect(data.result.flatMap(({ values }) => values)).toHaveLength(5);
  });

  test('volume by level', async () => {
    const query = 'sum by (level, detected_level) (count_over_time({app="shop"} | json | drop __error__[20m]))';
    const parameters = { query, ...span, step: `${20 * MINUTE_MS}ms`, direction: 'backward' };
    const { text, json } = await ask('query_range', parameters, { ...CATEGORIZE, 'X-Query-Tags': 'Source=logvolhist' });
    const { resultType, result } = json().data;
    expect(resultType).toBe('matrix');
    expect(result.map(({ metric }) => metric)).toEqual([
      { detected_level: 'error', level: 'error' },
      { detected_level: 'info', level: 'info' },
    ]);
    const total = result.flatMap(({ values }) => values).reduce((sum, [, value]) => sum + Number(value), 0);
    expect(total).toBe(EVENTS);
    for (const [seconds, value] of result[0].values as unknown as [number, string][]) {
      expect([typeof seconds, seconds % (20 * 60), typeof value]).toEqual(['number', 0, 'string']);
    }
    expect(text).not.toContain('"value":');
  });

  test('scrolling on: each page ends where the last began', async () => {
    const seen: string[] = [];
    let end = span.end;
    for (;;) {
      const page = { query: '{app="shop"}', start: span.start, end, limit: 25, direction: 'backward' };
      const { data } = (
        await ask('query_range', page, { ...CATEGORIZE, 'X-Query-Tags': 'Source=infinitescroll' })
      ).json();
      const times = data.result.flatMap(({ values }) => values.map(([time]) => time));
      if (times.length === 0) break;
      seen.push(...times);
      end = BigInt(times.at(-1)!);
    }
    expect(seen).toEqual(Array.from({ length: EVENTS }, (_, i) => String(ns(timeOf(EVENTS - 1 - i)) + 1n)));
  });

  test('context: the row is in what comes after it, and not in what comes before', async () => {
    const row = ns(timeOf(30)) + 1n;
    const query = '{app="shop",env="prod",service_name="shop"}';
    const twoHours = 2n * 3_600_000n * MS;
    const before = { query, start: row - twoHours, end: row, limit: 10, direction: 'backward' };
    const after = { query, start: row, end: row + twoHours, limit: 10, direction: 'forward' };
    const numbersOf = async (parameters: typeof before) =>
      (await ask('query_range', parameters, CATEGORIZE))
        .json()
        .data.result.flatMap(({ values }) => values.map(([, line]) => Number(/item\/(\d+)/.exec(line)?.[1])));
    expect(await numbersOf(before)).toEqual([29, 28, 27, 26, 25, 24, 23, 22, 21, 20]);
    expect(await numbersOf(after)).toEqual([30, 31, 32, 33, 34, 35, 36, 37, 38, 39]);
  });

  test('nothing found', async () => {
    const { status, text } = await ask('query_range', { ...logs, query: '{app="none"}' }, CATEGORIZE);
    expect(status).toBe(200);
    expect(
      text.startsWith(
        '{"status":"success","data":{"resultType":"streams","encodingFlags":["categorize-labels"],"result":[],"stats":',
      ),
    ).toBe(true);
  });

  test('live', async () => {
    const url = `${server.url.replace('http', 'ws')}/loki/api/v1/tail?${new URLSearchParams({ query: '{app="live"}' })}`;
    const socket = new WebSocket(url, { headers: { ...server.headers, ...CATEGORIZE } });
    const frames: string[] = [];
    let isText = true;
    socket.on('message', (data, isBinary) => {
      isText &&= !isBinary;
      frames.push(String(data));
    });
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    const now = ns(Date.now());
    await push(server, [{ labels: { app: 'live' }, entries: [{ nanos: now, line: 'it lives' }] }]);
    const [frame] = await eventually(async () => (frames.length > 0 ? frames : undefined));
    socket.close(1000);
    expect(isText).toBe(true);
    const { streams, encodingFlags } = JSON.parse(frame) as { streams: unknown; encodingFlags: string[] };
    expect(encodingFlags).toEqual(['categorize-labels']);
    expect(streams).toEqual([
      {
        stream: { app: 'live', service_name: 'live' },
        values: [
          [String(now), 'it lives', { structuredMetadata: expect.objectContaining({ detected_level: 'info' }) }],
        ],
      },
    ]);
  });
});

describe('dashboards and alerts', () => {
  test('a panel: a matrix whose times are seconds and whose values are text', async () => {
    const query = 'sum by (status) (count_over_time({app="shop"} | json [30m]))';
    const { json } = await ask('query_range', { query, ...span, step: '1800000ms' }, CATEGORIZE);
    const { result } = json().data;
    expect(result.map(({ metric }) => metric.status)).toEqual(['200', '500']);
    const sum = (at: number) => result[at].values.reduce((total, [, value]) => total + Number(value), 0);
    expect([sum(0), sum(1)]).toEqual([40, 20]);
  });

  test('an alert rule: a vector at one time', async () => {
    const query = 'sum(count_over_time({app="shop"} |= "error" [1h])) > 5';
    const { json } = await ask('query', { query, time: span.end }, { FromAlert: 'true' });
    expect(json().data.resultType).toBe('vector');
    expect(json().data.result).toEqual([{ metric: {}, value: [END_MS / 1000, '20'] }]);
  });

  test.each([
    ['{app="shop"', 400, 'parse error at line 1, col 12: syntax error: unexpected $end, expecting } or ,'],
    ['{app=~".*"}', 400, /^parse error : queries require at least one regexp or equality matcher/],
    ['count_over_time({app="shop"} | json | level > 5 [5m])', 400, /^pipeline error: 'LabelFilterErr' for series: /],
  ])('an error is plain text: %s', async (query, status, message) => {
    const answer = await ask('query_range', { query, ...span, step: '60000ms' }, CATEGORIZE);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    const text = answer.text.replace(/\n$/, '');
    if (typeof message === 'string') expect(text).toBe(message);
    else expect(text).toMatch(message);
  });

  test('a log query at one time is refused in words that Grafana knows', async () => {
    const { status, text } = await ask('query', { query: '{app="shop"}', time: span.end });
    expect([status, text.trim()]).toEqual([
      400,
      'log queries are not supported as an instant query type, please change your query to a range query type',
    ]);
  });

  test('rules: there are none', async () => {
    const { status } = await ask('rules', {});
    expect(status).toBe(404);
    const response = await fetch(`${server.url}/prometheus/api/v1/rules`, { headers: server.headers! });
    expect(await response.json()).toMatchObject({ status: 'success', data: { groups: [] } });
  });
});
