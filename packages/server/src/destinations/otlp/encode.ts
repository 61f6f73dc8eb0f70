import type { Event } from '@tailwater/schema';
import type { EncodedEvent } from '../destination.ts';
import { fixed64Field, lengthField, textField, varintField } from '../util/protobuf.ts';
import { anyValue, keyValue, numberValue, stringValue } from './any-value.ts';

/**
 * An event as `LogRecord`, with the resource and scope that it is under: `deliver` puts those of one resource and scope
 * together. Lengths of resource and scope are in front, 4 bytes each.
 * https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/logs/v1/logs.proto
 */
export function encodeEvent(event: Event): Buffer {
  const resource = resourceOf(event);
  const scope = event.logger === '' ? Buffer.alloc(0) : lengthField(1, textField(1, event.logger));
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32LE(resource.length, 0);
  lengths.writeUInt32LE(scope.length, 4);
  return Buffer.concat([lengths, resource, scope, logRecord(event)]);
}

/** Labels, and what OpenTelemetry's conventions call the service, the host and, as ours, the org. */
function resourceOf(event: Event): Buffer {
  const attributes = new Map(Object.entries(event.labels));
  if (event.service !== '') attributes.set('service.name', event.service);
  if (event.host !== '') attributes.set('host.name', event.host);
  if (event.orgId !== '') attributes.set('tailwater.org_id', event.orgId);
  return lengthField(1, ...[...attributes].map(([name, value]) => keyValue(1, name, stringValue(value))));
}

function logRecord(event: Event): Buffer {
  return lengthField(
    2,
    fixed64Field(1, event.timestampNs),
    varintField(2, event.severityNumber),
    textField(3, event.severity),
    lengthField(5, stringValue(event.message)),
    ...attributesOf(event).map(([name, value]) => keyValue(6, name, value)),
    idField(9, event.traceId, 32),
    idField(10, event.spanId, 16),
    fixed64Field(11, BigInt(event.receivedAtMs) * 1_000_000n),
    textField(12, event.eventType),
  );
}

const isId = (id: string, digits: number): boolean => id.length === digits && /^[0-9a-f]+$/i.test(id);

function idField(field: number, id: string, digits: number): Buffer {
  return isId(id, digits) ? lengthField(field, Buffer.from(id, 'hex')) : Buffer.alloc(0);
}

/** Fields that a LogRecord has no place for, under the names of the conventions or ours; then attributes. */
function attributesOf(event: Event): [name: string, value: Buffer][] {
  const texts: Record<string, string> = {
    'log.record.uid': event.eventId,
    'tailwater.client_event_id': event.clientEventId,
    'tailwater.receiver': event.receiver,
    log_type: event.logType,
    'user.id': event.userId,
    resource_id: event.resourceId,
    resource_type: event.resourceType,
    action: event.action,
    request_id: event.requestId,
    trace_id: isId(event.traceId, 32) ? '' : event.traceId,
    span_id: isId(event.spanId, 16) ? '' : event.spanId,
  };
  const attributes = new Map<string, Buffer>();
  for (const [name, text] of Object.entries(texts)) if (text !== '') attributes.set(name, stringValue(text));
  if (event.durationMs !== null) attributes.set('duration_ms', numberValue(String(event.durationMs)));
  if (event.cost !== null) attributes.set('cost', numberValue(String(event.cost)));
  for (const [name, attribute] of Object.entries(event.attributes)) {
    let free = name;
    while (attributes.has(free)) free = `attributes.${free}`;
    attributes.set(free, anyValue(attribute));
  }
  return [...attributes];
}

/** An `ExportLogsServiceRequest` of events, each resource and scope once, events in their order. */
export function exportRequest(events: readonly EncodedEvent[]): Buffer {
  const groups = new Map<string, { resource: Buffer; scope: Buffer; records: Buffer[] }>();
  for (const { bytes } of events) {
    const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const resourceEnd = 8 + all.readUInt32LE(0);
    const scopeEnd = resourceEnd + all.readUInt32LE(4);
    const key = all.toString('latin1', 0, scopeEnd);
    let group = groups.get(key);
    if (group === undefined) {
      group = { resource: all.subarray(8, resourceEnd), scope: all.subarray(resourceEnd, scopeEnd), records: [] };
      groups.set(key, group);
    }
    group.records.push(all.subarray(scopeEnd));
  }
  return Buffer.concat(
    [...groups.values()].map(({ resource, scope, records }) =>
      lengthField(1, resource, lengthField(2, scope, ...records)),
    ),
  );
}
