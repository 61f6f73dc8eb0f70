import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { distributionSchema, histogramSchema, operationsSchema, topSchema } from '../../src/api/wire/charts.ts';
import { patternsSchema } from '../../src/api/wire/patterns.ts';
import { traceListSchema } from '../../src/api/wire/traces.ts';
import { runTask } from '../../src/query/logql/run-task.ts';
import type { LogqlTask } from '../../src/query/logql/tasks.ts';
import { openTestApi, openTestStore, type SampleEvent, type TestApi, type TestStore } from './api-fixture.ts';

/** What the pages of charts ask, on the embedded engine. */
let opened: TestStore;
let api: TestApi;
let headers: Record<string, string>;

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const START_MS = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - 4 * HOUR_MS;
const at = (ms: number) => BigInt(START_MS + ms) * 1_000_000n;
const iso = (ms: number) => new Date(START_MS + ms).toISOString();
const number = (value: string) => ({ kind: 'number' as const, text: value });
const RANGE = `from=${START_MS}&to=${START_MS + 3 * HOUR_MS}`;

const EVENTS: SampleEvent[] = [
  ...[10, 20, 30, 40, 1000].map(
    (durationMs, i): SampleEvent => ({
      message: `request ${i} done in ${durationMs} ms`,
      service: 'api',
      logType: 'gateway',
      eventType: 'request',
      action: 'read',
      durationMs,
      cost: 0.25,
      traceId: 'slow',
      attributes: { tokens: number(String(i)), note: { kind: 'string', text: 'none' } },
      timestampNs: at(MINUTE_MS + i),
    }),
  ),
  {
    message: 'card 4 declined',
    service: 'billing',
    logType: 'billing',
    severityNumber: 17,
    traceId: 'bad',
    timestampNs: at(HOUR_MS + 1),
  },
  {
    message: 'card 5 declined',
    service: 'billing',
    logType: 'billing',
    severityNumber: 21,
    durationMs: 7,
    timestampNs: at(2 * HOUR_MS + 30 * MINUTE_MS),
  },
];

beforeAll(async () => {
  opened = await openTestStore();
  const { store } = opened;
  // The task itself; test/store/logql-worker.test.ts has the threads.
  const run = async (task: LogqlTask, signal: AbortSignal) => Buffer.from(await runTask(task, { store, signal }));
  api = await openTestApi(store, { logql: { run } });
  headers = await api.keyOf('acme', ['query']);
  await opened.insert('acme', EVENTS);
  await opened.insert('other', [{ ...EVENTS[0]!, message: 'secret of other' }]);
});
afterAll(async () => {
  await api?.close();
  await opened?.close();
});

async function getJson(path: string) {
  const response = await api.app.inject({ url: path, headers });
  expect(response.statusCode, response.body).toBe(200);
  return response.json();
}

describe('GET /api/logs/histogram', () => {
  const histogram = async (query: string) => histogramSchema.parse(await getJson(`/api/logs/histogram?${query}`));

  test('every bucket is there, aligned to the epoch', async () => {
    const answer = await histogram(`${RANGE}&buckets=6`);
    expect(answer).toMatchObject({
      interval_ms: HOUR_MS / 2,
      total: EVENTS.length,
      from: `${iso(0).slice(0, -1)}000000Z`,
    });
    expect(answer.buckets.map(({ time, events }) => [time, events])).toEqual(
      [5, 0, 1, 0, 0, 1].map((events, i) => [iso((i * HOUR_MS) / 2), events]),
    );
    expect(answer.buckets[5]!.by_severity).toEqual({ debug: 0, info: 0, warn: 0, error: 0, critical: 1 });
  });

  test('hours from the view and the rests of hours from the events make the same numbers', async () => {
    const cut = `from=${START_MS + MINUTE_MS + 1}&to=${START_MS + 2 * HOUR_MS + 31 * MINUTE_MS}`;
    const answer = await histogram(`${cut}&buckets=3`);
    expect(answer.interval_ms).toBe(HOUR_MS);
    expect(answer.buckets.map(({ events }) => events)).toEqual([4, 1, 1]);
    expect((await histogram(`${cut}&buckets=3&service=billing`)).buckets.map(({ events }) => events)).toEqual([
      0, 1, 1,
    ]);
    expect((await histogram(`${cut}&buckets=3&q=card`)).total).toBe(2);
  });
});

test('GET /api/logs/fields/{name}/distribution', async () => {
  const of = async (name: string, query = '') =>
    distributionSchema.parse(await getJson(`/api/logs/fields/${name}/distribution?${RANGE}&${query}`));
  const durations = await of('duration_ms', 'service=api&bins=4');
  expect(durations).toMatchObject({
    ...{ name: 'duration_ms', kind: 'field', scale: 'linear', events: 5, min: 10, max: 1000, avg: 220, p50: 30 },
    ...{ events_read: 5, complete: true },
  });
  expect(durations.bins.map(({ from, to, events }) => [from, to, events])).toEqual([
    [10, 257.5, 4],
    [257.5, 505, 0],
    [505, 752.5, 0],
    [752.5, 1000, 1],
  ]);
  expect(await of('attr.tokens')).toMatchObject({ name: 'tokens', kind: 'attribute', events: 5, min: 0, max: 4 });
  expect(await of('cost')).toMatchObject({ events: 5, bins: [{ from: 0.25, to: 0.25, events: 5 }] });
  expect(await of('nothing')).toMatchObject({ events: 0, min: null, bins: [] });
});

