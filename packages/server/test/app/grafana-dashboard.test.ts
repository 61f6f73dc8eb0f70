import { beforeAll, describe, expect, test } from 'vitest';
import { interpolate, type Panel, readDashboard } from '../support/grafana.ts';
import { request } from '../support/server.ts';
import { sharedServer } from '../support/shared-server.ts';

/** What the dashboard of deploy/grafana asks, and its data source's first questions, of the built server. */
const dashboard = readDashboard();
const TRACE = 'a0f81bfd3b4688fdbb096b93da06f28e';
/** Grafana puts choices of several into a regular expression; without one it is the variable's `allValue`. */
const EVERYTHING = { service: '.+', severity: '.+', trace_id: '' };
const NOW_MS = Date.now();
const [START, END] = [NOW_MS - 3_600_000, NOW_MS + 60_000];

const events = [
  ...Array.from({ length: 20 }, (_, i) => ({
    severity: 'info',
    service: 'shop',
    log_type: 'gateway',
    message: `order ${i} taken`,
    duration_ms: i + 1,
  })),
  { severity: 'debug', service: 'shop', log_type: 'gateway', message: 'cache is warm' },
  { severity: 'warn', service: 'pay', log_type: 'billing', message: 'slow bank', trace_id: TRACE },
  { severity: 'error', service: 'pay', log_type: 'billing', message: 'card 17 refused after 31 ms', trace_id: TRACE },
  { severity: 'error', service: 'pay', log_type: 'billing', message: 'card 18 refused after 7 ms', duration_ms: 70 },
  { severity: 'critical', service: 'auth', log_type: 'auth', message: 'no database' },
].map((event, i) => ({ ...event, timestamp: new Date(NOW_MS - 1_800_000 + i * 1000).toISOString() }));

const server = sharedServer();

beforeAll(async () => {
  const body = events.map((event) => JSON.stringify(event)).join('\n');
  const headers = { 'content-type': 'application/x-ndjson' };
  const sent = await request(server, '/api/logs?ack=stored', { method: 'POST', body, headers });
  expect(await sent.json()).toMatchObject({ accepted: events.length, stored: true });
});

interface Answer {
  resultType: string;
  result: {
    metric: Record<string, string>;
    stream: Record<string, string>;
    value: [number, string];
    values: [number | string, string][];
  }[];
}

async function get<Data>(path: string, parameters: Record<string, string>): Promise<Data> {
  // As the data source asks: https://grafana.com/docs/loki/latest/reference/loki-http-api/#query-logs-within-a-range-of-time
  const headers = { 'x-loki-response-encoding-flags': 'categorize-labels' };
  const response = await request(server, `/loki/api/v1/${path}?${new URLSearchParams(parameters)}`, { headers });
  const text = await response.text();
  expect(response.status, `${path} ${parameters.query}: ${text}`).toBe(200);
  return (JSON.parse(text) as { data: Data }).data;
}

const ns = (ms: number) => `${ms}000000`;

function panelOf(title: string): Panel {
  return dashboard.panels.find((panel) => panel.title === title)!;
}

async function ask(title: string, values: Record<string, string> = EVERYTHING): Promise<Answer> {
  const [target] = panelOf(title).targets;
  const query = interpolate(target!.expr, values);
  if (target!.queryType === 'instant') return get('query', { query, time: ns(END) });
  const range = { query, start: ns(START), end: ns(END), step: '60000ms', limit: '1000' };
  return get('query_range', target!.direction === undefined ? range : { ...range, direction: target!.direction });
}

/** Series' sums over the time, by one label. */
async function sums(title: string, label: string, values = EVERYTHING): Promise<Record<string, number>> {
  const { result } = await ask(title, values);
  const sumOf = (points: [unknown, string][]) => points.reduce((sum, [, value]) => sum + Number(value), 0);
  return Object.fromEntries(
    result.map((series) => [series.metric[label], sumOf(series.values ?? [series.value])] as const),
  );
}

const lines = ({ result }: Answer) => result.flatMap(({ values }) => values.map(([, line]) => line));

test.each(dashboard.panels.map(({ title }) => title))('%s is answered, whatever is chosen', async (title) => {
  await ask(title);
  await ask(title, { service: '(shop|pay)', severity: 'error', trace_id: TRACE });
  await ask(title, { service: 'nobody', severity: 'none', trace_id: 'x' });
});

describe('panels', () => {
  test('events by severity', async () => {
    const title = 'Events by severity';
    expect(await sums(title, 'severity')).toEqual({ debug: 1, info: 20, warn: 1, error: 2, critical: 1 });
    const chosen = { ...EVERYTHING, service: '(pay|auth)', severity: '(warn|critical)' };
    expect(await sums(title, 'severity', chosen)).toEqual({ warn: 1, critical: 1 });
  });

  test('busiest services', async () => {
    expect(await sums('Busiest services', 'service_name')).toEqual({ shop: 21, pay: 3, auth: 1 });
  });

  test('errors by log type', async () => {
    expect(await sums('Errors by log type', 'log_type')).toEqual({ billing: 2, auth: 1 });
  });

  test('top error messages count what differs in numbers as one', async () => {
    const { resultType } = await ask('Top error messages');
    expect(resultType).toBe('vector');
    expect(await sums('Top error messages', 'message')).toEqual({ 'card # refused after # ms': 2, 'no database': 1 });
  });

  test('p95 of the services that have durations', async () => {
    const { result } = await ask('p95 duration by service');
    const points = result.flatMap(({ metric, values }) =>
      values.map(([, value]) => [metric.service_name, Number(value)]),
    );
    expect(new Set(points.map(([service]) => service))).toEqual(new Set(['shop', 'pay']));
    expect(points).toContainEqual(['pay', 70]);
    for (const [service, value] of points) if (service === 'shop') expect(value).toBeLessThanOrEqual(20);
  });

  test('recent errors, the newest first', async () => {
    const answer = await ask('Recent errors');
    const times = answer.result.flatMap(({ values }) => values.map(([time, line]) => [BigInt(time), line] as const));
    times.sort(([a], [b]) => (a < b ? 1 : -1));
    expect(times.map(([, line]) => line)).toEqual([
      'no database',
      'card 18 refused after 7 ms',
      'card 17 refused after 31 ms',
    ]);
  });

  test('one trace, over severities; none without its id', async () => {
    expect(lines(await ask('One trace', { ...EVERYTHING, trace_id: TRACE })).sort()).toEqual([
      'card 17 refused after 31 ms',
      'slow bank',
    ]);
    expect(lines(await ask('One trace'))).toEqual([]);
  });
});

test.each([
  ['service', ['auth', 'pay', 'shop']],
  ['severity', ['critical', 'debug', 'error', 'info', 'warn']],
])('the variable %s has the values that there are', async (name, expected) => {
  const { query } = dashboard.templating.list.find((variable) => variable.name === name)!;
  const { label } = query as { label: string };
  const values = await get<string[]>(`label/${label}/values`, { start: ns(START), end: ns(END) });
  expect(values.sort()).toEqual(expected);
});

test('Save & test of the data source', async () => {
  const { result } = await get<Answer>('query', { query: 'vector(1)+vector(1)', time: '4000000000' });
  expect(result[0]!.value[1]).toBe('2');
});
