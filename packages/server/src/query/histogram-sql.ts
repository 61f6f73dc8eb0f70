import type { Severity } from '@tailwater/schema';
import type { SqlQuery } from '../stores/store.ts';
import { EVENTS } from './events-sql.ts';
import type { BucketGrid } from './nice-interval.ts';
import { renderScope, SELECT_SETTINGS, SqlParams } from './sql.ts';
import { type Scope, STATS } from './stats-sql.ts';
import { type Part, viewParts } from './view-parts.ts';

/** Events of one severity in one bucket. 64-bit integers are text. */
export interface HistogramRow {
  /** Seconds since the epoch. */
  start: string;
  severity: Severity;
  events: string;
}

const HOUR_S = 3_600;

/**
 * Events per bucket of the grid and severity; the range has an end. Full hours come from the hourly view where buckets
 * are made of hours and the view knows what is asked for, what is left over at both ends from the events: the numbers
 * are the same as from the events alone.
 */
export function histogramQuery(scope: Scope, { intervalS }: Pick<BucketGrid, 'intervalS'>): SqlQuery {
  const params = new SqlParams();
  const step = params.add('Int64', intervalS);
  const parts: Part[] = intervalS % HOUR_S === 0 ? viewParts(scope) : [{ range: scope.range, source: 'live' }];
  const rendered = parts.map((part) => renderPart(scope, part, step, params));
  const sql = [
    'SELECT start, severity, sum(row_events) AS events',
    `FROM (${rendered.join(' UNION ALL ')}) GROUP BY start, severity ORDER BY start, severity ${SELECT_SETTINGS}`,
  ];
  return { sql: sql.join(' '), params: params.values };
}

function renderPart({ orgId, condition }: Scope, { range, source }: Part, step: string, params: SqlParams): string {
  const isView = source === 'view';
  const column = isView ? 'hour' : 'ts';
  const seconds = `toUnixTimestamp64Second(${column})`;
  return (
    `SELECT ${seconds} - positiveModulo(${seconds}, ${step}) AS start, severity,` +
    ` ${isView ? 'sum(events)' : 'count()'} AS row_events FROM ${isView ? STATS : EVENTS}` +
    ` WHERE ${renderScope({ orgId, range, condition }, params, column)} GROUP BY start, severity`
  );
}
