import { beforeAll, describe, expect, test } from 'vitest';
import { type LokiServer, push } from '../support/loki/http-client.ts';
import { sharedServer } from '../support/shared-server.ts';
import { type Ask, asker, CATEGORIZE, memberOrder } from './grafana-requests.ts';

/** The requests of Grafana's Logs Drilldown: https://github.com/grafana/logs-drilldown. Its times are RFC 3339. */
const MINUTE_MS = 60_000;
const END_MS = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
const START_MS = END_MS - 60 * MINUTE_MS;
const MS = 1_000_000n;
const span = { start: new Date(START_MS).toISOString(), end: new Date(END_MS).toISOString() };
const TAGS = { ...CATEGORIZE, 'X-Query-Tags': 'Source=grafana-lokiexplore-app' };
const EVENTS = 60;

const shared = sharedServer();
let server: LokiServer;
let ask: Ask;

const at = (i: number): bigint => BigInt(START_MS + i * MINUTE_MS + 1) * MS;

beforeAll(async () => {
  server = { url: shared.url, headers: { Authorization: `Bearer ${shared.adminKey}` } };
  ask = asker(server);
  const shop = Array.from({ length: EVENTS }, (_, i) => ({
    nanos: at(i),
    line: JSON.stringify({
      level: i % 4 === 0 ? 'error' : 'info',
      http: { status: 200 + (i % 3) },
      took: `${i}ms`,
      ok: true,
    }),
    metadata: { trace: `t${i % 7}` },
  }));
  const mail = Array.from({ length: EVENTS / 2 }, (_, i) => ({
    nanos: at(i),
    line: `level=warn sent mail ${i} to user-${i % 5} in ${i * 3}ms size=${i}KB`,
  }));
  await push(server, [
    { labels: { service_name: 'shop', namespace: 'web', pod: 'shop-0', build: '7' }, entries: shop },
    { labels: { service_name: 'mail', namespace: 'back' }, entries: mail },
  ]);
});

describe('services', () => {
  test('limits of the org', async () => {
    const { limits, version } = (await ask('drilldown-limits', {})).json();
    expect(limits).toMatchObject({ volume_enabled: true, discover_log_levels: true, max_query_series: 500 });
    expect(version).toMatch(/^3\./);
  });

  test('volumes by service, the largest first', async () => {
    const { json, text } = await ask('index/volume', { query: '{service_name=~".+"}', limit: 5000, ...span }, TAGS);
    const { resultType, result } = json().data;
    expect(resultType).toBe('vector');
    expect(result.map(({ metric }) => metric)).toEqual([{ service_name: 'shop' }, { service_name: 'mail' }]);
    for (const { value } of result) expect([value[0], typeof value[1]]).toEqual([END_MS / 1000, 'string']);
    expect(memberOrder(text, ['result', 'resultType'])).toEqual(['resultType', 'result']);
  });

  test('volumes over time', async () => {
    const parameters = { query: '{service_name="shop"}', step: '600s', limit: 5000, ...span };
    const { resultType, result } = (await ask('index/volume_range', parameters, TAGS)).json().data;
    expect(resultType).toBe('matrix');
    expect(result[0].metric).toEqual({ service_name: 'shop' });
    expect(result[0].values.length).toBeGreaterThan(1);
  });

  test('names and values of services', async () => {
    expect((await ask('labels', span)).json().data).toEqual(
      expect.arrayContaining(['namespace', 'pod', 'service_name']),
    );
    expect((await ask('label/service_name/values', { query: '{namespace=~".+"}', ...span })).json().data).toEqual([
      'mail',
      'shop',
    ]);
  });
});

