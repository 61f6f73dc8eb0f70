import { SEVERITIES, type Severity, severityName } from '@tailwater/schema';
import { z } from 'zod';
import { type EventRow, eventsQuery } from '../../../query/events-sql.ts';
import { ALL_TIME, formatTime } from '../../../query/time.ts';
import { PermanentError } from '../../../runtime/errors.ts';
import { renderRows } from '../../events.ts';
import { defineRoute, renderedJson } from '../../route.ts';
import { allRows } from '../../store-rows.ts';
import { traceSchema } from '../../wire/event.ts';

/** Events of a trace that are answered: more is no trace that a person reads. */
export const TRACE_EVENTS_MAX = 10_000;

export const getTrace = defineRoute({
  method: 'GET',
  path: '/api/traces/:trace_id',
  scope: 'query',
  resource: 'trace',
  summary: 'All events of a trace in their order, with its services and spans',
  params: z.strictObject({ trace_id: z.string() }),
  answers: { 200: traceSchema },
  async handle({ deps, identity, params, signal }) {
    const { orgId } = identity;
    const traceId = params.trace_id.toWellFormed();
    const query = eventsQuery({
      orgId,
      range: ALL_TIME,
      condition: { kind: 'field', column: 'trace_id', values: [traceId] },
      order: 'asc',
      limit: TRACE_EVENTS_MAX + 1,
      offset: 0,
      after: null,
    });
    const rows = traceId === '' ? [] : await allRows<EventRow>(deps.store, query, { signal });
    if (rows.length === 0) throw new PermanentError('not_found', 'there is no event of that trace');
    const events = rows.slice(0, TRACE_EVENTS_MAX);
    const summary = { ...summaryOf(events), truncated: rows.length > TRACE_EVENTS_MAX };
    const head = JSON.stringify({ trace_id: traceId, ...summary }).slice(0, -1);
    return renderedJson(`${head},"events":${renderRows(events, orgId)}}`);
  },
});

function summaryOf(rows: readonly EventRow[]) {
  const services = groupBy(rows, (row) => row.service);
  const spans = groupBy(
    rows.filter((row) => row.span_id !== ''),
    (row) => row.span_id,
  );
  return {
    ...spanOfTime(rows),
    by_severity: countSeverities(rows),
    services: services.map(([service, group]) => ({
      service,
      ...spanOfTime(group),
      by_severity: countSeverities(group),
    })),
    spans: spans.map(([span_id, group]) => ({ span_id, service: group[0]!.service, ...spanOfTime(group) })),
  };
}

/** Groups in the order of their first rows. */
function groupBy(rows: readonly EventRow[], keyOf: (row: EventRow) => string): [string, EventRow[]][] {
  return [...Map.groupBy(rows, keyOf)];
}

/** Rows are ordered by time, and there is at least one. */
function spanOfTime(rows: readonly EventRow[]) {
  const first = BigInt(rows[0]!.ts_ns);
  const last = BigInt(rows.at(-1)!.ts_ns);
  return {
    event_count: rows.length,
    first: formatTime(first),
    last: formatTime(last),
    duration_ms: Number(last - first) / 1e6,
  };
}

function countSeverities(rows: readonly EventRow[]): Record<Severity, number> {
  const counts = Object.fromEntries(SEVERITIES.map((severity) => [severity, 0])) as Record<Severity, number>;
  for (const row of rows) counts[severityName(row.severity_number)]++;
  return counts;
}
