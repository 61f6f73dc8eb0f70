/**
 * A small Native encoder for the generated benchmark events, for trials of the store alone. The product's encoder
 * writes columns without objects; this one only has to produce the same bytes.
 */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { severityNumberOfText } from '@tailwater/schema';
import { BLOCK_COLUMNS, type BlockColumn } from '../../src/stores/clickhouse/schema.ts';

/** Events of one journal frame, as a decoder of 5,000-event bodies would append them. */
const FRAME_EVENTS = 5_000;

interface GeneratedEvent {
  ts: string;
  org: string;
  log_type: string;
  event_type: string;
  severity: string;
  service: string;
  host: string;
  trace_id: string;
  user_id: string;
  message: string;
  metadata: Record<string, unknown>;
  duration_ms?: number;
  cost?: number;
}

type Row = Record<BlockColumn, unknown>;

const varint = (value: number): Buffer => {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  bytes.push(rest);
  return Buffer.from(bytes);
};

const text = (value: string): Buffer => Buffer.concat([varint(Buffer.byteLength(value)), Buffer.from(value)]);
const uint64 = (value: number | bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
};

/**
 * Body of a LowCardinality(String) column, without the state prefix: index type with "has additional keys" (1 << 9) and
 * "needs update of the dictionary" (1 << 10), the keys, then one index a value.
 */
function lowCardinality(values: readonly string[]): Buffer {
  const keys = new Map<string, number>();
  const indexes = Uint32Array.from(values, (value) => {
    const known = keys.get(value);
    if (known !== undefined) return known;
    keys.set(value, keys.size);
    return keys.size - 1;
  });
  const [kind, packed] =
    keys.size <= 0x100
      ? [0, Uint8Array.from(indexes)]
      : keys.size <= 0x10000
        ? [1, Uint16Array.from(indexes)]
        : [2, indexes];
  return Buffer.concat([
    uint64(0x600 | kind),
    uint64(keys.size),
    ...[...keys.keys()].map(text),
    uint64(values.length),
    Buffer.from(packed.buffer),
  ]);
}

/** Version 1, "shared dictionaries with additional keys". */
const LOW_CARDINALITY_PREFIX = uint64(1);

function column(type: string, values: readonly unknown[]): Buffer {
  switch (type) {
    case 'LowCardinality(String)':
      return Buffer.concat([LOW_CARDINALITY_PREFIX, lowCardinality(values as string[])]);
    case 'String':
      return Buffer.concat((values as string[]).map(text));
    case 'Map(LowCardinality(String), String)': {
      const maps = values as Record<string, string>[];
      let end = 0;
      const ends = BigUint64Array.from(maps, (map) => {
        end += Object.keys(map).length;
        return BigInt(end);
      });
      // With no pair in the whole block nothing follows the ends.
      if (end === 0) return Buffer.concat([LOW_CARDINALITY_PREFIX, Buffer.from(ends.buffer)]);
      return Buffer.concat([
        LOW_CARDINALITY_PREFIX,
        Buffer.from(ends.buffer),
        lowCardinality(maps.flatMap((map) => Object.keys(map))),
        ...maps.flatMap((map) => Object.values(map).map(text)),
      ]);
    }
    case 'Nullable(Float64)': {
      const numbers = values as (number | null)[];
      return Buffer.concat([
        Uint8Array.from(numbers, (value) => (value === null ? 1 : 0)),
        Buffer.from(Float64Array.from(numbers, (value) => value ?? 0).buffer),
      ]);
    }
    case 'UInt8':
      return Buffer.from(Uint8Array.from(values as number[]));
    case 'UInt16':
      return Buffer.from(Uint16Array.from(values as number[]).buffer);
    case 'UInt32':
      return Buffer.from(Uint32Array.from(values as number[]).buffer);
    default:
      return Buffer.from(BigInt64Array.from(values as bigint[]).buffer);
  }
}

/** One Native block of the table `events`. */
function nativeBlock(rows: readonly Row[]): Buffer {
  const columns = BLOCK_COLUMNS.flatMap(([name, type]) => [
    text(name),
    text(type),
    column(
      type,
      rows.map((row) => row[name]),
    ),
  ]);
  return Buffer.concat([varint(BLOCK_COLUMNS.length), varint(rows.length), ...columns]);
}

function flatten(value: Record<string, unknown>, prefix: string, into: Record<string, string>, kinds: string[]): void {
  for (const [key, item] of Object.entries(value)) {
    const name = prefix + key;
    if (typeof item === 'object' && item !== null && !Array.isArray(item)) {
      flatten(item as Record<string, unknown>, `${name}.`, into, kinds);
      continue;
    }
    into[name] = typeof item === 'string' ? item : JSON.stringify(item);
    if (typeof item !== 'string')
      kinds.push(`${name}:${typeof item === 'number' ? 'number' : typeof item === 'boolean' ? 'bool' : 'json'}`);
  }
}

/** A row as the OTLP receiver makes it: service and host are resource attributes, hence labels. */
function rowOf(event: GeneratedEvent, index: number): Row {
  const attributes: Record<string, string> = {};
  const kinds: string[] = [];
  flatten(event.metadata, '', attributes, kinds);
  return {
    org: event.org,
    ts: BigInt(Date.parse(`${event.ts.slice(0, 23)}Z`)) * 1_000_000n + BigInt(event.ts.slice(23, 29)),
    received_at: 0n,
    log_type: event.log_type,
    event_type: event.event_type,
    severity_number: severityNumberOfText(event.severity),
    message: event.message,
    service: event.service,
    host: event.host,
    logger: '',
    user_id: event.user_id,
    resource_id: '',
    resource_type: '',
    action: '',
    trace_id: event.trace_id,
    span_id: '',
    request_id: '',
    duration_ms: event.duration_ms ?? null,
    cost: event.cost ?? null,
    attributes,
    attribute_types: kinds.join(','),
    labels: JSON.stringify({ 'host.name': event.host, 'service.name': event.service }),
    receiver: 'otlp',
    client_event_id: '',
    retention_days: 30,
    frame: BigInt(1 + Math.floor(index / FRAME_EVENTS)),
    frame_index: index % FRAME_EVENTS,
  };
}

export interface NativeBlock {
  block: Buffer;
  rows: number;
}

/** The events of an NDJSON file as Native blocks of `blockRows` rows. A frame's events arrived together. */
export async function* nativeBlocks(file: string, blockRows: number): AsyncGenerator<NativeBlock> {
  let rows: Row[] = [];
  let index = 0;
  for await (const line of createInterface({ input: createReadStream(file) })) {
    rows.push(rowOf(JSON.parse(line) as GeneratedEvent, index));
    index += 1;
    if (index % FRAME_EVENTS === 0) {
      const arrived = BigInt(rows.at(-1)!.ts as bigint) / 1_000_000n + 50n;
      for (const row of rows.slice(-FRAME_EVENTS)) row.received_at = arrived;
    }
    if (rows.length < blockRows) continue;
    yield { block: nativeBlock(rows), rows: rows.length };
    rows = [];
  }
  if (rows.length > 0) yield { block: nativeBlock(rows), rows: rows.length };
}
