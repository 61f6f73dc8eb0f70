import { DATABASE, EVENTS_TABLE } from '../stores/clickhouse/schema.ts';
import type { SqlQuery } from '../stores/store.ts';
import { EVENTS } from './events-sql.ts';
import { SELECT_SETTINGS, SqlParams } from './sql.ts';

/** Rows of `keptQuery`: what is kept of an org for so many days. 64-bit integers are text. */
export interface KeptRow {
  org: string;
  retention_days: number;
  events: string;
  oldest_ms: string;
  newest_ms: string;
}

/** What is kept, by org and retention; of one org, or of all when `orgId` is null. Times are those of arrival. */
export function keptQuery(orgId: string | null): SqlQuery {
  const params = new SqlParams();
  const where = orgId === null ? '' : ` WHERE org = ${params.add('String', orgId)}`;
  const sql =
    'SELECT org, retention_days, count() AS events, toUnixTimestamp64Milli(min(received_at)) AS oldest_ms,' +
    ` toUnixTimestamp64Milli(max(received_at)) AS newest_ms FROM ${EVENTS}${where}` +
    ` GROUP BY org, retention_days ORDER BY org, retention_days ${SELECT_SETTINGS}`;
  return { sql, params: params.values };
}

/** The row of `diskQuery`. */
export interface DiskRow {
  events: string;
  bytes: string;
}

/** Events of the whole store and the bytes that they take on disk, indexes included. */
export function diskQuery(): SqlQuery {
  const params = new SqlParams();
  const sql =
    'SELECT sum(rows) AS events, sum(bytes_on_disk) AS bytes FROM system.parts' +
    ` WHERE active AND database = ${params.add('String', DATABASE)} AND table = ${params.add('String', EVENTS_TABLE)}`;
  return { sql, params: params.values };
}
