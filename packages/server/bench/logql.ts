import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { DEFAULT_LOGQL_SETTINGS } from '../src/control/logql-settings.ts';
import { runTask } from '../src/query/logql/run-task.ts';
import type { LogqlTask } from '../src/query/logql/tasks.ts';
import { startEngine } from '../src/stores/clickhouse/engine.ts';
import { type HttpClient, openHttp } from '../src/stores/clickhouse/http.ts';
import { migrate } from '../src/stores/clickhouse/migrate.ts';
import { paramSearch } from '../src/stores/clickhouse/params.ts';
import { openClickHouseStore } from '../src/stores/clickhouse/store.ts';
import type { EventStore, SqlQuery } from '../src/stores/store.ts';
import { DEFAULT_GENERATOR } from './event-generator.ts';
import { fill } from './queries.ts';

/**
 * LogQL on the org with most of the generated events, in one process: each query with everything pushed down to SQL that
 * can be, and with org, time and streams only; then what Grafana asks for its menus.
 *   npm run bench -- logql [--count 1000000]
 *   npm run bench -- logql --data DIR    a data directory that `queries` or a server has filled, no server running on it
 */
const RUNS = 5;
/** No further run after so much, ms. */
const RUNS_MS_MAX = 20_000;
const LIMIT = 100;
const STEP_MS = 300_000;
const HOUR_MS = 3_600_000;
const SETTINGS = { ...DEFAULT_LOGQL_SETTINGS, queryTimeoutMs: 600_000 };

const END_MS = DEFAULT_GENERATOR.endMs;
const SPAN = { startNs: nanoseconds(END_MS - DEFAULT_GENERATOR.hours * HOUR_MS), endNs: nanoseconds(END_MS) };

const ALL = '{service_name=~".+"}';
const STATUS_PATTERN = '`<method> <path> completed with status <status> in <ms>ms<_>`';

/** Log queries ask for the newest 100, metric queries for 24 hours in steps of 5 minutes. `TOKEN` is of one event. */
const RANGE_QUERIES: Record<string, string> = {
  'newest 100 of a service': '{service_name="gateway-api"}',
  'newest 100, a text': '{service_name="gateway-api"} |= "timeout"',
  'a token of one event': `${ALL} |= "TOKEN"`,
  'newest 100, metadata': `${ALL} | model="o3-mini" | duration_ms > 1000`,
  'count by severity': `sum by (severity) (count_over_time(${ALL}[5m]))`,
  'rate of a text by service': `sum by (service_name) (rate(${ALL} |= "timeout" [5m]))`,
  'p95 by service': `quantile_over_time(0.95, ${ALL} | unwrap duration_ms [5m]) by (service_name)`,
  'count of a regex': `sum(count_over_time(${ALL} |~ "status 5[0-9]{2} in [0-9]{4}ms" [5m]))`,
  'pattern, then a filter': `sum by (status) (count_over_time({service_name="gateway-api"} | pattern ${STATUS_PATTERN} | status >= 500 [5m]))`,
};
const INSTANT_QUERIES: Record<string, string> = {
  'top 10 users of 24 h': `topk(10, sum by (user_id) (count_over_time(${ALL}[24h])))`,
};

type Metadata = 'labels' | 'label-values' | 'series' | 'volume' | 'index-stats';

