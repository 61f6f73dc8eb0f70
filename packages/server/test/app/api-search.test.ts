import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventContextSchema, eventPageSchema, eventSchema, traceSchema } from '../../src/api/wire/event.ts';
import { fieldListSchema, fieldValuesSchema, statsSchema } from '../../src/api/wire/stats.ts';
import { openTestApi, openTestStore, type SampleEvent, type TestApi, type TestStore } from './api-fixture.ts';

/** The API on the embedded engine. */
let opened: TestStore;
let api: TestApi;
let headers: Record<string, string>;
let otherHeaders: Record<string, string>;

const HOUR_MS = 3_600_000;
/** A full hour, so that intervals of statistics are known. */
const START_MS = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - 2 * HOUR_MS;
const at = (ms: number) => BigInt(START_MS + ms) * 1_000_000n;
const text = (value: string) => ({ kind: 'string' as const, text: value });
const number = (value: string) => ({ kind: 'number' as const, text: value });

const EVENTS: SampleEvent[] = [
  {
    message: 'Login failed for user 10.0.0.1',
    logType: 'auth',
    eventType: 'login_failed',
    severityNumber: 17,
    service: 'gate',
    host: 'h1',
    userId: 'u1',
    traceId: 't1',
    spanId: 's1',
    timestampNs: at(0),
    attributes: { status: number('401'), 'http.path': text('/login'), latency_ms: number('12.50') },
    labels: { app: 'shop' },
  },
  {
    message: 'request done in 99 ms',
    logType: 'gateway',
    eventType: 'request',
    severityNumber: 9,
    service: 'gate',
    host: 'h1',
    durationMs: 99,
    traceId: 't1',
    spanId: 's1',
    timestampNs: at(5),
    attributes: { status: number('200'), latency_ms: number('99') },
    labels: { app: 'shop' },
  },
  {
    message: 'connection "db-1" timed out after 30 s',
    logType: 'gateway',
    severityNumber: 17,
    service: 'db',
    host: 'h2',
    traceId: 't1',
    spanId: 's2',
    timestampNs: at(20),
    cost: 0.5,
    attributes: { client: { kind: 'json', text: '{"v":[1,2]}' }, ok: { kind: 'bool', text: 'false' } },
  },
  {
    message: 'connection "db-2" timed out after 31 s',
    logType: 'gateway',
    severityNumber: 21,
    service: 'db',
    host: 'h2',
    timestampNs: at(HOUR_MS + 1),
  },
  { message: 'début größe', service: 'gate', host: 'h1', timestampNs: at(HOUR_MS + 2), severityNumber: 5 },
];

beforeAll(async () => {
  opened = await openTestStore();
  api = await openTestApi(opened.store);
  headers = await api.keyOf('acme', ['query']);
  otherHeaders = await api.keyOf('other', ['query']);
  await opened.insert('acme', EVENTS);
  await opened.insert('other', [{ ...EVENTS[0]!, message: 'secret of other', userId: 'u1' }]);
});
afterAll(async () => {
  await api?.close();
  await opened?.close();
});

async function get(path: string, extra: Record<string, string> = headers) {
  const response = await api.app.inject({ url: path, headers: extra });
  return { status: response.statusCode, headers: response.headers, text: response.body };
}
async function getJson(path: string, extra?: Record<string, string>) {
  const answer = await get(path, extra);
  expect(answer.status, answer.text).toBe(200);
  return JSON.parse(answer.text);
}
const page = async (query: string, extra?: Record<string, string>) =>
  eventPageSchema.parse(await getJson(`/api/logs?${query}`, extra));
/** Which of EVENTS match, by index. */
const matching = async (query: string) => {
  const { events } = await page(`${query}&order=asc`);
  return events.map(({ message }) => EVENTS.findIndex((event) => event.message === message));
};

