import type { Severity } from '@tailwater/schema';
import { z } from 'zod';
import { formatTime } from '../../../query/time.ts';
import {
  TRACE_EVENTS_READ_MAX,
  TRACE_ORDERS,
  type TraceIdRow,
  type TraceRow,
  traceIdsQuery,
  tracesQuery,
} from '../../../query/traces-sql.ts';
import { questionOf, rangeTexts } from '../../events.ts';
import { defineRoute, json } from '../../route.ts';
import { noSeverities } from '../../severity-counts.ts';
import { allRows } from '../../store-rows.ts';
import { filterParameters, rangeParameters } from '../../wire/filters.ts';
import { integerParameter } from '../../wire/parameters.ts';
import { traceListSchema } from '../../wire/traces.ts';

const TRACES_DEFAULT = 50;
const TRACES_MAX = 500;

export const listTraces = defineRoute({
  method: 'GET',
  path: '/api/traces',
  scope: 'query',
  resource: null,
  summary: 'Traces that have events in a range: those with errors first, the newest or the slowest',
  query: z.strictObject({
    ...filterParameters,
    ...rangeParameters,
    order: z
      .enum(TRACE_ORDERS)
      .default('errors')
      .meta({ description: 'errors: those with errors first, then the newest. By the events that the filters find.' }),
    limit: integerParameter(1, TRACES_MAX).default(TRACES_DEFAULT).meta({ description: 'Most traces.' }),
  }),
  answers: { 200: traceListSchema },
  async handle({ deps, identity, query, signal, nowMs }) {
    const { orgId } = identity;
    const { condition, range } = questionOf(query, nowMs);
    const ids = await allRows<TraceIdRow>(
      deps.store,
      traceIdsQuery({ orgId, condition, range }, query.order, query.limit),
      { signal },
    );
    const traceIds = ids.map((row) => row.trace_id);
    const rows = await allRows<TraceRow>(deps.store, tracesQuery(orgId, range, traceIds), { signal });
    const byId = new Map(rows.map((row) => [row.trace_id, row]));
    return json({
      ...rangeTexts(range),
      // One whose events were deleted between the two questions is gone.
      traces: traceIds.flatMap((id) => byId.get(id) ?? []).map(traceOf),
      complete: Number(ids[0]?.events_read ?? 0) < TRACE_EVENTS_READ_MAX,
    } satisfies z.output<typeof traceListSchema>);
  },
});

function traceOf(row: TraceRow) {
  const first = BigInt(row.first_ns);
  const last = BigInt(row.last_ns);
  const bySeverity = noSeverities();
  for (const [severity, events] of row.severities) bySeverity[severity as Severity] = Number(events);
  return {
    trace_id: row.trace_id,
    first: formatTime(first),
    last: formatTime(last),
    duration_ms: Number(last - first) / 1e6,
    events: Number(row.events),
    errors: bySeverity.error + bySeverity.critical,
    by_severity: bySeverity,
    services: row.services.toSorted(),
    root: { service: row.root_service, message: row.root_message, event_type: row.root_event_type },
  };
}
