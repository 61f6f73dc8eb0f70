import { severityNumberOfText } from '@tailwater/schema';
import { fillAttributeTypes } from '../../src/batch/attribute-types.ts';
import { EventBatch, KIND } from '../../src/batch/event-batch.ts';
import { FIELD } from '../../src/batch/fields.ts';
import { encodeFrame } from '../../src/batch/frame.ts';
import { DEFAULT_LIMITS } from '../../src/batch/limits.ts';
import { SymbolTable } from '../../src/batch/symbol-table.ts';
import { DEFAULT_GENERATOR, type GeneratedEvent, generateEvents } from '../event-generator.ts';

/** A journal frame as the ingest worker makes it. */
export interface BenchFrame {
  orgId: string;
  rows: number;
  payload: Buffer;
}

const FRAME_EVENTS = 500;

/** The generated events, each org's in frames of its own; with `org` all in its frames. */
export function framesOf(count: number, org?: string): BenchFrame[] {
  const batch = new EventBatch(new SymbolTable(), DEFAULT_LIMITS);
  const waiting = new Map<string, GeneratedEvent[]>();
  const frames: BenchFrame[] = [];
  for (const event of generateEvents({ ...DEFAULT_GENERATOR, count })) {
    const orgId = org ?? event.org;
    const ofOrg = waiting.get(orgId) ?? [];
    ofOrg.push(event);
    waiting.set(orgId, ofOrg);
    if (ofOrg.length === FRAME_EVENTS) frames.push(frameOf(batch, orgId, ofOrg.splice(0)));
  }
  for (const [orgId, events] of waiting) if (events.length > 0) frames.push(frameOf(batch, orgId, events));
  return frames;
}

function frameOf(batch: EventBatch, orgId: string, events: readonly GeneratedEvent[]): BenchFrame {
  batch.clear();
  for (const event of events) addRow(batch, event);
  const receivedAtMs = Date.now();
  batch.org.fill(batch.symbols.internText(orgId), batch.rows);
  batch.receiver.fill(batch.symbols.internText('otlp'), batch.rows);
  batch.receivedAt.fillNumber(receivedAtMs, batch.rows);
  batch.retentionDays.fill(30, batch.rows);
  fillAttributeTypes(batch);
  return { orgId, rows: batch.rows, payload: encodeFrame(batch, { orgId, receiver: 'otlp', receivedAtMs }) };
}

function addRow(batch: EventBatch, event: GeneratedEvent): void {
  batch.beginRow();
  batch.setText(FIELD.message, event.message);
  batch.setText(FIELD.logType, event.log_type);
  batch.setText(FIELD.eventType, event.event_type);
  batch.setText(FIELD.service, event.service);
  batch.setText(FIELD.host, event.host);
  batch.setText(FIELD.traceId, event.trace_id);
  batch.setText(FIELD.userId, event.user_id);
  batch.setSeverityNumber(severityNumberOfText(event.severity));
  const timestampNs = BigInt(Date.parse(event.ts)) * 1_000_000n;
  batch.setTimestamp(Number(timestampNs & 0xffff_ffffn), Number(timestampNs >> 32n));
  if (event.duration_ms !== undefined) batch.setDurationMs(event.duration_ms);
  if (event.cost !== undefined) batch.setCost(event.cost);
  for (const [name, value] of Object.entries(event.metadata)) {
    const kind = typeof value === 'number' ? KIND.number : typeof value === 'boolean' ? KIND.bool : KIND.string;
    batch.addAttribute(name, kind, String(value));
  }
  batch.endRow();
}
