import type { EventBatch } from './event-batch.ts';
import { FIELD, type SymbolField, type TextField } from './fields.ts';
import type { I64Column, NullableF64Column, U8Column, U32Column } from './growable.ts';
import type { StringColumn } from './string-column.ts';

/** How a column of the table `events` is read from a batch. */
export type NativeColumn = { name: string; type: string } & (
  | { kind: 'symbol'; of: (batch: EventBatch) => U32Column }
  | { kind: 'text'; of: (batch: EventBatch) => StringColumn }
  | { kind: 'int64'; of: (batch: EventBatch) => I64Column }
  | { kind: 'uint8'; of: (batch: EventBatch) => U8Column }
  | { kind: 'uint16' | 'uint32'; of: (batch: EventBatch) => U32Column }
  | { kind: 'float64'; of: (batch: EventBatch) => NullableF64Column }
  | { kind: 'attributes' }
);

const symbolOf = (name: string, of: (batch: EventBatch) => U32Column): NativeColumn => ({
  name,
  type: 'LowCardinality(String)',
  kind: 'symbol',
  of,
});
const symbol = (name: string, field: SymbolField) => symbolOf(name, (batch) => batch.symbolColumns[field]);
const text = (name: string, field: TextField): NativeColumn => ({
  name,
  type: 'String',
  kind: 'text',
  of: (batch) => batch.textColumns[field],
});
const float = (name: string, of: (batch: EventBatch) => NullableF64Column): NativeColumn => ({
  name,
  type: 'Nullable(Float64)',
  kind: 'float64',
  of,
});

/**
 * The columns of a journaled block, in order. The order and types are part of the journal's format: a change needs a
 * new BLOCK_VERSION in frame.ts and a decoder for the old one.
 */
export const BLOCK_COLUMNS: readonly NativeColumn[] = [
  symbolOf('org', (batch) => batch.org),
  { name: 'ts', type: "DateTime64(9, 'UTC')", kind: 'int64', of: (batch) => batch.timestamp },
  { name: 'received_at', type: "DateTime64(3, 'UTC')", kind: 'int64', of: (batch) => batch.receivedAt },
  symbol('log_type', FIELD.logType),
  symbol('event_type', FIELD.eventType),
  { name: 'severity_number', type: 'UInt8', kind: 'uint8', of: (batch) => batch.severityNumber },
  text('message', FIELD.message),
  symbol('service', FIELD.service),
  symbol('host', FIELD.host),
  symbol('logger', FIELD.logger),
  text('user_id', FIELD.userId),
  text('resource_id', FIELD.resourceId),
  symbol('resource_type', FIELD.resourceType),
  symbol('action', FIELD.action),
  text('trace_id', FIELD.traceId),
  text('span_id', FIELD.spanId),
  text('request_id', FIELD.requestId),
  float('duration_ms', (batch) => batch.durationMs),
  float('cost', (batch) => batch.cost),
  { name: 'attributes', type: 'Map(LowCardinality(String), String)', kind: 'attributes' },
  symbolOf('attribute_types', (batch) => batch.attributeTypes),
  symbol('labels', FIELD.labels),
  symbolOf('receiver', (batch) => batch.receiver),
  text('client_event_id', FIELD.clientEventId),
  { name: 'retention_days', type: 'UInt16', kind: 'uint16', of: (batch) => batch.retentionDays },
];

/** What the store gets on top: each event's place in the journal. */
export const POSITION_COLUMNS: readonly NativeColumn[] = [
  { name: 'frame', type: 'UInt64', kind: 'int64', of: (batch) => batch.frame },
  { name: 'frame_index', type: 'UInt32', kind: 'uint32', of: (batch) => batch.frameIndex },
];
