import type { Severity } from './severity.ts';

/** The type that an attribute's text had when it came in, so that it goes out as the same. */
export type AttributeKind = 'string' | 'number' | 'bool' | 'json';

/** One attribute: its exact text and its kind. `{text: '1.50', kind: 'number'}` goes out as the number 1.50. */
export interface Attribute {
  text: string;
  kind: AttributeKind;
}

/**
 * One fact. The object form: used where JSON must be rendered, never on the ingest path,
 * where events live in the columns of an EventBatch.
 */
export interface Event {
  orgId: string;
  /** Its place in the journal, see eventIdOf. Empty before the journal has it. */
  eventId: string;
  /** The client's own id, empty when it sent none. */
  clientEventId: string;
  /** Nanoseconds since the epoch. */
  timestampNs: bigint;
  /** Milliseconds since the epoch. */
  receivedAtMs: number;
  receiver: string;
  logType: string;
  eventType: string;
  severity: Severity;
  /** OpenTelemetry's 1 to 24. */
  severityNumber: number;
  message: string;
  service: string;
  host: string;
  logger: string;
  userId: string;
  resourceId: string;
  resourceType: string;
  action: string;
  traceId: string;
  spanId: string;
  requestId: string;
  durationMs: number | null;
  cost: number | null;
  attributes: Record<string, Attribute>;
  labels: Record<string, string>;
  retentionDays: number;
}

/** An event's place: node (0 to 65535), journal frame (sequence number) and index in the frame. */
export interface EventPosition {
  node: number;
  frame: number;
  index: number;
}

/** Fixed width, so that ids sort as the journal wrote them: 4 hex digits node, 12 frame, 6 index. */
export function eventIdOf({ node, frame, index }: EventPosition): string {
  return (
    node.toString(16).padStart(4, '0') + frame.toString(16).padStart(12, '0') + index.toString(16).padStart(6, '0')
  );
}

/** The place an event id names, null when the text is no event id. */
export function parseEventId(eventId: string): EventPosition | null {
  if (!/^[0-9a-f]{22}$/.test(eventId)) return null;
  return {
    node: Number.parseInt(eventId.slice(0, 4), 16),
    frame: Number.parseInt(eventId.slice(4, 16), 16),
    index: Number.parseInt(eventId.slice(16), 16),
  };
}
