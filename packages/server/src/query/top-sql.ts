import { EVENT_BYTES_EXPRESSION } from '../stores/clickhouse/schema.ts';
import type { SqlQuery } from '../stores/store.ts';
import { EVENTS } from './events-sql.ts';
import { renderScope, SELECT_SETTINGS, SqlParams } from './sql.ts';
import { type Scope, STATS } from './stats-sql.ts';
import { type Part, viewParts } from './view-parts.ts';

/** What the busiest of can be asked for. */
export const TOP_DIMENSIONS = [
  'service',
  'log_type',
  'event_type',
  'host',
  'logger',
  'user_id',
  'action',
  'receiver',
] as const;
export type TopDimension = (typeof TOP_DIMENSIONS)[number];

/** 64-bit integers are text; null where no event has one. */
export interface TopRow {
  value: string;
  events: string;
  errors: string;
  cost: number | null;
  p95_ms: number | null;
}

/** The values of a dimension with the most events; events that have none are left out. */
export function topQuery(scope: Scope, by: TopDimension, limit: number): SqlQuery {
  const params = new SqlParams();
  const sql = [
    `SELECT ${by} AS value, count() AS events, countIf(severity_number >= 17) AS errors,`,
    'if(count(cost) = 0, NULL, sumIf(cost, isFinite(cost))) AS cost,',
    'if(count(duration_ms) = 0, NULL, quantileIf(0.95)(duration_ms, isFinite(duration_ms))) AS p95_ms',
    `FROM ${EVENTS} WHERE ${renderScope(scope, params)} AND ${by} != ''`,
    `GROUP BY value ORDER BY events DESC, value LIMIT ${params.add('UInt64', limit)} ${SELECT_SETTINGS}`,
  ];
  return { sql: sql.join(' '), params: params.values };
}

const VIEW_DIMENSIONS: readonly TopDimension[] = ['service', 'log_type', 'event_type'];

/**
 * Rows `{value, bytes}` for some values of a dimension. Apart from the others because adding up the bytes of events costs
 * more than all else: full hours come from the hourly view where that knows them. The range has an end.
 */
export function topBytesQuery(scope: Scope, by: TopDimension, values: readonly string[]): SqlQuery {
  const params = new SqlParams();
  const list = params.add('Array(String)', values);
  const parts: Part[] = VIEW_DIMENSIONS.includes(by) ? viewParts(scope) : [{ range: scope.range, source: 'live' }];
  const rendered = parts.map(({ range, source }) => {
    const [table, column, bytes] =
      source === 'view' ? ([STATS, 'hour', 'bytes'] as const) : ([EVENTS, 'ts', EVENT_BYTES_EXPRESSION] as const);
    const where = `${renderScope({ ...scope, range }, params, column)} AND ${by} IN ${list}`;
    return `SELECT ${by} AS value, sum(${bytes}) AS part_bytes FROM ${table} WHERE ${where} GROUP BY value`;
  });
  const sql = `SELECT value, sum(part_bytes) AS bytes FROM (${rendered.join(' UNION ALL ')}) GROUP BY value ${SELECT_SETTINGS}`;
  return { sql, params: params.values };
}

/** 64-bit integers are text. */
export interface OperationRow {
  service: string;
  log_type: string;
  event_type: string;
  action: string;
  events: string;
  errors: string;
  /** p50, p95, p99. */
  quantiles: number[];
  max_ms: number;
  /** Place of the slowest one. */
  slowest_frame: string;
  slowest_index: number;
}

/** Kinds of events that took the longest, by their p95; of events with a duration. */
export function operationsQuery(scope: Scope, limit: number): SqlQuery {
  const params = new SqlParams();
  const sql = [
    'SELECT service, log_type, event_type, action, count() AS events, countIf(severity_number >= 17) AS errors,',
    'quantiles(0.5, 0.95, 0.99)(assumeNotNull(duration_ms)) AS quantiles, max(assumeNotNull(duration_ms)) AS max_ms,',
    'argMax((frame, frame_index), (assumeNotNull(duration_ms), ts)) AS slowest,',
    'slowest.1 AS slowest_frame, slowest.2 AS slowest_index',
    `FROM ${EVENTS} WHERE ${renderScope(scope, params)} AND isFinite(duration_ms)`,
    'GROUP BY service, log_type, event_type, action',
    `ORDER BY quantiles[2] DESC, events DESC, service, log_type, event_type, action`,
    `LIMIT ${params.add('UInt64', limit)} ${SELECT_SETTINGS}`,
  ];
  return { sql: sql.join(' '), params: params.values };
}
