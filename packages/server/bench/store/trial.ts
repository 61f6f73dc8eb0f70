/**
 * Trials of the event table: for each variant a fresh embedded engine takes the generated events as Native blocks;
 * printed are the engine's CPU per event until merges have settled, bytes per event, and the median of each query.
 *
 *   node bench/store/trial.ts BLOCKS_DIR [VARIANT,…]      BLOCKS_DIR: *.native, see blocks.ts
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Engine, startEngine } from '../../src/stores/clickhouse/engine.ts';
import { CREATE_EVENTS, DATABASE } from '../../src/stores/clickhouse/schema.ts';
import { type ClickHouseStore, openClickHouseStore } from '../../src/stores/clickhouse/store.ts';
import { QUERIES } from './queries.ts';
import { VARIANTS } from './variants.ts';

const RUNS = 15;
const CLOCK_TICKS_PER_SECOND = 100;
const SETTLE_SECONDS_MAX = 180;

/** User and system time of a process with all its threads, in s. */
function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_PER_SECOND;
}

function memoryMb(pid: number): string {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mb = (name: string) => Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024);
  return `rss ${mb('VmRSS')} anon ${mb('RssAnon')} peak ${mb('VmHWM')} MB`;
}

async function rows(store: ClickHouseStore, sql: string): Promise<Record<string, string | number>[]> {
  const all: Record<string, string | number>[] = [];
  for await (const chunk of store.select<Record<string, string | number>>({ sql, params: {} }, {})) all.push(...chunk);
  return all;
}

/** Waits until no merge has run and next to no CPU was used for 5 s. */
async function settle(store: ClickHouseStore, pid: number): Promise<void> {
  let quiet = 0;
  let last = cpuSeconds(pid);
  for (let i = 0; i < SETTLE_SECONDS_MAX && quiet < 5; i++) {
    await delay(1_000);
    const [merges] = await rows(store, 'SELECT count() AS n FROM system.merges');
    const now = cpuSeconds(pid);
    quiet = merges?.n === '0' && now - last < 0.06 ? quiet + 1 : 0;
    last = now;
  }
}

async function report(store: ClickHouseStore): Promise<string> {
  const [total] = await rows(
    store,
    `SELECT count() AS parts, sum(rows) AS n, sum(bytes_on_disk) / n AS bytes, sum(secondary_indices_compressed_bytes) / n AS indexes
     FROM system.parts WHERE database = '${DATABASE}' AND table = 'events' AND active`,
  );
  const columns = await rows(
    store,
    `SELECT column, sum(column_data_compressed_bytes) / ${total?.n} AS bytes FROM system.parts_columns
     WHERE database = '${DATABASE}' AND table = 'events' AND active GROUP BY column ORDER BY bytes DESC LIMIT 14`,
  );
  const indexes = await rows(
    store,
    `SELECT name, data_compressed_bytes / ${total?.n} AS bytes FROM system.data_skipping_indices WHERE database = '${DATABASE}' AND table = 'events' ORDER BY bytes DESC`,
  );
  const list = (items: typeof columns, key: string) =>
    items.map((item) => `${item[key]} ${Number(item.bytes).toFixed(2)}`).join(' ');
  return `parts ${total?.parts} rows ${total?.n} B/event ${Number(total?.bytes).toFixed(1)} indexes ${Number(total?.indexes).toFixed(1)}\n   ${list(columns, 'column')}\n   ${list(indexes, 'name')}`;
}

async function timeQueries(store: ClickHouseStore, edit: (sql: string) => string): Promise<string> {
  const results: string[] = [];
  for (const [name, sql] of Object.entries(QUERIES)) {
    const times: number[] = [];
    let found = 0;
    for (let run = 0; run < RUNS; run++) {
      const start = performance.now();
      found = (await rows(store, `${edit(sql)}`)).length;
      times.push(performance.now() - start);
    }
    times.sort((a, b) => a - b);
    results.push(`${name} ${times[RUNS >> 1]!.toFixed(1)} (min ${times[0]!.toFixed(1)}, ${found} rows)`);
  }
  return results.join(' · ');
}

async function trial(name: string, blocks: readonly Buffer[], blockRows: number): Promise<void> {
  const variant = VARIANTS[name];
  if (!variant) throw new Error(`unknown variant ${name}`);
  const dataDir = mkdtempSync(join(tmpdir(), 'tailwater-trial-'));
  const engine: Engine = await startEngine({ dataDir });
  const store = openClickHouseStore(engine);
  try {
    const pid = engine.pid!;
    await store.command(`CREATE DATABASE ${DATABASE}`);
    await store.command(variant.table(CREATE_EVENTS));
    for (const sql of variant.also ?? []) await store.command(sql);
    const cpuBefore = cpuSeconds(pid);
    const started = performance.now();
    for (const [i, block] of blocks.entries()) await store.insert([block], blockRows, `block:${i}`);
    const events = blocks.length * blockRows;
    const micros = (from: number) => (((cpuSeconds(pid) - from) / events) * 1e6).toFixed(2);
    console.log(
      `${name}: insert ${micros(cpuBefore)} µs/event, wall ${((performance.now() - started) / 1000).toFixed(1)} s`,
    );
    if (process.argv[4] === 'events') {
      const events = await rows(
        store,
        `SELECT event, round(value / 1e6, 2) AS s FROM system.events WHERE event LIKE '%Microseconds' AND value > 20000 ORDER BY value DESC`,
      );
      console.log(events.map((event) => `${event.event} ${event.s}`).join('\n'));
    }
    await settle(store, pid);
    console.log(`   settled ${micros(cpuBefore)} µs/event, ${memoryMb(pid)}, ${await report(store)}`);
    const optimizeFrom = cpuSeconds(pid);
    if (process.argv[4]?.includes('optimize')) {
      await store.command(`OPTIMIZE TABLE ${DATABASE}.events FINAL`);
      console.log(`   optimize ${micros(optimizeFrom)} µs/event, ${memoryMb(pid)}, ${await report(store)}`);
    }
    if (!process.argv[4]?.includes('noquery'))
      console.log(`   ${await timeQueries(store, variant.query ?? ((sql) => sql))}`);
  } finally {
    await store.close();
    await engine.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

const [, , directory, names = 'base'] = process.argv;
if (!directory) throw new Error('usage: trial.ts BLOCKS_DIR [VARIANT,…]');
const blocks = readdirSync(directory)
  .sort()
  .map((file) => readFileSync(join(directory, file)));
const blockRows = 1_000_000 / blocks.length;
for (const name of names.split(',')) await trial(name, blocks, blockRows);