describe('a service', () => {
  test('labels worth choosing by', async () => {
    const { detectedLabels } = (await ask('detected_labels', { query: '{service_name="shop"}', ...span })).json();
    const labels = detectedLabels.map(({ label }) => label);
    expect(labels).toEqual(expect.arrayContaining(['namespace', 'pod']));
    // All its values are numbers.
    expect(labels).not.toContain('build');
    expect(detectedLabels.every(({ cardinality }) => cardinality === 1)).toBe(true);
  });

  test('fields: parsers of structured metadata are null', async () => {
    const parameters = { query: '{service_name="shop"}', line_limit: 1000, limit: 1000, ...span };
    const { text, json } = await ask('detected_fields', parameters, TAGS);
    const { fields, limit } = json();
    const byName = Object.fromEntries(fields.map((field) => [field.label, field]));
    expect(byName.http_status).toEqual({
      label: 'http_status',
      type: 'int',
      cardinality: 3,
      parsers: ['json'],
      jsonPath: ['http', 'status'],
    });
    expect(byName.took).toMatchObject({ type: 'duration', parsers: ['json'] });
    expect(byName.ok).toMatchObject({ type: 'boolean', cardinality: 1 });
    expect(text).toContain('{"label":"trace","type":"string","cardinality":7,"parsers":null}');
    expect(limit).toBe(1000);
  });

  test('fields of logfmt, and of a query with its own parser', async () => {
    const plain = (await ask('detected_fields', { query: '{service_name="mail"}', ...span })).json().fields;
    expect(plain.find(({ label }) => label === 'size')).toMatchObject({ type: 'bytes', parsers: ['logfmt'] });
    const parsed = (await ask('detected_fields', { query: '{service_name="shop"} | json | ok="true"', ...span })).json()
      .fields;
    expect(parsed.find(({ label }) => label === 'http_status')).toMatchObject({ parsers: ['json'] });
  });

  test('values of a field', async () => {
    const { values, limit } = (
      await ask('detected_field/http_status/values', { query: '{service_name="shop"}', ...span })
    ).json();
    expect([values.toSorted(), limit]).toEqual([['200', '201', '202'], 1000]);
  });

  test('patterns', async () => {
    const { data } = (await ask('patterns', { query: '{service_name="mail"}', step: '600s', ...span })).json();
    expect(data[0].pattern).toContain('sent mail <_> to');
    expect(data[0].samples.reduce((sum, [, count]) => sum + count, 0)).toBe(EVENTS / 2);
    for (const [seconds] of data[0].samples) expect(Number.isInteger(seconds)).toBe(true);
    const matching = `{service_name="mail"} |> \`${data[0].pattern}\``;
    const { result } = (await ask('query_range', { query: matching, limit: 1000, ...span }, TAGS)).json().data;
    expect(result.flatMap(({ values }) => values)).toHaveLength(EVENTS / 2);
  });
});

/** What its panels ask, with Grafana's variables filled in. */
const PANELS: readonly (readonly [query: string, series: number])[] = [
  ['sum by (detected_level) (count_over_time({service_name="shop"}[10m]))', 2],
  ['sum(count_over_time({service_name="shop"} | detected_level="error" [10m])) by (detected_level)', 1],
  [
    'sum by (http_status) (count_over_time({service_name="shop"} | json | logfmt | drop __error__, __error_details__ | http_status!="" [10m]))',
    3,
  ],
  [
    'avg_over_time({service_name="shop"} | json | logfmt | drop __error__, __error_details__ | took!="" | unwrap duration(took) | __error__="" [10m]) by ()',
    1,
  ],
  ['sum by (pod) (count_over_time({service_name="shop"} | pod!="" [10m]))', 1],
  [
    'sum by (trace) (count_over_time({service_name="shop"} | trace!="" | json | logfmt | drop __error__, __error_details__ [10m]))',
    7,
  ],
  ['sum(count_over_time({service_name=~".+"} |~ "(?i)MAIL" [10m])) by (service_name)', 1],
  ['sum(count_over_time({service_name="mail"} |> `<_>sent mail <_> to <_>` [10m])) by (detected_level)', 1],
];

const LINES: readonly (readonly [query: string, lines: number])[] = [
  ['{service_name="shop"} | json | logfmt | drop __error__, __error_details__', EVENTS],
  ['{service_name="shop"} | detected_level="error" | json', EVENTS / 4],
  ['{service_name="shop"} |~ "(?i)error"', EVENTS / 4],
  ['{service_name="shop"} | json | http_status="201" | keep http_status', EVENTS / 3],
  ['{service_name="mail"} | pattern "level=<lvl> sent mail <n> to <who> in <_>"', EVENTS / 2],
  ['{service_name="mail"} !> `<_>sent mail<_>`', 0],
];

describe('panels', () => {
  test.each(PANELS)('%s', async (query, series) => {
    const { status, text, json } = await ask('query_range', { query, step: '600000ms', ...span }, TAGS);
    expect([status, status === 200 ? '' : text]).toEqual([200, '']);
    expect(json().data.resultType).toBe('matrix');
    expect(json().data.result).toHaveLength(series);
  });

  test.each(LINES)('%s', async (query, lines) => {
    const { status, text, json } = await ask(
      'query_range',
      { query, limit: 1000, direction: 'backward', ...span },
      TAGS,
    );
    expect([status, status === 200 ? '' : text]).toEqual([200, '']);
    expect(json().data.result.flatMap(({ values }) => values)).toHaveLength(lines);
  });
});
