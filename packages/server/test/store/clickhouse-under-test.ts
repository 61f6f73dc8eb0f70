import { rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { type Engine, startEngine } from '../../src/stores/clickhouse/engine.ts';
import { migrate } from '../../src/stores/clickhouse/migrate.ts';
import { type ClickHouseStore, openClickHouseStore } from '../../src/stores/clickhouse/store.ts';
import { all, type StoreUnderTest } from '../contracts/store.contract.ts';
import { tempDir } from '../support/server.ts';

const TRIES = 1_000;
const TRY_MS = 10;

export interface EmbeddedUnderTest extends StoreUnderTest {
  store: ClickHouseStore;
  engine: Engine;
  dataDir: string;
  /** All rows of a query without parameters. */
  rows<Row>(sql: string, params?: Record<string, string>): Promise<Row[]>;
}

/** The embedded engine in a directory of its own, with its tables. */
export async function openEmbedded(): Promise<EmbeddedUnderTest> {
  const dataDir = tempDir();
  const engine = await startEngine({ dataDir });
  const store = openClickHouseStore(engine);
  await migrate(store);
  const rows = <Row>(sql: string, params: Record<string, string> = {}) => all<Row>(store, { sql, params });
  const count = async (sql: string, params: Record<string, string>) =>
    Number((await rows<{ n: string }>(sql, params))[0]?.n);
  return {
    store,
    engine,
    dataDir,
    rows,
    kill: async () => {
      const { pid } = engine;
      if (pid !== undefined) process.kill(pid, 'SIGKILL');
      await waitFor(() => engine.pid !== pid);
    },
    backAgain: () => waitFor(() => engine.status().state === 'ready'),
    slowQuery: (marker) => ({
      sql: `SELECT sleepEachRow(0.01) AS slept FROM numbers(100000) SETTINGS max_block_size = 1, log_comment = '${marker}'`,
      params: {},
    }),
    isRunning: async (marker) => {
      const sql = "SELECT count() AS n FROM system.processes WHERE Settings['log_comment'] = {marker:String}";
      return (await count(sql, { marker })) > 0;
    },
    statistics: (orgId) =>
      count('SELECT sum(events) AS n FROM tailwater.events_hourly WHERE org = {org:String}', { org: orgId }),
    close: async () => {
      await store.close();
      await engine.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

export async function waitFor(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < TRIES; i++) {
    if (await condition()) return;
    await delay(TRY_MS);
  }
  throw new Error(`waited in vain for ${condition}`);
}
