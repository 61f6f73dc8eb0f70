import { appendFileSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
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
import { tempDir } from '../support/server.ts';

const ROWS = 100;

/** What a kill within an insert leaves, made by hand: see src/stores/clickhouse/deduplication-log.ts. */
describe('embedded engine, killed within an insert', () => {
  let dataDir: string;
  let engine: Engine;
  let store: ClickHouseStore;
  beforeEach(async () => {
    dataDir = tempDir();
    await start();
    await migrate(store);
  });
  afterEach(() => stop());

  const start = async () => {
    engine = await startEngine({ dataDir });
    store = openClickHouseStore(engine);
  };
  const stop = async () => {
    await store.close();
    await engine.stop();
  };
  const insert = (frame: number) => store.insert(eventBlock('org', frame, ROWS), ROWS, `0:${frame}-${frame}`);
  const folderOf = async (table: string) => {
    const sql = `SELECT data_paths[1] AS path FROM system.tables WHERE database = '${DATABASE}' AND name = {table:String}`;
    return (await all<{ path: string }>(store, { sql, params: { table } }))[0]!.path;
  };
  /** Of all tables; `names` are those of one event's attributes. */
  const counts = async () => {
    const sql = `SELECT (SELECT count() FROM tailwater.events) AS events,
      (SELECT uniqExact(frame, frame_index) FROM tailwater.events) AS places,
      (SELECT sum(events) FROM tailwater.events_hourly) AS hourly,
      (SELECT sum(events) FROM tailwater.streams_hourly) AS streams,
      (SELECT uniqExact(name) FROM tailwater.attributes_hourly) AS names`;
    const [row] = await all<Record<string, string>>(store, { sql, params: {} });
    return Object.fromEntries(Object.entries(row!).map(([name, value]) => [name, Number(value)]));
  };
  const whole = (frames: number) => {
    const rows = frames * ROWS;
    return { events: rows, places: rows, hourly: rows, streams: rows, names: 1 };
  };

  test.each([EVENTS_TABLE, STATS_TABLE, STREAMS_TABLE, ATTRIBUTES_TABLE])(
    'before the noted part of %s was in its place, the same insert completes it',
    async (table) => {
      await insert(1);
      const folder = await folderOf(table);
      const [part] = readdirSync(folder).filter((name) => /_1_1_\d+$/.test(name));
      await stop();
      renameSync(join(folder, part!), join(folder, `tmp_insert_${part}`));
      await start();
      expect(await counts()).not.toEqual(whole(1));
      await insert(1);
      expect(await counts()).toEqual(whole(1));
      await insert(1);
      await insert(2);
      expect(await counts()).toEqual(whole(2));
    },
  );

  test('while it noted a part, nothing that is noted later is forgotten', async () => {
    await insert(1);
    const folder = await folderOf(EVENTS_TABLE);
    const log = join(folder, 'deduplication_logs', 'deduplication_log_1.txt');
    const [record] = readFileSync(log, 'utf8').split('\n');
    await stop();
    appendFileSync(log, record!.replaceAll('_1_1_', '_2_2_').slice(0, -5));
    await start();
    await insert(2);
    await stop();
    await start();
    await insert(1);
    await insert(2);
    expect(await counts()).toEqual(whole(2));
  });
});
