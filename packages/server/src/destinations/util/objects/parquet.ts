import { setImmediate } from 'node:timers/promises';
import { zstdCompressSync } from 'node:zlib';
import type { Event } from '@tailwater/schema';
import { ByteWriter, ParquetWriter, type SchemaElement } from 'hyparquet-writer';
import type { EncodedEvent } from '../../destination.ts';
import { attributeText, numberText, quote } from '../json-text.ts';

/**
 * Events of a row group, which is encoded at one go: about 0.2 s in which the thread does nothing else. Readers want
 * them larger, but memory has each of them twice.
 */
const GROUP_EVENTS = 10_000;

type Shape = Omit<SchemaElement, 'name'>;

const TEXT: Shape = {
  ...{ type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } },
  repetition_type: 'REQUIRED',
};
/** Microseconds: few readers know nanoseconds, which have a column of their own. */
const TIME: Shape = {
  ...{ type: 'INT64', converted_type: 'TIMESTAMP_MICROS' },
  logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' },
  repetition_type: 'REQUIRED',
};
const INT64: Shape = { type: 'INT64', repetition_type: 'REQUIRED' };
const INT32: Shape = { type: 'INT32', repetition_type: 'REQUIRED' };
const DOUBLE: Shape = { type: 'DOUBLE', repetition_type: 'OPTIONAL' };

interface Column {
  name: string;
  shape: Shape;
  /** JSON of the value; of INT64 a string, as JSON's numbers are too short. */
  text: (event: Event) => string;
}

const text = (name: string, of: (event: Event) => string): Column => ({
  ...{ name, shape: TEXT },
  text: (event) => quote(of(event)),
});

/** Microseconds, rounded down before 1970 too. */
const micros = (ns: bigint) => quote(String((ns - (((ns % 1000n) + 1000n) % 1000n)) / 1000n));

/** In the platform's names. Objects of any shape are JSON texts, with numbers as they came in. */
const COLUMNS: readonly Column[] = [
  text('event_id', (event) => event.eventId),
  { name: 'timestamp', shape: TIME, text: ({ timestampNs }) => micros(timestampNs) },
  { name: 'timestamp_ns', shape: INT64, text: ({ timestampNs }) => quote(String(timestampNs)) },
  { name: 'received_at', shape: TIME, text: ({ receivedAtMs }) => micros(BigInt(receivedAtMs) * 1_000_000n) },
  text('log_type', (event) => event.logType),
  text('event_type', (event) => event.eventType),
  text('severity', (event) => event.severity),
  { name: 'severity_number', shape: INT32, text: ({ severityNumber }) => String(severityNumber) },
  text('message', (event) => event.message),
  text('service', (event) => event.service),
  text('host', (event) => event.host),
  text('logger', (event) => event.logger),
  text('user_id', (event) => event.userId),
  text('resource_id', (event) => event.resourceId),
  text('resource_type', (event) => event.resourceType),
  text('action', (event) => event.action),
  text('trace_id', (event) => event.traceId),
  text('span_id', (event) => event.spanId),
  text('request_id', (event) => event.requestId),
  { name: 'duration_ms', shape: DOUBLE, text: ({ durationMs }) => numberText(durationMs) },
  { name: 'cost', shape: DOUBLE, text: ({ cost }) => numberText(cost) },
  text('metadata', metadataText),
  text('labels', (event) => JSON.stringify(event.labels)),
  text('receiver', (event) => event.receiver),
  text('client_event_id', (event) => event.clientEventId),
  text('org_id', (event) => event.orgId),
];

function metadataText({ attributes }: Event): string {
  const members = Object.entries(attributes).map(([name, attribute]) => `${quote(name)}:${attributeText(attribute)}`);
  return `{${members.join(',')}}`;
}

/** The event's values in the order of the columns, a JSON array. */
export function rowText(event: Event): string {
  return `[${COLUMNS.map((column) => column.text(event)).join(',')}]`;
}

type Value = string | number | null;

/** A Parquet file of the rows, zstd. The same rows make the same bytes. */
export async function packParquet(events: readonly Pick<EncodedEvent, 'bytes'>[]): Promise<Buffer> {
  const writer = new ByteWriter();
  const file = new ParquetWriter({
    writer,
    schema: [
      { name: 'event', num_children: COLUMNS.length },
      ...COLUMNS.map(({ name, shape }) => ({ name, ...shape })),
    ],
    codec: 'ZSTD',
    compressors: { ZSTD: (bytes) => zstdCompressSync(bytes) },
    createdBy: 'tailwater',
  });
  for (let from = 0; from < events.length; from += GROUP_EVENTS) {
    const rows = events.slice(from, from + GROUP_EVENTS).map(readRow);
    const columnData = COLUMNS.map(({ name, shape }, i) => ({
      name,
      data: shape.type === 'INT64' ? rows.map((row) => BigInt(row[i]!)) : rows.map((row) => row[i]!),
    }));
    await file.write({ columnData, rowGroupSize: GROUP_EVENTS });
    // Other destinations share the thread.
    await setImmediate();
  }
  await file.finish();
  return Buffer.from(writer.getBuffer());
}

function readRow({ bytes }: Pick<EncodedEvent, 'bytes'>): Value[] {
  return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString()) as Value[];
}
