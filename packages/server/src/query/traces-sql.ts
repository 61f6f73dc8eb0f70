import type { SqlQuery } from '../stores/store.ts';
import { EVENTS } from './events-sql.ts';
import type { TimeRange } from './plan.ts';
import { renderScope, SELECT_SETTINGS, SqlParams } from './sql.ts';
import type { Scope } from './stats-sql.ts';

export const TRACE_ORDERS = ['errors', 'recent', 'slowest'] as const;
export type TraceOrder = (typeof TRACE_ORDERS)[number];

/** Newest events that traces are looked for in: as many take about half a second. */
export const TRACE_EVENTS_READ_MAX = 1_000_000;

const SERVICES = 10;

/** A row of `traceIdsQuery`; `events_read` is the same in all. 64-bit integers are text. */
export interface TraceIdRow {
  trace_id: string;
  events_read: string;
}

const ORDERS: Record<TraceOrder, string> = {
  errors: 'errors > 0 DESC, last_ts DESC',
  recent: 'last_ts DESC',
  slowest: 'last_ts - first_ts DESC, last_ts DESC',
};

/** The first traces in an order, by what the scope finds of them. */
export function traceIdsQuery(scope: Scope, order: TraceOrder, limit: number): SqlQuery {
  const params = new SqlParams();
  const newest = params.add('UInt64', TRACE_EVENTS_READ_MAX);
  const sql = [
    'SELECT trace_id, countIf(severity_number >= 17) AS errors, min(ts) AS first_ts, max(ts) AS last_ts,',
    'sum(count()) OVER () AS events_read',
    `FROM (SELECT trace_id, ts, severity_number FROM ${EVENTS}`,
    `WHERE ${renderScope(scope, params)} AND trace_id != '' ORDER BY ts DESC LIMIT ${newest})`,
    `GROUP BY trace_id ORDER BY ${ORDERS[order]}, trace_id LIMIT ${params.add('UInt64', limit)} ${SELECT_SETTINGS}`,
  ];
  return { sql: sql.join(' '), params: params.values };
}

/** What a list shows of a trace: of all its events in the range. 64-bit integers are text. */
export interface TraceRow {
  trace_id: string;
  first_ns: string;
  last_ns: string;
  events: string;
  /** `[severity, events]` */
  severities: [string, string][];
  services: string[];
  root_service: string;
  root_message: string;
  root_event_type: string;
}

const MESSAGE_CHARACTERS = 500;

export function tracesQuery(orgId: string, range: TimeRange, traceIds: readonly string[]): SqlQuery {
  const params = new SqlParams();
  const where = renderScope(
    { orgId, range, condition: { kind: 'field', column: 'trace_id', values: traceIds } },
    params,
  );
  const sql = [
    'SELECT trace_id, toUnixTimestamp64Nano(min(ts)) AS first_ns, toUnixTimestamp64Nano(max(ts)) AS last_ns,',
    'count() AS events, sumMap([toString(severity)], [toUInt64(1)]) AS counts, arrayZip(counts.1, counts.2) AS severities,',
    `groupUniqArrayIf(${SERVICES})(toString(service), service != '') AS services,`,
    `argMin((toString(service), leftUTF8(message, ${MESSAGE_CHARACTERS}), toString(event_type)), (ts, frame, frame_index)) AS root,`,
    'root.1 AS root_service, root.2 AS root_message, root.3 AS root_event_type',
    `FROM ${EVENTS} WHERE ${where} GROUP BY trace_id ${SELECT_SETTINGS}`,
  ];
  return { sql: sql.join(' '), params: params.values };
}
