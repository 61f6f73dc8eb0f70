import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startEngine } from '../src/stores/clickhouse/engine.ts';
import { type ClickHouseStore, openClickHouseStore } from '../src/stores/clickhouse/store.ts';
import { request, type SpawnedServer, spawnServer } from '../test/support/server.ts';
import { QUERIES } from './store/queries.ts';
import { prepareBodies } from './support/bodies.ts';
import { countStored, makeOrgs, sendAll } from './support/fill.ts';

/**
 * Queries on many events, cold (a new engine, the page cache dropped where we may) and warm (median): what a user asks
 * of the API, then the queries that peers are compared on, straight to the store.
 *   npm run bench -- queries [--count 5000000]
 */
const RUNS = 15;
const FROM = 'from=2026-11-01T00:00:00Z&to=2026-11-30T00:00:00Z';

const API_QUERIES: Record<string, string> = {
  'newest 100': `/api/logs?${FROM}`,
  'newest 100, severity error': `/api/logs?${FROM}&severity=error`,
  'newest 100, a word': `/api/logs?${FROM}&q=completed`,
  'newest 100, two words and not a third': `/api/logs?${FROM}&q=rate+limit+-embeddings`,
  'newest 100, a phrase': `/api/logs?${FROM}&q=%22retry+after%22`,
  'newest 100, attr.status=503': `/api/logs?${FROM}&attr.status=503`,
  'newest 100, attr.tokens_in>=5900': `/api/logs?${FROM}&attr.tokens_in%3E=5900`,
  'newest 100, a user': `/api/logs?${FROM}&user_id=u_77`,
  'page 50 of 100': `/api/logs?${FROM}&page=50`,
  'count of a word': `/api/logs?${FROM}&q=completed&count=true&page_size=1`,
  'stats by type and severity, hourly': `/api/logs/stats?${FROM}&granularity=hourly&group_by=log_type,severity`,
  'stats by severity, minute': `/api/logs/stats?from=2026-11-21T00:00:00Z&to=2026-11-21T08:00:00Z&granularity=minute&group_by=severity`,
  fields: `/api/logs/fields?${FROM}`,
  'values of an attribute': `/api/logs/fields/model/values?${FROM}`,
};

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { count: { type: 'string', default: '5000000' } } });
  const scratch = mkdtempSync(join(tmpdir(), 'tailwater-bench-'));
  try {
    const dataDir = join(scratch, 'data');
    await fill(scratch, dataDir, Number(values.count));
    const server = await spawnServer({ dataDir });
    await timeApi(server).finally(() => server.stop());
    await timeStore(join(dataDir, 'store'));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** A data directory with the generated events, stored; the server is stopped again. */
export async function fill(scratch: string, dataDir: string, count: number): Promise<void> {
  const bodies = prepareBodies(join(scratch, 'bodies'), 'otlp', count, 5000);
  const server = await spawnServer({ dataDir });
  try {
    await makeOrgs(server);
    await sendAll(server, 'otlp', bodies);
    print(`${await countStored(server, count)} events stored`);
  } finally {
    await server.stop();
    bodies.close();
    rmSync(join(scratch, 'bodies'));
  }
}

async function timeApi(server: SpawnedServer): Promise<void> {
  print('| API, org acme | cold ms | warm ms |\n|---|---|---|');
  const newest = await ask(server, `/api/logs?${FROM}&page_size=1`);
  const [event] = (JSON.parse(newest) as { events: { event_id: string; trace_id: string }[] }).events;
  const queries = {
    ...API_QUERIES,
    'one event by id': `/api/logs/${event.event_id}`,
    context: `/api/logs/${event.event_id}/context?before=20&after=20`,
    trace: `/api/traces/${event.trace_id}`,
  };
  for (const [name, path] of Object.entries(queries)) {
    const times = await timed(() => ask(server, path));
    print(`| ${name} | ${times.cold.toFixed(1)} | ${times.warm.toFixed(1)} |`);
  }
}

async function ask(server: SpawnedServer, path: string): Promise<string> {
  const response = await request(server, path, { org: 'acme' });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: ${text}`);
  return text;
}

async function timeStore(dataDir: string): Promise<void> {
  dropPageCache();
  const engine = await startEngine({ dataDir });
  const store = openClickHouseStore(engine);
  try {
    print('| store, all orgs | cold ms | warm ms |\n|---|---|---|');
    for (const [name, sql] of Object.entries(QUERIES)) {
      const times = await timed(() => readAll(store, sql));
      print(`| ${name} | ${times.cold.toFixed(1)} | ${times.warm.toFixed(1)} |`);
    }
  } finally {
    await store.close();
    await engine.stop();
  }
}

async function readAll(store: ClickHouseStore, sql: string): Promise<void> {
  for await (const _ of store.select({ sql, params: {} }, {}));
}

/** The first run, and the median of the later ones, ms. */
async function timed(work: () => Promise<unknown>): Promise<{ cold: number; warm: number }> {
  const times: number[] = [];
  for (let i = 0; i <= RUNS; i++) {
    const startedAt = performance.now();
    await work();
    times.push(performance.now() - startedAt);
  }
  const [cold, ...warm] = times;
  return { cold, warm: warm.sort((a, b) => a - b)[RUNS >> 1] };
}

/** Needs root; without it the first runs find the files in memory, and it says so. */
function dropPageCache(): void {
  try {
    writeFileSync('/proc/sys/vm/drop_caches', '3');
  } catch {
    print('the page cache could not be dropped: cold means a new engine only');
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
