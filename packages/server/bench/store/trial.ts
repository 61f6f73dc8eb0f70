/**
 * Trials of the event table: for each variant a fresh embedded engine takes the generated events as Native blocks.
 * Printed are the engine's CPU per event until merges have settled, its memory, bytes per event, and of each query the
 * median and least time of 15 runs.
 *
 *   node packages/server/bench/store/trial.ts EVENTS.ndjson BLOCK_ROWS [VARIANT,…]
 *
 * EVENTS.ndjson is what bench/event-generator.ts writes. Variants are those of variants.ts; `product` is the default.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startEngine } from '../../src/stores/clickhouse/engine.ts';
import { CREATE_EVENTS, DATABASE } from '../../src/stores/clickhouse/schema.ts';
import { type ClickHouseStore, openClickHouseStore } from '../../src/stores/clickhouse/store.ts';
import { type NativeBlock, nativeBlocks } from './native-block.ts';
import { QUERIES } from './queries.ts';
import { statements, VARIANTS } from './variants.ts';

const RUNS = 15;
const CLOCK_TICKS_PER_SECOND = 100;
const SETTLE_SECONDS_MAX = 300;

type Row = Record<string, string | number>;

/** User and system time of a process with all its threads, in s. */
function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_PER_SECOND;
}

function memory(pid: number): string {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mb = (name: string) => Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024);
  return `memory now ${mb('VmRSS')} MB (${mb('RssAnon')} its own), peak ${mb('VmHWM')} MB`;
}

async function select(store: ClickHouseStore, sql: string): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const chunk of store.select<Row>({ sql, params: {} }, {})) rows.push(...chunk);
  return rows;
}

/** Waits until no merge has run and next to no CPU was used for 5 s. */
async function settle(store: ClickHouseStore, pid: number): Promise<void> {
  let quietSeconds = 0;
  let last = cpuSeconds(pid);
  for (let i = 0; i < SETTLE_SECONDS_MAX && quietSeconds < 5; i++) {
    await delay(1_000);
    const [merges] = await select(store, 'SELECT count() AS n FROM system.merges');
    const now = cpuSeconds(pid);
    quietSeconds = merges?.n === '0' && now - last < 0.06 ? quietSeconds + 1 : 0;
    last = now;
  }
}

/** Bytes per event of the table, of its columns and of its indexes, the largest first. */
async function sizes(store: ClickHouseStore): Promise<string> {
  const ours = `database = '${DATABASE}' AND table = 'events'`;
  const [total] = await select(
    store,
    `SELECT count() AS parts, sum(rows) AS n, sum(bytes_on_disk) / n AS bytes FROM system.parts WHERE ${ours} AND active`,
  );
  const largest = async (name: string, bytes: string, from: string) => {
    const sql = `SELECT ${name} AS name, sum(${bytes}) / ${total?.n} AS bytes FROM system.${from} GROUP BY name ORDER BY bytes DESC LIMIT 12`;
    return (await select(store, sql)).map((row) => `${row.name} ${Number(row.bytes).toFixed(2)}`).join(', ');
  };
  return [
    `${Number(total?.bytes).toFixed(1)} B/event in ${total?.parts} parts, ${total?.n} events`,
    await largest('column', 'column_data_compressed_bytes', `parts_columns WHERE ${ours} AND active`),
    await largest('name', 'data_compressed_bytes', `data_skipping_indices WHERE ${ours}`),
  ].join('\n   ');
}

async function queryTimes(store: ClickHouseStore): Promise<string> {
  const results: string[] = [];
  for (const [name, sql] of Object.entries(QUERIES)) {
    const times: number[] = [];
    let found = 0;
    for (let run = 0; run < RUNS; run++) {
      const started = performance.now();
      found = (await select(store, sql)).length;
      times.push(performance.now() - started);
    }
    times.sort((a, b) => a - b);
    results.push(`${name} ${times[RUNS >> 1]!.toFixed(1)} ms (least ${times[0]!.toFixed(1)}, ${found} rows)`);
  }
  return results.join('\n   ');
}

async function trial(name: string, blocks: readonly NativeBlock[]): Promise<void> {
  const variant = VARIANTS[name];
  if (!variant) throw new Error(`no variant ${name}; there are ${Object.keys(VARIANTS).join(', ')}`);
  const dataDir = mkdtempSync(join(tmpdir(), 'tailwater-trial-'));
  const engine = await startEngine({ dataDir });
  const store = openClickHouseStore(engine);
  const { pid } = engine;
  if (pid === undefined) throw new Error('the engine ended');
  try {
    await store.command(`CREATE DATABASE ${DATABASE}`);
    for (const sql of statements(variant, CREATE_EVENTS)) await store.command(sql);
    const events = blocks.reduce((sum, { rows }) => sum + rows, 0);
    const before = cpuSeconds(pid);
    const micros = () => (((cpuSeconds(pid) - before) / events) * 1e6).toFixed(2);
    const started = performance.now();
    for (const [i, { block, rows }] of blocks.entries()) await store.insert([block], rows, `block:${i}`);
    const seconds = ((performance.now() - started) / 1_000).toFixed(1);
    console.log(`${name}\n   insert ${micros()} µs/event in ${seconds} s`);
    await settle(store, pid);
    console.log(`   settled ${micros()} µs/event, ${memory(pid)}\n   ${await sizes(store)}`);
    if (variant.queries !== 'none') console.log(`   ${await queryTimes(store)}`);
  } finally {
    await store.close();
    await engine.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

const [file, blockRows, names = 'product'] = process.argv.slice(2);
if (!file || !(Number(blockRows) > 0)) throw new Error('usage: trial.ts EVENTS.ndjson BLOCK_ROWS [VARIANT,…]');
const blocks: NativeBlock[] = [];
for await (const block of nativeBlocks(file, Number(blockRows))) blocks.push(block);
for (const name of names.split(',')) await trial(name, blocks);
