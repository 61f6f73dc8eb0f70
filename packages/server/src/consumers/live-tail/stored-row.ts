import type { Event } from '@tailwater/schema';
import type { StoredRow } from '../../query/logql/events/fields.ts';

/**
 * An event as a row that LogQL reads from the store, as JSON: the rendering of the API tells a number from its text no
 * more. Names without a value are left out.
 */
export function renderStoredRow(event: Event): string {
  return JSON.stringify(storedRow(event));
}

/** Without `attributes` they are left out, for who does not look at them. */
export function storedRow(event: Event, parts: { attributes: boolean } = EVERYTHING): StoredRow {
  const labels = JSON.stringify(event.labels);
  return {
    ts_ns: event.timestampNs.toString(),
    labels: labels === '{}' ? '' : labels,
    service: event.service,
    message: event.message,
    attributes: parts.attributes ? attributeTexts(event) : NO_ATTRIBUTES,
    severity_number: event.severityNumber,
    log_type: event.logType,
    event_type: event.eventType,
    host: event.host,
    logger: event.logger,
    user_id: event.userId,
    resource_id: event.resourceId,
    resource_type: event.resourceType,
    action: event.action,
    trace_id: event.traceId,
    span_id: event.spanId,
    request_id: event.requestId,
    duration_ms: storeNumber(event.durationMs),
    cost: storeNumber(event.cost),
  };
}

const EVERYTHING = { attributes: true };
const NO_ATTRIBUTES: Readonly<Record<string, string>> = Object.freeze({});

function attributeTexts({ attributes }: Event): Record<string, string> {
  const texts: Record<string, string> = Object.create(null);
  for (const name in attributes) texts[name] = attributes[name]!.text;
  return texts;
}

/** The text that the store's toString makes of the number; it is JavaScript's but for these. */
function storeNumber(value: number | null): string | null {
  if (value === null) return null;
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  return Object.is(value, -0) ? '-0' : String(value).replace('e+', 'e');
}
