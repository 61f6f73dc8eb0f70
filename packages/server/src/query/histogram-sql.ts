import type { Severity } from '@tailwater/schema';
import type { SqlQuery } from '../stores/store.ts';
import { EVENTS } from './events-sql.ts';
import type { BucketGrid } from './nice-interval.ts';
import type { Condition, TimeRange } from './plan.ts';
import { renderScope, SELECT_SETTINGS, SqlParams } from './sql.ts';
import { type Scope, STATS } from './stats-sql.ts';

/** Events of one severity in one bucket. 64-bit integers are text. */
export interface HistogramRow {
  /** Seconds since the epoch. */
  start: string;
  severity: Severity;
  events: string;
}

const HOUR_S = 3_600;
const HOUR_NS = 3_600_000_000_000n;

/**
 * Events per bucket of the grid and severity; the range has an end. Full hours come from the hourly view where buckets
 * are made of hours and the view knows what is asked for, what is left over at both ends from the events: the numbers
 * are the same as from the events alone.
 */
export function histogramQuery(scope: Scope, { intervalS }: Pick<BucketGrid, 'intervalS'>): SqlQuery {
  const params = new SqlParams();
  const parts = partsOf(scope, intervalS).map(({ range, source }) => renderPart({ ...scope, range }, source, params));
  const step = params.add('Int64', intervalS);
  const sql = [
    `SELECT second - positiveModulo(second, ${step}) AS start, severity, sum(row_events) AS events`,
    `FROM (${parts.join(' UNION ALL ')}) GROUP BY start, severity ORDER BY start, severity ${SELECT_SETTINGS}`,
  ];
  return { sql: sql.join(' '), params: params.values };
}

interface Part {
  range: TimeRange;
  source: 'view' | 'live';
}

function partsOf({ range, condition }: Scope, intervalS: number): Part[] {
  const { fromNs, toNs } = range;
  const firstHour = floorHour(fromNs + HOUR_NS - 1n);
  const lastHour = floorHour(toNs);
  if (intervalS % HOUR_S !== 0 || !isOfView(condition) || firstHour >= lastHour) return [{ range, source: 'live' }];
  const parts: Part[] = [
    { range: { fromNs, toNs: firstHour }, source: 'live' },
    { range: { fromNs: firstHour, toNs: lastHour }, source: 'view' },
    { range: { fromNs: lastHour, toNs }, source: 'live' },
  ];
  return parts.filter(({ range }) => range.fromNs < range.toNs);
}

function floorHour(timeNs: bigint): bigint {
  return timeNs - (((timeNs % HOUR_NS) + HOUR_NS) % HOUR_NS);
}

const VIEW_COLUMNS: readonly string[] = ['log_type', 'event_type', 'service'];

/** Whether the hourly view has every column that the condition names. */
function isOfView(condition: Condition | null): boolean {
  if (condition === null) return true;
  if (condition.kind === 'field') return VIEW_COLUMNS.includes(condition.column);
  if (condition.kind === 'not') return isOfView(condition.condition);
  return (condition.kind === 'and' || condition.kind === 'or') && condition.conditions.every(isOfView);
}

function renderPart(scope: Scope, source: Part['source'], params: SqlParams): string {
  return source === 'view'
    ? `SELECT toUnixTimestamp64Second(hour) AS second, severity, sum(events) AS row_events FROM ${STATS}` +
        ` WHERE ${renderScope(scope, params, 'hour')} GROUP BY hour, severity`
    : `SELECT toUnixTimestamp64Second(ts) AS second, severity, count() AS row_events FROM ${EVENTS}` +
        ` WHERE ${renderScope(scope, params)} GROUP BY second, severity`;
}
