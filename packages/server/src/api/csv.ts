import type { StoredEvent } from '../query/events-sql.ts';
import { fieldKind } from '../query/fields-sql.ts';
import { formatTime } from '../query/time.ts';
import { formatMs, renderAttributes } from './render-event.ts';

/** Fields of an event by the names of its JSON. */
const READERS: Readonly<Record<string, (event: StoredEvent) => string>> = {
  timestamp: (event) => formatTime(event.timestampNs),
  severity: (event) => event.severity,
  log_type: (event) => event.logType,
  event_type: (event) => event.eventType,
  service: (event) => event.service,
  host: (event) => event.host,
  logger: (event) => event.logger,
  message: (event) => event.message,
  user_id: (event) => event.userId,
  resource_id: (event) => event.resourceId,
  resource_type: (event) => event.resourceType,
  action: (event) => event.action,
  trace_id: (event) => event.traceId,
  span_id: (event) => event.spanId,
  request_id: (event) => event.requestId,
  duration_ms: (event) => numberText(event.durationMs),
  cost: (event) => numberText(event.cost),
  metadata: (event) => renderAttributes(event.attributes),
  labels: (event) => JSON.stringify(event.labels),
  receiver: (event) => event.receiver,
  client_event_id: (event) => event.clientEventId,
  received_at: (event) => formatMs(event.receivedAtMs),
  severity_number: (event) => String(event.severityNumber),
  event_id: (event) => event.eventId,
  org_id: (event) => event.orgId,
};

export const CSV_COLUMNS_DEFAULT: readonly string[] = Object.keys(READERS).filter((name) => name !== 'org_id');

export function csvHeader(columns: readonly string[]): string {
  return columns.map(cell).join(',');
}

/**
 * A line of CSV (RFC 4180) without its end. A column is a field of the event's JSON, `attr.NAME`, `label.NAME`, or else
 * an attribute's name; what the event lacks is empty.
 */
export function csvLine(event: StoredEvent, columns: readonly string[]): string {
  return columns.map((column) => cell(textOf(event, column))).join(',');
}

function textOf(event: StoredEvent, column: string): string {
  if (Object.hasOwn(READERS, column)) return READERS[column]!(event);
  const { kind, name } = fieldKind(column);
  if (kind === 'label') return Object.hasOwn(event.labels, name) ? event.labels[name]! : '';
  return Object.hasOwn(event.attributes, name) ? event.attributes[name]!.text : '';
}

/** What a spreadsheet would take for a formula. https://owasp.org/www-community/attacks/CSV_Injection */
const FORMULA = /^[=+\-@\t\r]/;
const PLAIN_NUMBER = /^[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** A text that a spreadsheet would compute gets a `'` before it; a negative number is none. */
function cell(text: string): string {
  const guarded = FORMULA.test(text) && !PLAIN_NUMBER.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}

function numberText(value: number | null): string {
  return value === null ? '' : String(value);
}
