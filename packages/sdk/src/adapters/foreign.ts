import type { EmitEvent, Metadata } from '../types.ts';

/** Fields of an event, by the names that programs give them in other loggers' objects. */
const TEXTS: ReadonlyMap<string, keyof EmitEvent> = new Map([
  ['logType', 'logType'],
  ['log_type', 'logType'],
  ['eventType', 'eventType'],
  ['event_type', 'eventType'],
  ['userId', 'userId'],
  ['user_id', 'userId'],
  ['resourceId', 'resourceId'],
  ['resource_id', 'resourceId'],
  ['resourceType', 'resourceType'],
  ['resource_type', 'resourceType'],
  ['action', 'action'],
  ['traceId', 'traceId'],
  ['trace_id', 'traceId'],
  ['spanId', 'spanId'],
  ['span_id', 'spanId'],
  ['requestId', 'requestId'],
  ['request_id', 'requestId'],
  ['logger', 'logger'],
]);
const NUMBERS: ReadonlyMap<string, 'durationMs' | 'cost'> = new Map([
  ['durationMs', 'durationMs'],
  ['duration_ms', 'durationMs'],
  ['responseTime', 'durationMs'],
  ['cost', 'cost'],
]);

/** The members of another logger's object: the fields of an event that they are, the rest is metadata. */
export function eventOf(members: Iterable<readonly [string, unknown]>): EmitEvent & { metadata: Metadata } {
  const event: Record<string, unknown> = {};
  const metadata: Metadata = {};
  for (const [name, value] of members) {
    const text = TEXTS.get(name);
    const number = NUMBERS.get(name);
    if (text !== undefined && typeof value === 'string' && value !== '') event[text] = value;
    else if (number !== undefined && typeof value === 'number') event[number] = value;
    else metadata[name] = value;
  }
  return { ...event, metadata };
}