describe('GET /api/logs', () => {
  test.each<[string, number[]]>([
    ['', [0, 1, 2, 3, 4]],
    ['log_type=auth', [0]],
    ['log_type=auth&log_type=gateway', [0, 1, 2, 3]],
    ['severity=error', [0, 2]],
    ['severity=error&severity=critical', [0, 2, 3]],
    ['min_severity=warn', [0, 2, 3]],
    ['service=gate&host=h1', [0, 1, 4]],
    ['user_id=u1', [0]],
    ['user_id=', [1, 2, 3, 4]],
    ['trace_id=t1&span_id=s2', [2]],
    ['event_type=request', [1]],
    ['attr.status=401', [0]],
    ['attr.status=401&attr.status=200', [0, 1]],
    ['attr.status>=400', [0]],
    ['attr.status<400', [1]],
    ['attr.status!=401', [1, 2, 3, 4]],
    ['attr.latency_ms>=12.5', [0, 1]],
    ['attr.latency_ms>12.5', [1]],
    ['attr.http.path=/login', [0]],
    ['attr.http.path=%2Flogin', [0]],
    ['label.app=shop', [0, 1]],
    ['label.app!=shop', [2, 3, 4]],
    ['duration_ms>=99', [1]],
    ['cost<1', [2]],
    ['q=timed', [2, 3]],
    ['q=TIMED+out+-critical', [2, 3]],
    ['q=time', []],
    ['q=%22time%22', [2, 3]],
    ['q=%22db-1%22', [2]],
    ['q=10.0.0.1', [0]],
    ['q=0.0.1', [0]],
    ['q=0.0.2', []],
    ['q=severity:critical', [3]],
    ['q=status:401', [0]],
    ['q=attr.client:*', [2]],
    ['q=-service:gate', [2, 3]],
    ['q=größe', [4]],
    ['q=d%C3%A9but', [4]],
    ['q=31', [3]],
    ['from=-24h', [0, 1, 2, 3, 4]],
    [`from=${START_MS + 5}&to=${START_MS + HOUR_MS + 2}`, [1, 2, 3]],
    [`to=${START_MS}000000`, []],
    [`to=${START_MS}000001`, [0]],
  ])('%s finds %j', async (query, expected) => {
    expect(await matching(query)).toEqual(expected);
  });

  test('an event comes back with every field as it came in', async () => {
    const [event] = (await page('q=status:401')).events;
    expect(event).toMatchObject({
      timestamp: new Date(START_MS).toISOString().replace('Z', '000000Z'),
      log_type: 'auth',
      event_type: 'login_failed',
      severity: 'error',
      severity_number: 17,
      metadata: { status: 401, 'http.path': '/login', latency_ms: 12.5 },
      labels: { app: 'shop' },
      duration_ms: null,
      org_id: 'acme',
    });
    expect((await get('/api/logs?q=status:401')).text).toContain('"latency_ms":12.50');
    expect((await page('service=db&span_id=s2')).events[0]!.metadata).toEqual({ client: { v: [1, 2] }, ok: false });
  });

  test('pages by number, with a count', async () => {
    const second = await page('page=2&page_size=2&order=asc&count=true');
    expect(second).toMatchObject({ page: 2, page_size: 2, total: 5 });
    expect(second.events.map(({ message }) => message)).toEqual([EVENTS[2]!.message, EVENTS[3]!.message]);
    expect((await page('page=9')).events).toEqual([]);
  });

  test('the answer says which time it covers', async () => {
    const { from, to } = await page(`from=${START_MS}`);
    expect([from, to]).toEqual([new Date(START_MS).toISOString().replace('Z', '000000Z'), null]);
  });

  test('a cursor is good for its own question only, and for its own org', async () => {
    const { next_cursor: cursor } = await page('page_size=1&service=gate');
    expect((await get(`/api/logs?page_size=2&service=gate&cursor=${cursor}`)).status).toBe(200);
    for (const query of ['', 'service=db', 'service=gate&order=asc', 'service=gate&from=-1h']) {
      const answer = await get(`/api/logs?${query}&cursor=${cursor}`);
      expect([answer.status, JSON.parse(answer.text).error.code]).toEqual([400, 'invalid_cursor']);
    }
    expect((await get(`/api/logs?service=gate&cursor=${cursor}`, otherHeaders)).status).toBe(400);
  });
});

