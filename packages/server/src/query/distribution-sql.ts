import type { SqlQuery } from '../stores/store.ts';
import { EVENTS } from './events-sql.ts';
import { attributeText, renderScope, SELECT_SETTINGS, SqlParams } from './sql.ts';
import type { Scope } from './stats-sql.ts';

/** What of an event is a number: a field, or an attribute whose text reads as one. */
export type NumericField = { kind: 'field'; name: 'duration_ms' | 'cost' } | { kind: 'attribute'; name: string };

/** Newest events that are read: as many take about half a second. */
export const DISTRIBUTION_EVENTS_MAX = 1_000_000;

/** The row of `distributionQuery`; null where no event has a number. 64-bit integers are text. */
export interface DistributionRow {
  events: string;
  /** Events that have the field, whatever it is. */
  present: string;
  /** Events that were read. */
  read: string;
  min: number | null;
  max: number | null;
  avg: number | null;
  quantiles: (number | null)[];
}

export const QUANTILES = [0.5, 0.95, 0.99] as const;

/** Numbers of a field over the newest events of the scope. NaN and infinities are left out. */
export function distributionQuery(scope: Scope, field: NumericField): SqlQuery {
  const params = new SqlParams();
  const has = field.kind === 'field' ? 'isNotNull(number)' : 'is_present';
  const sql = [
    `SELECT countIf(isFinite(number)) AS events, countIf(${has}) AS present, count() AS read,`,
    'minIf(number, isFinite(number)) AS min, maxIf(number, isFinite(number)) AS max,',
    'avgIf(number, isFinite(number)) AS avg,',
    `quantilesIf(${QUANTILES.join(', ')})(number, isFinite(number)) AS quantiles`,
    `FROM ${numbers(scope, field, params)} ${SELECT_SETTINGS}`,
  ];
  return { sql: sql.join(' '), params: params.values };
}

/** Rows `{bin, events}`, the bin as its place in `edges` from 1, for numbers at or above the first edge. */
export function binsQuery(scope: Scope, field: NumericField, edges: readonly number[]): SqlQuery {
  const params = new SqlParams();
  const bounds = params.add('Array(Float64)', edges);
  const sql = [
    `SELECT arrayCount(edge -> edge <= number, ${bounds}) AS bin, count() AS events`,
    `FROM ${numbers(scope, field, params)} WHERE isFinite(number)`,
    `GROUP BY bin HAVING bin > 0 ORDER BY bin ${SELECT_SETTINGS}`,
  ];
  return { sql: sql.join(' '), params: params.values };
}

function numbers(scope: Scope, field: NumericField, params: SqlParams): string {
  const limit = params.add('UInt64', DISTRIBUTION_EVENTS_MAX);
  const where = renderScope(scope, params);
  const newest = `WHERE ${where} ORDER BY ts DESC LIMIT ${limit}`;
  if (field.kind === 'field') return `(SELECT ${field.name} AS number FROM ${EVENTS} ${newest})`;
  const text = attributeText(field.name, params);
  return (
    `(SELECT toFloat64OrNull(field_text) AS number, field_text != '' AS is_present` +
    ` FROM (SELECT ${text} AS field_text FROM ${EVENTS} ${newest}))`
  );
}

/** Above this ratio of largest to smallest, bins of one width would hold nearly everything in the first. */
const LOG_RATIO = 1_000;

/** Edges of `bins` bins from min to max, one more than bins: of one width, or of one ratio where numbers differ widely. */
export function binEdges(min: number, max: number, bins: number): { scale: 'linear' | 'log'; edges: number[] } {
  if (min === max) return { scale: 'linear', edges: [min, max] };
  const scale = min > 0 && max / min > LOG_RATIO ? 'log' : 'linear';
  const inner = Array.from({ length: bins - 1 }, (_, i) => {
    const share = (i + 1) / bins;
    return scale === 'log' ? min * (max / min) ** share : min * (1 - share) + max * share;
  });
  // Numbers that nearly touch have fewer edges between them.
  const edges = [min];
  for (const edge of inner) if (edge > edges.at(-1)! && edge < max) edges.push(edge);
  edges.push(max);
  return { scale, edges };
}
