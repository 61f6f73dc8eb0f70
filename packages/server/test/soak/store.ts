import { watch } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { RetryableError } from '../../src/runtime/errors.ts';
import { type Engine, startEngine } from '../../src/stores/clickhouse/engine.ts';
import { migrate } from '../../src/stores/clickhouse/migrate.ts';
import {
  ATTRIBUTES_TABLE,
  DATABASE,
  EVENTS_TABLE,
  STATS_TABLE,
  STREAMS_TABLE,
} from '../../src/stores/clickhouse/schema.ts';
import { type ClickHouseStore, openClickHouseStore } from '../../src/stores/clickhouse/store.ts';
import { all, eventBlock } from '../contracts/store.contract.ts';
import { Random } from '../sim/random.ts';
import { runHistory } from '../sim/store-writer-history.ts';
import { removeTempDirs, tempDir } from '../support/server.ts';

interface Options {
  seed: number;
  print(line: string): void;
}

const ROWS = 500;
const TABLES = [EVENTS_TABLE, STATS_TABLE, STREAMS_TABLE, ATTRIBUTES_TABLE];
const RETRY_MS = 20;

/**
 * Kills the engine within inserts, at random moments and as soon as it notes a part of one of the tables, which is just
 * before the part is in its place. The same insert must then complete events and statistics.
 */
export async function storeKillTest({ seed, kills, print }: Options & { kills: number }): Promise<boolean> {
  const random = new Random(seed);
  const dataDir = tempDir();
  let engine = await startEngine({ dataDir });
  let store = openClickHouseStore(engine);
  await migrate(store);
  const folders = new Map<string, string>();
  for (const table of TABLES) folders.set(table, await folderOf(store, table));
  let unfinished = 0;
  let wrong = 0;
  let insertMs = await insertUntilIn(store, 0);
  for (let frame = 1; frame <= kills; frame++) {
    const insert = store.insert(eventBlock('org', frame, ROWS), ROWS, token(frame)).then(
      () => true,
      () => false,
    );
    const isByChance = random.chance(0.25);
    const table = random.pick(TABLES);
    const moment = isByChance ? delay(random.int(insertMs)) : noted(folders.get(table)!, engine);
    await Promise.race([moment, insert]);
    await engine.stop();
    if (!(await insert)) unfinished++;
    await store.close();
    engine = await startEngine({ dataDir });
    store = openClickHouseStore(engine);
    insertMs = Math.max(1, Math.min(insertMs, await insertUntilIn(store, frame)));
    const counts = await countAll(store);
    const rows = ROWS * (frame + 1);
    if (counts.some((count) => count !== rows) && wrong++ < 10)
      print(`store-kill seed=${seed}: after kill ${frame} (${isByChance ? 'by chance' : table}): ${counts} of ${rows}`);
  }
  await store.close();
  await engine.stop();
  removeTempDirs();
  print(
    `store-kill seed=${seed}: ${kills} kills, ${unfinished} within an insert, ${wrong} times something was wrong after`,
  );
  return wrong === 0 && unfinished > 0;
}

const token = (frame: number) => `0:${frame}-${frame}`;

/** Kills the engine when something is appended to a table's log. The watcher ends with it. */
async function noted(folder: string, engine: Engine): Promise<void> {
  const { pid } = engine;
  await new Promise<void>((resolve) => {
    const watcher = watch(join(folder, 'deduplication_logs'), { persistent: false }, () => {
      watcher.close();
      if (pid !== undefined && engine.pid === pid) process.kill(pid, 'SIGKILL');
      resolve();
    });
  });
}

async function folderOf(store: ClickHouseStore, table: string): Promise<string> {
  const sql = `SELECT data_paths[1] AS path FROM system.tables WHERE database = '${DATABASE}' AND name = {table:String}`;
  return (await all<{ path: string }>(store, { sql, params: { table } }))[0]!.path;
}

/** Milliseconds of the insert that succeeded. */
async function insertUntilIn(store: ClickHouseStore, frame: number): Promise<number> {
  for (;;) {
    const startedAt = performance.now();
    try {
      await store.insert(eventBlock('org', frame, ROWS), ROWS, token(frame));
      return Math.round(performance.now() - startedAt);
    } catch (error) {
      if (!(error instanceof RetryableError)) throw error;
      await delay(RETRY_MS);
    }
  }
}

/** Events, places of events, and events as the statistics have them. */
async function countAll(store: ClickHouseStore): Promise<number[]> {
  const sql = `SELECT (SELECT count() FROM tailwater.events) AS events,
    (SELECT uniqExact(frame, frame_index) FROM tailwater.events) AS places,
    (SELECT sum(events) FROM tailwater.events_hourly) AS hourly,
    (SELECT sum(events) FROM tailwater.streams_hourly) AS streams`;
  const [row] = await all<Record<string, string>>(store, { sql, params: {} });
  return Object.values(row!).map(Number);
}

/** What test/sim/store-writer.test.ts does with a few seeds. */
export async function storeWriterTest({ seed, histories, print }: Options & { histories: number }): Promise<boolean> {
  const GROUP = 50;
  let failed = 0;
  for (let first = seed; first < seed + histories; first += GROUP) {
    const seeds = Array.from({ length: GROUP }, (_, i) => first + i);
    const results = await Promise.all(
      seeds.map(async (each) => ({ each, ...(await runHistory(each, each % 2 === 0)) })),
    );
    for (const { each, stored, setAside, expected } of results) {
      if (isDeepStrictEqual({ stored, setAside }, expected)) continue;
      failed++;
      print(`store-writer seed=${each}: ${JSON.stringify(stored)}, set aside ${[...setAside]}`);
    }
  }
  print(`store-writer seed=${seed}: ${histories} histories, ${failed} failed`);
  return failed === 0;
}