describe('one event', () => {
  test('by its id, with its surroundings', async () => {
    const [event] = (await page('q=%22request+done%22')).events;
    expect(eventSchema.parse(await getJson(`/api/logs/${event!.event_id}`))).toEqual(event);
    const context = eventContextSchema.parse(await getJson(`/api/logs/${event!.event_id}/context?before=5&after=5`));
    expect(context.event).toEqual(event);
    expect(context.before.map(({ message }) => message)).toEqual([EVENTS[0]!.message]);
    expect(context.after.map(({ message }) => message)).toEqual([EVENTS[4]!.message]);
    const none = eventContextSchema.parse(await getJson(`/api/logs/${event!.event_id}/context?before=0&after=0`));
    expect([none.before, none.after]).toEqual([[], []]);
  });

  test.each(['', '/context'])('of another org is not found%s', async (suffix) => {
    const [event] = (await page('', otherHeaders)).events;
    expect((await get(`/api/logs/${event!.event_id}${suffix}`, otherHeaders)).status).toBe(200);
    for (const id of [event!.event_id, 'ffff00000000000000ffff', 'x', '%20']) {
      const answer = await get(`/api/logs/${id}${suffix}`);
      expect([answer.status, JSON.parse(answer.text).error.code]).toEqual([404, 'not_found']);
    }
  });
});

describe('a trace', () => {
  test('has its events in order, its services and its spans', async () => {
    const trace = traceSchema.parse(await getJson('/api/traces/t1'));
    expect(trace).toMatchObject({
      event_count: 3,
      truncated: false,
      duration_ms: 20,
      by_severity: { debug: 0, info: 1, warn: 0, error: 2, critical: 0 },
      services: [
        { service: 'gate', duration_ms: 5, event_count: 2 },
        { service: 'db', duration_ms: 0, event_count: 1 },
      ],
      spans: [
        { span_id: 's1', service: 'gate', event_count: 2 },
        { span_id: 's2', service: 'db', event_count: 1 },
      ],
    });
    expect(trace.events.map(({ message }) => message)).toEqual(EVENTS.slice(0, 3).map(({ message }) => message));
    expect(trace.first).toBe(trace.events[0]!.timestamp);
  });

  test('of another org shows none of its events, an unknown one is not found', async () => {
    const trace = traceSchema.parse(await getJson('/api/traces/t1', otherHeaders));
    expect(trace.events.map(({ org_id }) => org_id)).toEqual(['other']);
    expect((await get('/api/traces/none')).status).toBe(404);
  });
});

const sorted = (list: readonly unknown[]) => list.map((item) => JSON.stringify(item)).sort();

