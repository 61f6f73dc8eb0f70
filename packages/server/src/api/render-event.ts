import type { Attribute } from '@tailwater/schema';
import type { StoredEvent } from '../query/events-sql.ts';
import { formatTime } from '../query/time.ts';

/** The numbers of JSON (RFC 8259 §6). Other number words, such as `+1` or `NaN`, go out as text. */
const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/**
 * The JSON text of an event, on one line, in the platform's names. Every field is there: text that was not given is
 * empty, `duration_ms` and `cost` are null. Written by hand: it is three times as fast as building an object first.
 */
export function renderEvent(event: StoredEvent): string {
  return (
    `{"event_id":"${event.eventId}","timestamp":"${formatTime(event.timestampNs)}"` +
    `,"received_at":"${formatMs(event.receivedAtMs)}"` +
    `,"log_type":${quote(event.logType)},"event_type":${quote(event.eventType)}` +
    `,"severity":"${event.severity}","severity_number":${event.severityNumber}` +
    `,"message":${quote(event.message)},"service":${quote(event.service)},"host":${quote(event.host)}` +
    `,"logger":${quote(event.logger)},"user_id":${quote(event.userId)},"resource_id":${quote(event.resourceId)}` +
    `,"resource_type":${quote(event.resourceType)},"action":${quote(event.action)}` +
    `,"trace_id":${quote(event.traceId)},"span_id":${quote(event.spanId)},"request_id":${quote(event.requestId)}` +
    `,"duration_ms":${number(event.durationMs)},"cost":${number(event.cost)}` +
    `,"metadata":${renderAttributes(event.attributes)},"labels":${JSON.stringify(event.labels)}` +
    `,"receiver":${quote(event.receiver)},"client_event_id":${quote(event.clientEventId)}` +
    `,"org_id":${quote(event.orgId)}}`
  );
}

function quote(text: string): string {
  return text === '' ? '""' : JSON.stringify(text);
}

/** JSON has no NaN and no infinities. */
function number(value: number | null): string {
  return value === null || !Number.isFinite(value) ? 'null' : String(value);
}

/** `2026-11-21T10:00:00.123Z`, from milliseconds since the epoch. */
export function formatMs(ms: number): string {
  return new Date(ms).toISOString();
}

/** The attributes as a JSON object, on one line. */
export function renderAttributes(attributes: Readonly<Record<string, Attribute>>): string {
  let text = '{';
  for (const name in attributes) {
    text += `${text === '{' ? '' : ','}${quote(name)}:${renderAttribute(attributes[name]!)}`;
  }
  return `${text}}`;
}

/** The value as it came in: `1.50` stays `1.50`, an integer of any size keeps all its digits. */
function renderAttribute({ kind, text }: Attribute): string {
  if (kind === 'string') return quote(text);
  if (kind === 'number') return JSON_NUMBER.test(text) ? text : quote(text);
  if (kind === 'bool') return text === 'true' || text === 'false' ? text : quote(text);
  return inlineJson(text) ?? quote(text);
}

/** Null when the text is no JSON, such as one that a limit cut off. */
function inlineJson(text: string): string | null {
  try {
    const value: unknown = JSON.parse(text);
    // White space between tokens may hold line ends, and an event is one line.
    return /[\n\r]/.test(text) ? JSON.stringify(value) : text;
  } catch {
    return null;
  }
}
