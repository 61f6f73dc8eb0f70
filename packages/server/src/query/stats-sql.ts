import { DATABASE, EVENT_BYTES_EXPRESSION, STATS_TABLE } from '../stores/clickhouse/schema.ts';
import type { SqlQuery } from '../stores/store.ts';
import { EVENTS } from './events-sql.ts';
import type { EventsPlan } from './plan.ts';
import { renderScope, SELECT_SETTINGS, SqlParams } from './sql.ts';
import { TIME_MAX_NS, TIME_MIN_NS } from './time.ts';

/** Events and bytes per hour. */
export const STATS = `${DATABASE}.${STATS_TABLE}`;

export const GRANULARITIES = { minute: 60, hourly: 3_600, daily: 86_400 } as const;
export type Granularity = keyof typeof GRANULARITIES;

/** What statistics can be divided by. */
export const STATS_DIMENSIONS = [
  'log_type',
  'event_type',
  'severity',
  'service',
  'host',
  'logger',
  'receiver',
] as const;
export type StatsDimension = (typeof STATS_DIMENSIONS)[number];

export type Scope = Pick<EventsPlan, 'orgId' | 'range' | 'condition'>;

export interface VolumePlan extends Scope {
  granularity: Granularity;
  groupBy: readonly StatsDimension[];
}

/**
 * A row of `volumeQuery`: of the series (`set` 0), of one log type (1) or of one severity (2). Only the columns of its
 * set mean anything. 64-bit integers are text.
 */
export interface VolumeRow extends Partial<Record<StatsDimension, string>> {
  set: number;
  /** Start of the interval, seconds since the epoch, UTC. */
  start: string;
  events: string;
  bytes: string;
}

/** Most rows of a volume answer; one more comes back when there are more. */
export const VOLUME_ROWS_MAX = 100_000;

/** What the hourly view can be asked for. */
const VIEW_DIMENSIONS: readonly StatsDimension[] = ['log_type', 'event_type', 'severity', 'service'];
const HOUR_NS = 3_600_000_000_000n;

/** The plan with its range widened to full hours if the hourly view answers it, null if only the events do. */
export function viewPlan(plan: VolumePlan): VolumePlan | null {
  const isAnswered =
    plan.condition === null &&
    plan.granularity !== 'minute' &&
    plan.groupBy.every((name) => VIEW_DIMENSIONS.includes(name));
  if (!isAnswered) return null;
  const { fromNs, toNs } = plan.range;
  const below = (timeNs: bigint) => timeNs - (((timeNs % HOUR_NS) + HOUR_NS) % HOUR_NS);
  return {
    ...plan,
    range: {
      fromNs: fromNs === TIME_MIN_NS ? fromNs : below(fromNs),
      toNs: toNs > TIME_MAX_NS - HOUR_NS ? TIME_MAX_NS : below(toNs + HOUR_NS - 1n),
    },
  };
}

/**
 * Events and bytes per interval and group, per log type and per severity, in one pass over the events, or over the
 * hourly view for a plan that `viewPlan` gave.
 */
export function volumeQuery(plan: VolumePlan, source: 'view' | 'live'): SqlQuery {
  const { granularity, groupBy } = plan;
  const params = new SqlParams();
  const seconds = `toUnixTimestamp64Second(${source === 'view' ? 'hour' : 'ts'})`;
  const step = params.add('Int64', GRANULARITIES[granularity]);
  const columns = [...new Set<StatsDimension>(['log_type', 'severity', ...groupBy])].join(', ');
  const rows =
    source === 'view'
      ? `events AS row_events, bytes AS row_bytes FROM ${STATS} WHERE ${renderScope(plan, params, 'hour')}`
      : `1 AS row_events, ${EVENT_BYTES_EXPRESSION} AS row_bytes FROM ${EVENTS} WHERE ${renderScope(plan, params)}`;
  const sql = [
    `SELECT multiIf(grouping(start) = 0, 0, grouping(log_type) = 0, 1, 2) AS set, start, ${columns},`,
    'sum(row_events) AS events, sum(row_bytes) AS bytes',
    `FROM (SELECT ${seconds} - positiveModulo(${seconds}, ${step}) AS start, ${columns}, ${rows})`,
    `GROUP BY GROUPING SETS ((${['start', ...groupBy].join(', ')}), (log_type), (severity))`,
    `ORDER BY set, start, events DESC, ${columns} LIMIT ${params.add('UInt64', VOLUME_ROWS_MAX + 1)}`,
    `${SELECT_SETTINGS}, force_grouping_standard_compatibility = 1, group_by_use_nulls = 0`,
  ];
  return { sql: sql.join(' '), params: params.values };
}

/** Errors that are grouped by message: reading and rewriting as many takes about half a second. */
export const ERRORS_READ_MAX = 200_000;
const ERROR_GROUPS = 20;
const MESSAGE_CHARACTERS = 500;
const SERVICES = 10;

/** What differs between messages of one kind, in the order it is replaced: [RE2 pattern, replacement]. */
const NORMALISATIONS: readonly [string, string][] = [
  ['"[^"]*"', '<str>'],
  ["(^|[^0-9A-Za-z])'[^']*'", '\\1<str>'],
  ['[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}', '<uuid>'],
  ['\\b0[xX][0-9A-Fa-f]+', '<hex>'],
  // Eight or more hex digits, at least one of them a decimal one: `deadbeef1`, not `facade`.
  ['\\b[A-Fa-f]*[0-9][0-9A-Fa-f]{7,}\\b|\\b[A-Fa-f]+[0-9][0-9A-Fa-f]{4,}\\b', '<hex>'],
  ['[0-9]+(?:[.,:][0-9]+)*', '<n>'],
];

export interface ErrorGroupRow {
  message: string;
  events: string;
  services: string[];
  first_ns: string;
  last_ns: string;
  /** Place of the newest one. */
  frame: string;
  frame_index: number;
  /** Errors that were read, in every row. */
  errors_read: string;
}

/** The most frequent kinds of errors among the newest ERRORS_READ_MAX; rows are ErrorGroupRow. */
export function topErrorsQuery(scope: Scope): SqlQuery {
  const params = new SqlParams();
  const where = renderScope(scope, params);
  const message = NORMALISATIONS.reduce(
    (expression, [pattern, replacement]) =>
      `replaceRegexpAll(${expression}, ${params.add('String', pattern)}, ${params.add('String', replacement)})`,
    `leftUTF8(text, ${MESSAGE_CHARACTERS})`,
  );
  const sql = [
    `SELECT ${message} AS message, count() AS events, groupUniqArray(${SERVICES})(service) AS services,`,
    'toUnixTimestamp64Nano(min(ts)) AS first_ns, toUnixTimestamp64Nano(max(ts)) AS last_ns,',
    'argMax((place, place_index), (ts, place, place_index)) AS newest, newest.1 AS frame, newest.2 AS frame_index,',
    'sum(count()) OVER () AS errors_read',
    'FROM (SELECT message AS text, service, ts, frame AS place, frame_index AS place_index',
    `FROM ${EVENTS} WHERE ${where} AND severity_number >= 17`,
    `ORDER BY ts DESC LIMIT ${params.add('UInt64', ERRORS_READ_MAX)})`,
    `GROUP BY message ORDER BY events DESC, message LIMIT ${ERROR_GROUPS} ${SELECT_SETTINGS}`,
  ];
  return { sql: sql.join(' '), params: params.values };
}
