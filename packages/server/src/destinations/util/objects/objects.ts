import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Event } from '@tailwater/schema';
import type { DeliveryBatch, EncodedEvent } from '../../destination.ts';
import { joinEvents } from '../body.ts';
import { encodeWithin } from '../cut.ts';
import { payloadText } from '../payload.ts';
import { OBJECT_EVENT_BYTES_MAX, type ObjectConfig } from './config.ts';
import { packParquet, rowText } from './parquet.ts';

export interface StoredObject {
  /** `logs/acme/2026/11/21/09/ID.ndjson.gz` */
  key: string;
  body: Buffer;
  contentType: string;
}

interface Format {
  suffix: string;
  contentType: string;
  pack(events: readonly Pick<EncodedEvent, 'bytes'>[]): Promise<Buffer>;
}

const gzipAsync = promisify(gzip);
/** Stored for long and read often: worth more work than a request's body. */
const GZIP_LEVEL = 6;

const FORMATS: Record<ObjectConfig['format'], Format> = {
  // Not `application/x-ndjson` with `Content-Encoding: gzip`: Cloud Storage would then unpack what readers of `.gz` expect
  // packed. https://cloud.google.com/storage/docs/transcoding
  ndjson: { suffix: 'ndjson.gz', contentType: 'application/gzip', pack: packLines },
  parquet: { suffix: 'parquet', contentType: 'application/vnd.apache.parquet', pack: packParquet },
};

const HOUR_MS = 3_600_000;
const TAB = 0x09;

/** The event as a batch holds it. Where objects are by arrival, its hour goes before: a batch knows only when events happened. */
export function encodeForObject(event: Event, config: ObjectConfig): Uint8Array {
  const bytesMax = Math.min(OBJECT_EVENT_BYTES_MAX, config.object_bytes_max);
  const hour = config.partition_by === 'arrival' ? `${Math.floor(event.receivedAtMs / HOUR_MS)}\t` : '';
  return encodeWithin(
    event,
    bytesMax,
    (fitting) => hour + (config.format === 'parquet' ? rowText(fitting) : payloadText(fitting, config.payload)),
  );
}

interface Part {
  /** Hours since the epoch. */
  hour: number;
  events: Pick<EncodedEvent, 'eventId' | 'bytes'>[];
}

/** The batch by hours, in the order in which they first appear. */
function partsOf(batch: DeliveryBatch, partitionBy: ObjectConfig['partition_by']): Part[] {
  const parts = new Map<number, Part>();
  for (const event of batch.events) {
    const { hour, bytes } = partitionBy === 'arrival' ? arrivalOf(event) : hourOf(event);
    let part = parts.get(hour);
    if (part === undefined) {
      part = { hour, events: [] };
      parts.set(hour, part);
    }
    part.events.push({ eventId: event.eventId, bytes });
  }
  return [...parts.values()];
}

function hourOf({ timestampNs, bytes }: EncodedEvent): { hour: number; bytes: Uint8Array } {
  return { hour: Math.floor(Number(timestampNs / 1_000_000n) / HOUR_MS), bytes };
}

function arrivalOf({ bytes }: EncodedEvent): { hour: number; bytes: Uint8Array } {
  const end = bytes.indexOf(TAB);
  return { hour: Number(Buffer.from(bytes.subarray(0, end)).toString('latin1')), bytes: bytes.subarray(end + 1) };
}

/**
 * The objects of a batch, made one after the other: the whole of it compressed would be in memory besides. Key and bytes
 * are the same whenever the batch is sent, so that a second try puts the same object in the same place.
 */
export async function* objectsOf(batch: DeliveryBatch, config: ObjectConfig): AsyncGenerator<StoredObject> {
  for (const { hour, events } of partsOf(batch, config.partition_by)) {
    const { suffix, contentType, pack } = FORMATS[config.format];
    const name = `${objectName(batch, hour, events[0]!.eventId)}.${suffix}`;
    yield { key: under(config.prefix, name), body: await pack(events), contentType };
  }
}

/** The object of a connection test. A name of its own each time: to replace one takes more rights than to put one. */
export async function testObject(marked: EncodedEvent, config: ObjectConfig): Promise<StoredObject> {
  const { bytes } = config.partition_by === 'arrival' ? arrivalOf(marked) : marked;
  const { suffix, contentType, pack } = FORMATS[config.format];
  const name = `tailwater-test/${namePart(marked.eventId)}.${suffix}`;
  return { key: under(config.prefix, name), body: await pack([{ bytes }]), contentType };
}

function packLines(events: readonly Pick<EncodedEvent, 'bytes'>[]): Promise<Buffer> {
  return gzipAsync(joinEvents(events, { between: '\n', after: '\n' }), { level: GZIP_LEVEL });
}

/** Event ids sort as the journal does, so listings are in order; the batch's part tells apart what was sent otherwise. */
function objectName(batch: DeliveryBatch, hour: number, firstEventId: string): string {
  const [year, month, day, hours] = new Date(hour * HOUR_MS).toISOString().split(/[-T:]/);
  const batchPart = createHash('sha256').update(batch.id).digest('hex').slice(0, 16);
  const org = batch.orgId.replace(/[^\w.-]/g, '_').replace(/^\.+$/, '_');
  const id = `${namePart(firstEventId)}-${batchPart}`;
  return `${org || '_'}/${year}/${month}/${day}/${hours}/${id}`;
}

function namePart(eventId: string): string {
  return eventId.replace(/[^\w-]/g, '_');
}

function under(prefix: string, name: string): string {
  return prefix === '' ? name : `${prefix}/${name}`;
}