export async function main(args: string[]): Promise<void> {
  const options = { count: { type: 'string', default: '1000000' }, data: { type: 'string' } } as const;
  const { values } = parseArgs({ args, options });
  if (values.data !== undefined) return measure(join(values.data, 'store'));
  const scratch = mkdtempSync(join(tmpdir(), 'tailwater-bench-'));
  try {
    const dataDir = join(scratch, 'data');
    await fill(scratch, dataDir, Number(values.count));
    await measure(join(dataDir, 'store'));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function measure(dataDir: string): Promise<void> {
  const engine = await startEngine({ dataDir });
  const store = openClickHouseStore(engine);
  const http = openHttp(engine);
  try {
    await migrate(store);
    const { org, events } = await largestOrg(store);
    print(`org ${org}: ${events} events`);
    await timeQueries(org, { store, http });
    await timeMetadata(org, { store, http });
  } finally {
    http.close();
    await store.close();
    await engine.stop();
  }
}

interface Engine {
  store: EventStore;
  http: HttpClient;
}

async function largestOrg(store: EventStore): Promise<{ org: string; events: string }> {
  const sql = 'SELECT org, count() AS events FROM tailwater.events GROUP BY org ORDER BY count() DESC LIMIT 1';
  for await (const [row] of store.select<{ org: string; events: string }>({ sql, params: {} }, {})) return row;
  throw new Error('there are no events');
}

async function timeQueries(org: string, engine: Engine): Promise<void> {
  print(
    '\n| query | pushed down, ms | not, ms | engine reads | not pushed down | into the pipeline | not pushed down |',
  );
  print('|---|---|---|---|---|---|---|');
  const token = await tokenOf(org, engine);
  const rangeOf = (query: string, pushDown: boolean) => rangeTask(org, query.replace('TOKEN', token), pushDown);
  const tasks = [
    ...Object.entries(RANGE_QUERIES).map(([name, query]) => [name, query, rangeOf] as const),
    ...Object.entries(INSTANT_QUERIES).map(
      ([name, query]) => [name, query, (text: string, pushDown: boolean) => instantTask(org, text, pushDown)] as const,
    ),
  ];
  for (const [name, query, taskOf] of tasks) {
    const on = await timed(taskOf(query, true), engine);
    const off = await timed(taskOf(query, false), engine);
    const cells = [name, ms(on), ms(off), reads(on), reads(off), on.lines, off.lines];
    print(`| ${cells.join(' | ')} |`);
  }
}

async function timeMetadata(org: string, engine: Engine): Promise<void> {
  print('\n| menus | ms | engine reads |\n|---|---|---|');
  const base = { orgId: org, settings: SETTINGS, ...SPAN, selector: '' };
  const volume = { limit: 100, targetLabels: [], aggregateBy: 'series' } as const;
  const tasks: readonly [string, Extract<LogqlTask, { kind: Metadata }>][] = [
    ['labels', { ...base, kind: 'labels' }],
    ['values of service_name', { ...base, kind: 'label-values', name: 'service_name' }],
    ['values of log_type', { ...base, kind: 'label-values', name: 'log_type' }],
    ['series', { ...base, kind: 'series', selectors: [ALL] }],
    ['index stats', { ...base, kind: 'index-stats', selector: ALL }],
    ['volume', { ...base, ...volume, kind: 'volume', selector: ALL, stepMs: null }],
    ['volume over time', { ...base, ...volume, kind: 'volume', selector: ALL, stepMs: HOUR_MS }],
  ];
  for (const [name, task] of tasks) {
    const times = await timed(task, engine);
    print(`| ${name} | ${ms(times)} | ${reads(times)} |`);
  }
}

function rangeTask(orgId: string, query: string, pushDown: boolean): Extract<LogqlTask, { kind: 'query-range' }> {
  const options = { categorizeLabels: true, partialSeries: false, intervalMs: 0, stepMs: STEP_MS, limit: LIMIT };
  return {
    kind: 'query-range',
    orgId,
    settings: SETTINGS,
    ...SPAN,
    query,
    direction: 'backward',
    pushDown,
    ...options,
  };
}

function instantTask(orgId: string, query: string, pushDown: boolean): LogqlTask {
  const options = { categorizeLabels: true, partialSeries: false, limit: LIMIT, direction: 'backward' } as const;
  return { kind: 'query', orgId, settings: SETTINGS, timeNs: SPAN.endNs, query, pushDown, ...options };
}

/** The id of a request that only one event names, from the middle of the time. */
async function tokenOf(org: string, { store }: Engine): Promise<string> {
  const endNs = nanoseconds(END_MS - (DEFAULT_GENERATOR.hours / 2) * HOUR_MS);
  const task = { ...rangeTask(org, '{service_name="gateway-api"} |= "request req_"', true), endNs, limit: 1 };
  const answer = await runTask(task, { store, signal: new AbortController().signal });
  return /req_[0-9a-f]+/.exec(answer)![0];
}

interface Times {
  medianMs: number;
  /** What the engine read in one run. */
  rows: number;
  bytes: number;
  /** Rows that came into this process, as the answer's statistics say. */
  lines: string;
}

/** The median of the runs after a first one, 5 or as many as 20 seconds hold. */
async function timed(task: LogqlTask, { store, http }: Engine): Promise<Times> {
  const { signal } = new AbortController();
  const queries: SqlQuery[] = [];
  const answer = await runTask(task, { store: recording(store, queries), signal });
  const times: number[] = [];
  const beganAt = performance.now();
  while (times.length === 0 || (times.length < RUNS && performance.now() - beganAt < RUNS_MS_MAX)) {
    const startedAt = performance.now();
    await runTask(task, { store, signal });
    times.push(performance.now() - startedAt);
  }
  const read = { rows: 0, bytes: 0 };
  for (const query of queries) {
    const { rows, bytes } = await readSummary(http, query);
    read.rows += rows;
    read.bytes += bytes;
  }
  return {
    medianMs: times.sort((a, b) => a - b)[times.length >> 1],
    ...read,
    lines: short(Number(/"totalLinesProcessed":(\d+)/.exec(answer)?.[1] ?? 0)),
  };
}

function recording(store: EventStore, queries: SqlQuery[]): EventStore {
  return {
    ...store,
    select: (query, options) => {
      queries.push(query);
      return store.select(query, options);
    },
  };
}

/**
 * What the engine reads for a query, with its answer thrown away. The header is whole only when the engine waits for the
 * end: https://clickhouse.com/docs/interfaces/http#response-buffering
 */
async function readSummary(http: HttpClient, { sql, params }: SqlQuery): Promise<{ rows: number; bytes: number }> {
  const search = {
    ...paramSearch(params),
    default_format: 'Null',
    readonly: 2,
    wait_end_of_query: 1,
    use_query_condition_cache: 0,
    use_top_k_dynamic_filtering: 0,
    optimize_functions_to_subcolumns: 0,
  };
  const request = { operation: 'select', search, body: [Buffer.from(sql)], idleTimeoutMs: 600_000 } as const;
  const response = await http.send(request);
  response.resume();
  await once(response, 'end');
  const summary = JSON.parse(String(response.headers['x-clickhouse-summary'])) as Record<string, string>;
  return { rows: Number(summary.read_rows), bytes: Number(summary.read_bytes) };
}

function ms({ medianMs }: Times): string {
  return medianMs.toFixed(medianMs < 10 ? 1 : 0);
}

function reads({ rows, bytes }: Times): string {
  return `${short(rows)}, ${(bytes / 1e6).toFixed(1)} MB`;
}

function short(count: number): string {
  if (count < 10_000) return String(count);
  return count < 1_000_000 ? `${Math.round(count / 1000)} k` : `${(count / 1_000_000).toFixed(2)} M`;
}

function nanoseconds(ms: number): bigint {
  return BigInt(ms) * 1_000_000n;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
