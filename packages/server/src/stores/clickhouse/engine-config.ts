import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DATABASE } from './schema.ts';

export const ENGINE_USER = 'app';

/** Ceilings of the engine's caches in bytes. They are part of `memoryBytesMax`. */
const CACHE_BYTES = {
  mark_cache_size: 64 << 20,
  index_mark_cache_size: 16 << 20,
  primary_index_cache_size: 32 << 20,
  query_condition_cache_size: 8 << 20,
  text_index_dictionary_block_cache_size: 16 << 20,
  text_index_header_cache_size: 16 << 20,
  text_index_postings_cache_size: 32 << 20,
  compiled_expression_cache_size: 8 << 20,
} as const;

/** Threads. Merges on two cores gain nothing from more than two at once, and each holds its buffers. */
const POOLS = {
  background_pool_size: 2,
  background_merges_mutations_concurrency_ratio: 1,
  background_common_pool_size: 2,
  background_move_pool_size: 1,
  background_fetches_pool_size: 1,
  background_schedule_pool_size: 4,
  background_buffer_flush_schedule_pool_size: 1,
  background_distributed_schedule_pool_size: 1,
  background_message_broker_schedule_pool_size: 1,
} as const;

const tags = (values: Readonly<Record<string, string | number>>) =>
  Object.entries(values)
    .map(([name, value]) => `<${name}>${value}</${name}>`)
    .join('\n  ');

/** What the application may do: everything in its own database, nothing with files, urls, users or other databases. */
const APP_GRANTS = [
  `GRANT SELECT, INSERT, ALTER, CREATE DATABASE, CREATE TABLE, CREATE VIEW, DROP TABLE, DROP VIEW, TRUNCATE, OPTIMIZE, SHOW ON ${DATABASE}.*`,
  'GRANT SELECT ON system.*',
  ...['MergeTree', 'ReplacingMergeTree', 'SummingMergeTree', 'AggregatingMergeTree', 'Null'].map(
    (engine) => `GRANT TABLE ENGINE ON ${engine}`,
  ),
];

const APP_PROFILE = {
  async_insert: 0,
  output_format_json_quote_64bit_integers: 1,
  output_format_json_quote_denormals: 1,
  cancel_http_readonly_queries_on_client_close: 1,
  // 26.7 fails with code 33 on `map['key']` of a wide part that a TTL emptied, when it reads the key's subcolumn.
  optimize_functions_to_subcolumns: 0,
} as const;

/** A request without the password finds no handler, whoever it says it is: 404, before any user is looked at. */
function serverConfig(password: string, memoryBytesMax: number): string {
  return `<clickhouse>
  <users_config>users.xml</users_config>
  <timezone>UTC</timezone>
  <max_concurrent_queries>100</max_concurrent_queries>
  <max_server_memory_usage>${memoryBytesMax}</max_server_memory_usage>
  <keep_alive_timeout>600</keep_alive_timeout>
  <http_handlers>
    <rule>
      <headers><X-ClickHouse-Key>${password}</X-ClickHouse-Key></headers>
      <handler><type>dynamic_query_handler</type><query_param_name>query</query_param_name></handler>
    </rule>
  </http_handlers>
  ${tags(CACHE_BYTES)}
  ${tags(POOLS)}
</clickhouse>
`;
}

/**
 * The engine's own boot session logs in as `default` with an empty password (it can't have one), so `default` may do
 * nothing but SYSTEM LISTEN; and over HTTP it is out of reach, see http_handlers.
 */
function usersConfig(password: string, memoryBytesMax: number): string {
  const sha256 = createHash('sha256').update(password).digest('hex');
  const local = '<networks><ip>127.0.0.1</ip></networks>';
  return `<clickhouse>
  <profiles>
    <default/>
    <app>
  ${tags({ ...APP_PROFILE, max_memory_usage: Math.floor(memoryBytesMax * 0.8) })}
    </app>
  </profiles>
  <quotas><default/></quotas>
  <users>
    <default><password></password>${local}<profile>default</profile><quota>default</quota>
      <grants><query>GRANT SYSTEM LISTEN ON *.*</query></grants></default>
    <${ENGINE_USER}><password_sha256_hex>${sha256}</password_sha256_hex>${local}<profile>app</profile><quota>default</quota>
      <grants>${APP_GRANTS.map((grant) => `<query>${grant}</query>`).join('')}</grants></${ENGINE_USER}>
  </users>
</clickhouse>
`;
}

/**
 * Writes config.xml and users.xml for one start into `directory` (0700, files 0600) and returns config.xml's path.
 * `memoryBytesMax` bounds what the engine allocates; the mapped library (some 165 MB, reclaimable) comes on top.
 */
export function writeEngineConfig(directory: string, password: string, memoryBytesMax: number): string {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const configFile = join(directory, 'config.xml');
  writeFileSync(configFile, serverConfig(password, memoryBytesMax), { mode: 0o600 });
  writeFileSync(join(directory, 'users.xml'), usersConfig(password, memoryBytesMax), { mode: 0o600 });
  return configFile;
}