describe('statistics', () => {
  const stats = async (query: string) => statsSchema.parse(await getJson(`/api/logs/stats?${query}`));

  test('volume by time, type and severity', async () => {
    const answer = await stats(`from=${START_MS}&granularity=hourly`);
    expect(answer.source).toBe('view');
    expect(answer.total.events).toBe(5);
    expect(answer.series.map(({ time, events }) => [time, events])).toEqual([
      [new Date(START_MS).toISOString(), 3],
      [new Date(START_MS + HOUR_MS).toISOString(), 2],
    ]);
    expect(Object.fromEntries(answer.by_log_type.map(({ log_type, events }) => [log_type, events]))).toEqual({
      gateway: 3,
      auth: 1,
      '': 1,
    });
    expect(Object.fromEntries(answer.by_severity.map(({ severity, events }) => [severity, events]))).toEqual({
      error: 2,
      critical: 1,
      info: 1,
      debug: 1,
    });
    expect(answer.series.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(answer.total.bytes);
    expect(answer.total.bytes).toBeGreaterThan(100);
  });

  test('the view and the events give the same numbers', async () => {
    const range = `from=${START_MS}&to=${START_MS + 2 * HOUR_MS}`;
    for (const query of [
      'granularity=hourly',
      'granularity=daily',
      'granularity=hourly&group_by=service,event_type,severity',
    ]) {
      const viewed = await stats(`${range}&${query}`);
      // Every event has one of these severities, but the view knows no filters.
      const live = await stats(`${range}&${query}&min_severity=debug`);
      expect([viewed.source, live.source]).toEqual(['view', 'live']);
      expect({ ...viewed, series: sorted(viewed.series), source: '' }).toEqual({
        ...live,
        series: sorted(live.series),
        source: '',
      });
    }
  });

  test('groups divide the series, filters narrow it', async () => {
    const answer = await stats(`from=${START_MS}&granularity=daily&group_by=log_type,service&service=db`);
    expect(answer.source).toBe('live');
    expect(answer.series.map(({ log_type, service, events }) => [log_type, service, events])).toEqual([
      ['gateway', 'db', 2],
    ]);
    expect(answer.total.events).toBe(2);
    const minutes = await stats('range=6h');
    expect([minutes.granularity, minutes.series.length]).toEqual(['minute', 2]);
  });

  test('errors are grouped by what their messages have in common', async () => {
    const { top_errors: errors, top_errors_complete: complete } = await stats('range=24h');
    expect(errors.map(({ message, events }) => [message, events])).toEqual([
      ['connection <str> timed out after <n> s', 2],
      ['Login failed for user <n>', 1],
    ]);
    expect(errors[0]!.services).toEqual(['db']);
    expect((await getJson(`/api/logs/${errors[0]!.example_event_id}`)).message).toBe(EVENTS[3]!.message);
    expect(complete).toBe(true);
  });
});

test('messages are normalised', async () => {
  const key = await api.keyOf('norm', ['query']);
  const cases: [string, string][] = [
    ['id 7f9c24e8-3b12-4fef-91e0-56a2d5a6c2aa gone', 'id <uuid> gone'],
    ['at 0xDEADbeef and 9f86d081884c7d65', 'at <hex> and <hex>'],
    ["can't open 'a b' file", "can't open <str> file"],
    ['took 12.5 ms at 10:20:30 on 10.0.0.1', 'took <n> ms at <n> on <n>'],
    ['deadbeef facade accede', 'deadbeef facade accede'],
    ['größe "x" 5€', 'größe <str> <n>€'],
  ];
  await opened.insert(
    'norm',
    cases.map(([message]) => ({ message, severityNumber: 17, timestampNs: at(0) })),
  );
  const answer = statsSchema.parse(await getJson('/api/logs/stats', key));
  expect(answer.top_errors.map(({ message }) => message).sort()).toEqual(cases.map(([, expected]) => expected).sort());
});

describe('fields', () => {
  test('attributes and labels with types and counts', async () => {
    const answer = fieldListSchema.parse(await getJson('/api/logs/fields'));
    expect(answer.attributes).toEqual([
      { name: 'latency_ms', types: ['number'], events: 2 },
      { name: 'status', types: ['number'], events: 2 },
      { name: 'client', types: ['json'], events: 1 },
      { name: 'http.path', types: ['string'], events: 1 },
      { name: 'ok', types: ['bool'], events: 1 },
    ]);
    expect(answer.labels).toEqual([{ name: 'app', events: 2 }]);
    expect(answer).toMatchObject({ events_read: 5, complete: true });
    expect(answer.fields).toContainEqual({ name: 'service', type: 'string' });
  });

  test.each<[string, unknown]>([
    [
      'service/values',
      {
        kind: 'field',
        values: [
          { value: 'gate', events: 3 },
          { value: 'db', events: 2 },
        ],
      },
    ],
    ['service/values?prefix=d', { kind: 'field', values: [{ value: 'db', events: 2 }] }],
    ['service/values?limit=1', { kind: 'field', values: [{ value: 'gate', events: 3 }] }],
    ['service/values?log_type=auth', { kind: 'field', values: [{ value: 'gate', events: 1 }] }],
    ['severity/values?limit=1', { kind: 'field', values: [{ value: 'error', events: 2 }] }],
    ['status/values?prefix=4', { kind: 'attribute', values: [{ value: '401', events: 1 }] }],
    ['attr.http.path/values', { kind: 'attribute', values: [{ value: '/login', events: 1 }] }],
    ['label.app/values', { kind: 'label', values: [{ value: 'shop', events: 2 }] }],
    ['nosuch/values', { kind: 'attribute', values: [] }],
  ])('%s', async (path, expected) => {
    expect(fieldValuesSchema.parse(await getJson(`/api/logs/fields/${path}`))).toMatchObject(expected as object);
  });

  test('values of a message are not listed', async () => {
    expect((await get('/api/logs/fields/message/values')).status).toBe(404);
  });
});
