import {
  ADD_STORED_AT,
  CREATE_ATTRIBUTES,
  CREATE_ATTRIBUTES_VIEW,
  CREATE_EVENTS,
  CREATE_STATS,
  CREATE_STATS_VIEW,
  CREATE_STREAMS,
  CREATE_STREAMS_VIEW,
  DATABASE,
  FILL_ATTRIBUTES,
  FILL_STREAMS,
} from './schema.ts';
import type { ClickHouseStore } from './store.ts';

const VERSIONS_TABLE = `${DATABASE}.schema_versions`;

interface Migration {
  version: number;
  /** Each may run again after a crash in the middle: IF NOT EXISTS, IF EXISTS. */
  statements: readonly string[];
}

/** Applied in order, each once. One that was released is never changed: the next one mends it. */
const MIGRATIONS: readonly Migration[] = [
  { version: 1, statements: [CREATE_EVENTS, CREATE_STATS, CREATE_STATS_VIEW] },
  { version: 2, statements: [ADD_STORED_AT] },
  { version: 3, statements: [CREATE_STREAMS, ...FILL_STREAMS, CREATE_STREAMS_VIEW] },
  { version: 4, statements: [CREATE_ATTRIBUTES, ...FILL_ATTRIBUTES, CREATE_ATTRIBUTES_VIEW] },
];

/**
 * Brings the database of the event store to this program's schema: makes it, or applies the migrations that it lacks.
 * Two programs that start at once do no harm. Throws the errors of `select`.
 */
export async function migrate(store: ClickHouseStore): Promise<void> {
  await store.command(`CREATE DATABASE IF NOT EXISTS ${DATABASE}`);
  await store.command(
    `CREATE TABLE IF NOT EXISTS ${VERSIONS_TABLE} (version UInt32, applied_at DateTime64(3, 'UTC') DEFAULT now64(3))
     ENGINE = MergeTree ORDER BY version SETTINGS fsync_after_insert = 1, fsync_part_directory = 1`,
  );
  const applied = await appliedVersion(store);
  for (const { version, statements } of MIGRATIONS) {
    if (version <= applied) continue;
    for (const statement of statements) await store.command(statement);
    await store.command(`INSERT INTO ${VERSIONS_TABLE} (version) VALUES (${version})`);
  }
}

async function appliedVersion(store: ClickHouseStore): Promise<number> {
  const sql = `SELECT max(version) AS version FROM ${VERSIONS_TABLE}`;
  for await (const [row] of store.select<{ version: number }>({ sql, params: {} }, {})) if (row) return row.version;
  return 0;
}
