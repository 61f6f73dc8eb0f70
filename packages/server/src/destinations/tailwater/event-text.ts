import type { Event } from '@tailwater/schema';
import { attributeText, numberText, quote, timeText } from '../util/json-text.ts';

/** Names as the receiver reads them, see receivers/ndjson. */
const TEXTS: Readonly<Record<string, (event: Event) => string>> = {
  log_type: ({ logType }) => logType,
  event_type: ({ eventType }) => eventType,
  message: ({ message }) => message,
  service: ({ service }) => service,
  host: ({ host }) => host,
  logger: ({ logger }) => logger,
  user_id: ({ userId }) => userId,
  resource_id: ({ resourceId }) => resourceId,
  resource_type: ({ resourceType }) => resourceType,
  action: ({ action }) => action,
  trace_id: ({ traceId }) => traceId,
  span_id: ({ spanId }) => spanId,
  request_id: ({ requestId }) => requestId,
  // The client's own id goes along; without one, the place in the journal here is what stays the same.
  event_id: ({ clientEventId, eventId }) => (clientEventId === '' ? eventId : clientEventId),
};

/** The event in the platform's own JSON. Labels, which that has no member for, become attributes `labels.NAME`. */
export function eventText(event: Event): string {
  let text = `{"timestamp":${quote(timeText(event.timestampNs))},"severity_number":${event.severityNumber}`;
  for (const name in TEXTS) {
    const value = TEXTS[name]!(event);
    if (value !== '') text += `,${quote(name)}:${quote(value)}`;
  }
  if (event.durationMs !== null) text += `,"duration_ms":${numberText(event.durationMs)}`;
  if (event.cost !== null) text += `,"cost":${numberText(event.cost)}`;
  let attributes = '';
  for (const name in event.attributes) attributes += `,${quote(name)}:${attributeText(event.attributes[name]!)}`;
  for (const name in event.labels) {
    const own = `labels.${name}`;
    if (!Object.hasOwn(event.attributes, own)) attributes += `,${quote(own)}:${quote(event.labels[name]!)}`;
  }
  return `${text},"metadata":{${attributes.slice(1)}}}`;
}