test('GET /api/logs/top', async () => {
  const answer = topSchema.parse(await getJson(`/api/logs/top?${RANGE}&by=service`));
  expect(answer.by).toBe('service');
  expect(answer.values.map(({ bytes, ...value }) => [value, bytes > 0])).toEqual([
    [{ value: 'api', events: 5, errors: 0, cost: 1.25, p95_ms: expect.closeTo(808) }, true],
    [{ value: 'billing', events: 2, errors: 2, cost: null, p95_ms: 7 }, true],
  ]);
  expect((await getJson(`/api/logs/top?${RANGE}&by=user_id`)).values).toEqual([]);
  expect((await getJson(`/api/logs/top?${RANGE}&by=log_type&limit=1`)).values).toHaveLength(1);
});

test('GET /api/logs/operations', async () => {
  const { operations } = operationsSchema.parse(await getJson(`/api/logs/operations?${RANGE}`));
  expect(operations).toMatchObject([
    { service: 'api', event_type: 'request', action: 'read', events: 5, errors: 0, p50_ms: 30, max_ms: 1000 },
    { service: 'billing', events: 1, errors: 1, p50_ms: 7, p99_ms: 7, max_ms: 7 },
  ]);
  expect((await getJson(`/api/logs/${operations[0]!.slowest_event_id}`)).message).toBe('request 4 done in 1000 ms');
});

describe('GET /api/logs/patterns', () => {
  const patterns = async (query: string) => patternsSchema.parse(await getJson(`/api/logs/patterns?${query}`));

  test('messages that differ in words with digits are one pattern', async () => {
    const answer = await patterns(`${RANGE}&trend_buckets=3`);
    expect(answer).toMatchObject({ interval_ms: HOUR_MS, events_read: 7, events_total: 7, complete: true });
    expect(answer.patterns).toMatchObject([
      { template: 'request <*> done in <*> ms', events: 5, services: ['api'], trend: [5, 0, 0] },
      {
        template: 'card <*> declined',
        events: 2,
        log_types: ['billing'],
        trend: [0, 1, 1],
        by_severity: { error: 1, critical: 1, info: 0 },
        is_new: false,
        example_message: 'card 5 declined',
      },
    ]);
    for (const { q, exclude_q, events } of answer.patterns) {
      const found = async (text: string) =>
        (await getJson(`/api/logs?${RANGE}&count=true&q=${encodeURIComponent(text)}`)).total;
      expect(await found(q)).toBe(events);
      expect(await found(exclude_q)).toBe(EVENTS.length - events);
    }
  });

  test('what was not there the day before is new', async () => {
    const { patterns: found, events_before } = await patterns(
      `from=${START_MS + HOUR_MS}&to=${START_MS + 3 * HOUR_MS}`,
    );
    expect(events_before).toBe(5);
    expect(found.map(({ template, is_new }) => [template, is_new])).toEqual([['card <*> declined', true]]);
    const later = await patterns(`from=${START_MS + 2 * HOUR_MS}&to=${START_MS + 3 * HOUR_MS}`);
    expect(later.patterns.map(({ template, is_new }) => [template, is_new])).toEqual([['card 5 declined', false]]);
  });
});

test('GET /api/traces', async () => {
  const traces = async (query: string) => traceListSchema.parse(await getJson(`/api/traces?${RANGE}&${query}`)).traces;
  const list = await traces('');
  expect(list).toMatchObject([
    {
      ...{ trace_id: 'bad', events: 1, errors: 1, duration_ms: 0, services: ['billing'] },
      root: { service: 'billing', message: 'card 4 declined', event_type: '' },
    },
    {
      ...{ trace_id: 'slow', events: 5, errors: 0, duration_ms: 4, by_severity: { info: 5 } },
      root: { message: 'request 0 done in 10 ms', event_type: 'request' },
    },
  ]);
  const ids = async (query: string) => (await traces(query)).map(({ trace_id }) => trace_id);
  expect(await ids('order=slowest')).toEqual(['slow', 'bad']);
  expect(await ids('order=recent&limit=1')).toEqual(['bad']);
  // Found by one event, shown whole.
  expect(await traces('q=%22request+3%22')).toMatchObject([{ trace_id: 'slow', events: 5 }]);
  expect(await ids('service=none')).toEqual([]);
});

test.each([
  ['/api/traces?order=x', 'order'],
  ['/api/traces?limit=0', 'limit'],
  ['patterns?limit=301', 'limit'],
  ['histogram?buckets=0', 'buckets'],
  ['histogram?from=x', 'from'],
  ['histogram?by=service', 'by'],
  ['fields/service/distribution?', 'name'],
  ['fields/message/distribution?', 'name'],
  ['fields/label.app/distribution?', 'name'],
  [`fields/note/distribution?${RANGE}`, 'name'],
  ['fields/cost/distribution?bins=201', 'bins'],
  ['top?by=message', 'by'],
  ['top?', 'by'],
  ['top?by=service&limit=0', 'limit'],
  ['operations?limit=x', 'limit'],
])('refuses %s', async (path, field) => {
  const response = await api.app.inject({ url: path.startsWith('/') ? path : `/api/logs/${path}`, headers });
  expect(response.statusCode, response.body).toBe(400);
  expect(response.json().error).toMatchObject({ code: 'invalid_parameter', field });
});
