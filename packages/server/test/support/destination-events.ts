import type { Event } from '@tailwater/schema';
import { eventIdOf } from '@tailwater/schema';
import type { DeliveryBatch, DestinationType, EncodedEvent } from '../../src/destinations/destination.ts';
import { createEgress, type EgressOptions } from '../../src/runtime/egress/create-egress.ts';
import type { Egress } from '../../src/runtime/egress/egress.ts';

/** An event with something in every field, told apart by its number; of now, as some vendors refuse what is older. */
export function sampleEvent(number: number, fields: Partial<Event> = {}): Event {
  const nowMs = Date.now();
  return {
    orgId: 'acme',
    eventId: eventIdOf({ node: 0, frame: 1000 + Math.floor(number / 100), index: number % 100 }),
    clientEventId: `client-${number}`,
    timestampNs: BigInt(nowMs) * 1_000_000n + BigInt(number),
    receivedAtMs: nowMs,
    receiver: 'ndjson',
    logType: 'gateway',
    eventType: 'gateway.request',
    severity: 'warn',
    severityNumber: 13,
    message: `event ${number}: größe 😀 "quoted" \\ back`,
    service: 'shop',
    host: 'box-1',
    logger: 'http',
    userId: 'u-1',
    resourceId: 'r-1',
    resourceType: 'model',
    action: 'request',
    traceId: 'a0f81bfd3b4688fdbb096b93da06f28e',
    spanId: 'bb096b93da06f28e',
    requestId: 'req-1',
    durationMs: 12.5,
    cost: 0.25,
    attributes: {
      price: { kind: 'number', text: '1.50' },
      big: { kind: 'number', text: '123456789012345678901234567890' },
      ok: { kind: 'bool', text: 'true' },
      tags: { kind: 'json', text: '["a",{"b":1}]' },
      'http.status_code': { kind: 'number', text: '200' },
      note: { kind: 'string', text: 'two\nlines, comma' },
    },
    labels: { region: 'north', tier: 'web' },
    retentionDays: 30,
    ...fields,
  };
}

/** What the sender would hand over. */
export function encoded(type: DestinationType, event: Event, config: unknown): EncodedEvent {
  return { eventId: event.eventId, timestampNs: event.timestampNs, bytes: type.encode(event, config) };
}

export function batchOf(type: DestinationType, events: readonly Event[], config: unknown): DeliveryBatch {
  const ids = events.map(({ eventId }) => eventId);
  return {
    id: `${ids[0] ?? 'none'}-${ids.length}`,
    orgId: events[0]?.orgId ?? 'acme',
    events: events.map((event) => encoded(type, event, config)),
  };
}

/** The real way out, which may speak to this machine. */
export function loopbackEgress(options: Partial<EgressOptions> = {}): Egress {
  return createEgress({ mode: 'public', allow: ['127.0.0.0/8', '::1'], plainHttp: true, ...options });
}
