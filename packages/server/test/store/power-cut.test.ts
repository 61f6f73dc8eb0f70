import { readdirSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { EventBatch } from '../../src/batch/event-batch.ts';
import { DEFAULT_LIMITS } from '../../src/batch/limits.ts';
import { SymbolTable } from '../../src/batch/symbol-table.ts';
import { FlushSwitch, runStoreWriter, type StoreWriterState } from '../../src/consumers/store-writer/store-writer.ts';
import { openCursor } from '../../src/journal/cursor.ts';
import { openDiskJournal } from '../../src/journal/disk/journal.ts';
import { openDiskJournalReader } from '../../src/journal/disk/reader.ts';
import { startEngine } from '../../src/stores/clickhouse/engine.ts';
import { migrate } from '../../src/stores/clickhouse/migrate.ts';
import { openClickHouseStore } from '../../src/stores/clickhouse/store.ts';
import { insertToken } from '../../src/stores/store.ts';
import { frameOf } from '../app/api-fixture.ts';
import { all, eventBlock } from '../contracts/store.contract.ts';
import { tempDir } from '../support/server.ts';

const ROWS = 10;
const NODE = 3;
const events = Array.from({ length: ROWS }, (_, i) => ({ message: `event ${i}` }));

/** Empties the logs of all tables: they are not synced, so this is what a power cut may leave of them. */
function forgetTokens(dataDir: string): number {
  const store = join(dataDir, 'data', 'store');
  const logs = readdirSync(store, { recursive: true, encoding: 'utf8' }).filter((path) => /_log_\d+\.txt$/.test(path));
  for (const log of logs) truncateSync(join(store, log));
  return logs.length;
}

test.each([
  ['all', [1, 2, 3]],
  ['one', [2]],
  ['none', []],
])('after a power cut that cost the engine its tokens, with %s of the frames stored', async (_, stored) => {
  const dataDir = tempDir();
  const dir = tempDir();
  const journal = await openDiskJournal({ dir: join(dir, 'journal'), node: NODE, reserveBytes: 0 });
  for (let i = 0; i < 3; i++) await journal.writer.append([frameOf('org', events)]);
  const cursor = await openCursor<StoreWriterState>(dir, 'store-writer');
  await cursor.commit(1, { inflightTo: 3, boot: 'the one before' });

  const first = await startEngine({ dataDir });
  const before = openClickHouseStore(first);
  await migrate(before);
  for (const frame of stored)
    await before.insert(eventBlock('org', frame, ROWS, NODE), ROWS, insertToken(NODE, 1, 3) + frame);
  await before.close();
  await first.stop();
  expect(forgetTokens(dataDir)).toBe(4);

  const engine = await startEngine({ dataDir });
  const store = openClickHouseStore(engine);
  const stopping = new AbortController();
  const reader = openDiskJournalReader({ dir: join(dir, 'journal'), progress: journal.progress });
  await runStoreWriter(
    {
      reader,
      cursor,
      store,
      node: NODE,
      boot: 'this one',
      batch: new EventBatch(new SymbolTable(), DEFAULT_LIMITS),
      insertRowsMax: 1000,
      insertIntervalMs: 1,
      insertBytesMax: 1 << 20,
      setAside: async (_frame, error) => {
        throw error;
      },
      onProgress: ({ position }) => {
        if (position > 3) stopping.abort();
      },
    },
    stopping.signal,
    new FlushSwitch(),
  );
  const sql = 'SELECT count() AS n, uniqExact(frame, frame_index) AS places FROM tailwater.events';
  expect(await all(store, { sql, params: {} })).toEqual([{ n: String(3 * ROWS), places: String(3 * ROWS) }]);
  expect(cursor.load()).toEqual({ position: 4, state: { inflightTo: null } });

  await reader.close();
  await journal.writer.close();
  await store.close();
  await engine.stop();
  for (const path of [dataDir, dir]) rmSync(path, { recursive: true, force: true });
});
