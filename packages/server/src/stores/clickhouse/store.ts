import type { Readable } from 'node:stream';
import type { JournalPosition } from '../../journal/journal.ts';
import type { EventStore, SqlQuery } from '../store.ts';
import { type HttpClient, type HttpOptions, openHttp } from './http.ts';
import { paramSearch } from './params.ts';
import { readRows } from './rows.ts';
import { BLOCK_COLUMNS, DATABASE, EVENTS_TABLE, STREAMS_TABLE } from './schema.ts';

const DEFAULT_SELECT_TIMEOUT_MS = 60_000;
/** An insert of 100k events takes 0.3 s; on a full disk or under heavy merges it may wait. */
const INSERT_TIMEOUT_MS = 120_000;
const COMMAND_TIMEOUT_MS = 600_000;
const PING_TIMEOUT_MS = 2_000;
/** ClickHouse ends a query itself at its limit; only when it doesn't is the connection cut, this much later. */
const TIMEOUT_GRACE_MS = 5_000;

const INSERT_SQL = `INSERT INTO ${DATABASE}.${EVENTS_TABLE} (${BLOCK_COLUMNS.map(([name]) => name).join(', ')}) FORMAT Native`;

/** All settings travel with the request, so that an external server's own profile doesn't matter. */
const INSERT_SETTINGS = {
  query: INSERT_SQL,
  async_insert: 0,
  insert_deduplicate: 1,
  deduplicate_blocks_in_dependent_materialized_views: 1,
  // Events of any day are welcome; each day and retention is a partition.
  max_partitions_per_insert_block: 0,
} as const;

const SELECT_SETTINGS = {
  default_format: 'JSONEachRow',
  // Reads only, settings may be set. Without it the next one has no effect.
  readonly: 2,
  cancel_http_readonly_queries_on_client_close: 1,
  output_format_json_quote_64bit_integers: 1,
  output_format_json_quote_denormals: 1,
  output_format_json_escape_forward_slashes: 0,
  // Its filter on the sort key takes the place of the text index: newest 100 of a word and a severity, 80 ms of CPU
  // with it, 32 without. Events are read in the order of their key anyway.
  use_top_k_dynamic_filtering: 0,
  // 26.7 fails with code 33 on `map['key']` of a wide part that a TTL emptied, when it reads the key's subcolumn.
  optimize_functions_to_subcolumns: 0,
} as const;

/** Deletions are waited for. https://clickhouse.com/docs/sql-reference/statements/delete */
const REMOVE_SETTINGS = { lightweight_deletes_sync: 2, mutations_sync: 0 } as const;

const STORED_FRAMES_SQL = `SELECT DISTINCT toUInt64(frame - {base:UInt64}) AS position FROM ${DATABASE}.${EVENTS_TABLE}
  WHERE frame BETWEEN {first:UInt64} AND {last:UInt64} SETTINGS apply_deleted_mask = 0`;

const EVENTS_ENGINE_SQL = `SELECT engine FROM system.tables WHERE database = '${DATABASE}' AND name = '${EVENTS_TABLE}'`;

export interface ClickHouseStore extends EventStore {
  /** One statement that changes the schema. Throws the same errors as `select`. */
  command(sql: string, params?: SqlQuery['params']): Promise<void>;
}

export type ClickHouseStoreOptions = HttpOptions;

/**
 * The event store on a ClickHouse server, embedded (engine.ts) or external. Opens no connection by itself, keeps those
 * it made, and can be opened in any number of threads.
 */
export function openClickHouseStore(options: ClickHouseStoreOptions): ClickHouseStore {
  const http = openHttp(options);

  async function insert(block: readonly Uint8Array[], rows: number, token: string): Promise<void> {
    if (rows === 0) return;
    const search = { ...INSERT_SETTINGS, insert_deduplication_token: token };
    const response = await http.send({ operation: 'insert', search, body: block, idleTimeoutMs: INSERT_TIMEOUT_MS });
    await drain(response);
  }

  async function* select<Row>(
    { sql, params }: SqlQuery,
    { signal, timeoutMs = DEFAULT_SELECT_TIMEOUT_MS }: { signal?: AbortSignal; timeoutMs?: number } = {},
  ): AsyncGenerator<Row[]> {
    const response = await http.send({
      operation: 'select',
      search: { ...SELECT_SETTINGS, ...paramSearch(params), max_execution_time: timeoutMs / 1_000 },
      body: [Buffer.from(sql)],
      signal,
      idleTimeoutMs: timeoutMs + TIMEOUT_GRACE_MS,
    });
    try {
      yield* readRows<Row>(response);
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      // Where rows are left unread this closes the connection, which stops the query.
      response.destroy();
    }
  }

  async function command(sql: string, params: SqlQuery['params'] = {}): Promise<void> {
    await drain(
      await http.send({
        operation: 'select',
        search: { default_format: 'JSONEachRow', ...REMOVE_SETTINGS, ...paramSearch(params) },
        body: [Buffer.from(sql)],
        idleTimeoutMs: COMMAND_TIMEOUT_MS,
      }),
    );
  }

  /** The mask hides rows at once; applying it rewrites the parts, so that nothing of them stays on the disk. */
  async function remove(events: SqlQuery, streams: SqlQuery): Promise<void> {
    await command(`DELETE FROM ${DATABASE}.${EVENTS_TABLE} WHERE ${events.sql}`, events.params);
    await command(`ALTER TABLE ${DATABASE}.${EVENTS_TABLE} APPLY DELETED MASK`);
    await command(`DELETE FROM ${DATABASE}.${STREAMS_TABLE} WHERE ${streams.sql}`, streams.params);
  }

  const storedFrames: EventStore['storedFrames'] = (...range) => readStoredFrames(select, ...range);

  return { insert, select, remove, storedFrames, command, ping: () => answers(http), close: async () => http.close() };
}

async function answers(http: HttpClient): Promise<boolean> {
  const query = {
    operation: 'select',
    search: { default_format: 'JSONEachRow' },
    body: [Buffer.from('SELECT 1')],
    signal: AbortSignal.timeout(PING_TIMEOUT_MS),
  } as const;
  return await http
    .send({ ...query, idleTimeoutMs: PING_TIMEOUT_MS })
    .then(drain)
    .then(
      () => true,
      () => false,
    );
}

async function readStoredFrames(
  select: EventStore['select'],
  node: number,
  from: JournalPosition,
  to: JournalPosition,
): Promise<ReadonlySet<JournalPosition> | null> {
  // ReplicatedMergeTree commits token and part in one step, and this replica may lack what another one has.
  for await (const rows of select<{ engine: string }>({ sql: EVENTS_ENGINE_SQL, params: {} }, {}))
    if (rows.some(({ engine }) => engine !== 'MergeTree')) return null;
  const base = BigInt(node) << 48n;
  const params = { base: `${base}`, first: `${base + BigInt(from)}`, last: `${base + BigInt(to)}` };
  const stored = new Set<JournalPosition>();
  for await (const rows of select<{ position: string }>({ sql: STORED_FRAMES_SQL, params }, {}))
    for (const { position } of rows) stored.add(Number(position));
  return stored;
}

/** Reads an answer to its end, so that the connection can be used again. Throws as `readRows` does. */
async function drain(response: Readable): Promise<void> {
  for await (const _ of readRows(response));
}
