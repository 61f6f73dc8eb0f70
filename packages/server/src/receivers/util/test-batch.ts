import type { Event } from '@tailwater/schema';
import { fillAttributeTypes } from '../../batch/attribute-types.ts';
import { EventBatch, type Rejection } from '../../batch/event-batch.ts';
import { readEvents } from '../../batch/event-rows.ts';
import { appendFrame, decodeFrame, encodeFrame } from '../../batch/frame.ts';
import { DEFAULT_LIMITS, type IngestLimits } from '../../batch/limits.ts';
import { SymbolTable } from '../../batch/symbol-table.ts';
import { PermanentError } from '../../runtime/errors.ts';

/** For tests of decoders: a batch as a decoder gets it, and its rows as they come out of the journal. */

export function newBatch(limits: Partial<IngestLimits> = {}, symbols = new SymbolTable()): EventBatch {
  return new EventBatch(symbols, { ...DEFAULT_LIMITS, ...limits });
}

/**
 * The batch's events after they went through a journal frame into `stored`. The batch must have been decoded into since
 * `clear`.
 */
export function storedEvents(batch: EventBatch, stored = newBatch()): Event[] {
  const { rows, symbols } = batch;
  batch.org.length = 0;
  batch.receiver.length = 0;
  batch.receivedAt.length = 0;
  batch.retentionDays.length = 0;
  batch.org.fill(symbols.internText('acme'), rows);
  batch.receiver.fill(symbols.internText('test'), rows);
  batch.receivedAt.fillNumber(1_800_000_000_000, rows);
  batch.retentionDays.fill(30, rows);
  fillAttributeTypes(batch);
  const frame = decodeFrame(encodeFrame(batch, { orgId: 'acme', receiver: 'test', receivedAtMs: 0 }));
  stored.symbols.trimIfLarge();
  stored.clear();
  appendFrame(stored, frame, 1, 1);
  return [...readEvents(stored)];
}

/** An event without what is empty and what the pipeline fills in; attributes as `text` or `text (kind)`. */
export function plainEvent(event: Event): Record<string, unknown> {
  const plain: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(event)) {
    if (PIPELINE_FIELDS.has(name) || value === '' || value === null) continue;
    if (name === 'timestampNs') plain.timestamp = isoOfNanos(event.timestampNs);
    else if (name === 'severityNumber') plain.severityNumber = value === 0 ? undefined : value;
    else if (name === 'attributes') plain.attributes = plainAttributes(event);
    else if (name !== 'labels' || Object.keys(event.labels).length > 0) plain[name] = value;
  }
  return JSON.parse(JSON.stringify(plain));
}

const PIPELINE_FIELDS = new Set(['orgId', 'eventId', 'receivedAtMs', 'receiver', 'retentionDays', 'severity']);

function plainAttributes({ attributes }: Event): Record<string, string> | undefined {
  const entries = Object.entries(attributes).map(([name, { text, kind }]) => [
    name,
    kind === 'string' ? text : `${text} (${kind})`,
  ]);
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/** ISO 8601 with nine digits, undefined for 0, which means that the sender gave no time. */
export function isoOfNanos(nanos: bigint): string | undefined {
  if (nanos === 0n) return undefined;
  const fraction = ((nanos % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  const date = new Date(Number((nanos - fraction) / 1_000_000n));
  return `${date.toISOString().slice(0, 19)}.${String(fraction).padStart(9, '0')}Z`;
}

export interface DecodedForTest {
  events?: Record<string, unknown>[];
  rejections?: Rejection[];
  error?: { code: string; message: string };
}

/** Decodes a body into a new batch and shows what came of it: the content of `expected.json`. */
export function decodeForTest(decode: (batch: EventBatch) => void, limits: Partial<IngestLimits> = {}): DecodedForTest {
  const batch = newBatch(limits);
  try {
    decode(batch);
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error;
    return { error: { code: error.code, message: error.message } };
  }
  const events = storedEvents(batch).map(plainEvent);
  return batch.rejections.length === 0 ? { events } : { events, rejections: batch.rejections };
}
