import { eventIdOf } from '@tailwater/schema';
import { z } from 'zod';
import { placeOfFrame } from '../../../query/events-sql.ts';
import {
  ERRORS_READ_MAX,
  type ErrorGroupRow,
  GRANULARITIES,
  type Granularity,
  type Scope,
  STATS_DIMENSIONS,
  type StatsDimension,
  topErrorsQuery,
  VOLUME_ROWS_MAX,
  type VolumeRow,
  viewPlan,
  volumeQuery,
} from '../../../query/stats-sql.ts';
import { formatTime, parseDuration, TIME_MAX_NS } from '../../../query/time.ts';
import { PermanentError } from '../../../runtime/errors.ts';
import { questionOf, rangeTexts } from '../../events.ts';
import { defineRoute, json } from '../../route.ts';
import { allRows } from '../../store-rows.ts';
import { filterParameters, rangeParameters } from '../../wire/filters.ts';
import { statsSchema } from '../../wire/stats.ts';

/** A week of minutes. */
const INTERVALS_MAX = 10_080;
const SECOND_NS = 1_000_000_000n;

const querySchema = z.strictObject({
  ...filterParameters,
  ...rangeParameters,
  range: z.string().optional().meta({ description: 'The last `24h`, `7d`, `30d`, …; in place of from and to.' }),
  granularity: z
    .enum(['minute', 'hourly', 'daily'])
    .optional()
    .meta({ description: 'Length of an interval. Default: minute up to 6 hours, hourly up to 14 days, then daily.' }),
  group_by: z
    .string()
    .optional()
    .meta({ description: `Comma-separated, of ${STATS_DIMENSIONS.join(', ')}: divides the series.` }),
});
type Query = z.output<typeof querySchema>;

export const getLogStats = defineRoute({
  method: 'GET',
  path: '/api/logs/stats',
  scope: 'query',
  resource: null,
  summary: 'Volume over time, by log type and by severity, and the most frequent errors',
  query: querySchema,
  answers: { 200: statsSchema },
  async handle({ deps, identity, query, signal, nowMs }) {
    const scope = { orgId: identity.orgId, ...questionOf({ ...query, from: fromOf(query) }, nowMs) };
    const seconds = lengthSeconds(scope, nowMs);
    const granularity = granularityOf(query.granularity, seconds);
    const groupBy = groupByOf(query.group_by);
    const wanted = { ...scope, granularity, groupBy };
    const viewed = viewPlan(wanted);
    const plan = viewed ?? wanted;
    const source = viewed === null ? 'live' : 'view';
    const [rows, errors] = await Promise.all([
      allRows<VolumeRow>(deps.store, volumeQuery(plan, source), { signal }),
      allRows<ErrorGroupRow>(deps.store, topErrorsQuery(plan), { signal }),
    ]);
    if (rows.length > VOLUME_ROWS_MAX) {
      refuse(
        'group_by',
        `more than ${VOLUME_ROWS_MAX} points: use a coarser granularity, fewer groups or more filters`,
      );
    }
    return json({
      ...rangeTexts(plan.range),
      granularity,
      group_by: groupBy,
      source,
      ...volumeOf(rows, groupBy),
      top_errors: errors.map(errorGroupOf),
      top_errors_complete: Number(errors[0]?.errors_read ?? 0) < ERRORS_READ_MAX,
    });
  },
});

function fromOf({ range, from, to }: Query): string | undefined {
  if (range === undefined) return from;
  if (from !== undefined || to !== undefined) refuse('range', 'give either range, or from and to');
  const length = parseDuration(range);
  if (length === null || length === 0n) refuse('range', 'expected a length of time such as 24h, 7d or 90m');
  return `-${range}`;
}

/** Seconds that the range covers up to now. */
function lengthSeconds({ range }: Scope, nowMs: number): number {
  const endNs = range.toNs === TIME_MAX_NS ? BigInt(Math.trunc(nowMs)) * 1_000_000n : range.toNs;
  return Math.max(0, Number((endNs - range.fromNs) / SECOND_NS));
}

function granularityOf(wanted: Granularity | undefined, seconds: number): Granularity {
  const chosen = wanted ?? (seconds <= 6 * 3_600 ? 'minute' : seconds <= 14 * 86_400 ? 'hourly' : 'daily');
  if (seconds / GRANULARITIES[chosen] > INTERVALS_MAX) {
    refuse('granularity', `the range has more than ${INTERVALS_MAX} intervals of that length`);
  }
  return chosen;
}

function groupByOf(text: string | undefined): StatsDimension[] {
  const names = (text ?? '').split(',').filter((name) => name !== '');
  for (const name of names) {
    if (!(STATS_DIMENSIONS as readonly string[]).includes(name)) {
      refuse('group_by', `expected some of ${STATS_DIMENSIONS.join(', ')}`);
    }
  }
  return [...new Set(names as StatsDimension[])];
}

function volumeOf(rows: readonly VolumeRow[], groupBy: readonly StatsDimension[]) {
  const numbers = ({ events, bytes }: VolumeRow) => ({ events: Number(events), bytes: Number(bytes) });
  const ofSet = (set: number) => rows.filter((row) => row.set === set);
  const bySeverity = ofSet(2).map((row) => ({ severity: row.severity!, ...numbers(row) }));
  return {
    total: {
      events: bySeverity.reduce((sum, { events }) => sum + events, 0),
      bytes: bySeverity.reduce((sum, { bytes }) => sum + bytes, 0),
    },
    series: ofSet(0).map((row) => ({
      time: new Date(Number(row.start) * 1000).toISOString(),
      ...Object.fromEntries(groupBy.map((name) => [name, row[name]!])),
      ...numbers(row),
    })),
    by_log_type: ofSet(1).map((row) => ({ log_type: row.log_type!, ...numbers(row) })),
    by_severity: bySeverity,
  };
}

function errorGroupOf(row: ErrorGroupRow) {
  return {
    message: row.message,
    events: Number(row.events),
    services: row.services.filter((service) => service !== '').sort(),
    first: formatTime(BigInt(row.first_ns)),
    last: formatTime(BigInt(row.last_ns)),
    example_event_id: eventIdOf({ ...placeOfFrame(row.frame), index: row.frame_index }),
  };
}

function refuse(parameter: string, message: string): never {
  throw new PermanentError('invalid_parameter', message, parameter);
}
