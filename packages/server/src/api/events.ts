import { type EventRow, eventOfRow } from '../query/events-sql.ts';
import { compileFilters, compileRange, type EventFilters } from '../query/filters.ts';
import type { Condition, TimeRange } from '../query/plan.ts';
import { formatTime, TIME_MAX_NS } from '../query/time.ts';
import { renderEvent } from './render-event.ts';
import { filtersOf } from './wire/filters.ts';

/** What a request with filters and a range asks for. */
export interface EventsQuestion {
  condition: Condition | null;
  range: TimeRange;
}

/** @throws PermanentError `invalid_parameter` or `invalid_query` naming the parameter. */
export function questionOf(
  query: Parameters<typeof filtersOf>[0] & { from?: string | undefined; to?: string | undefined },
  nowMs: number,
): EventsQuestion {
  const filters: EventFilters = filtersOf(query);
  return { condition: compileFilters(filters), range: compileRange(query, nowMs) };
}

/** The JSON of a row's event. */
export function renderRow(row: EventRow, orgId: string): string {
  return renderEvent(eventOfRow(row, orgId));
}

/** A JSON array of the rows' events. */
export function renderRows(rows: readonly EventRow[], orgId: string): string {
  return `[${rows.map((row) => renderRow(row, orgId)).join(',')}]`;
}

/** `to` as answers show it: null when there is no end. */
export function rangeTexts({ fromNs, toNs }: TimeRange): { from: string; to: string | null } {
  return { from: formatTime(fromNs), to: toNs === TIME_MAX_NS ? null : formatTime(toNs) };
}
