import { createHash } from 'node:crypto';
import type { Event } from '@tailwater/schema';
import { decodeFrame } from '../../batch/frame.ts';
import { firstLetterId, type Letter } from '../../dead-letters/letter.ts';
import { DeadLetterStore } from '../../dead-letters/store.ts';
import type { JournalPosition, JournalReader } from '../../journal/journal.ts';
import { PermanentError } from '../../runtime/errors.ts';
import { FrameDecoder } from '../live-tail/frame-decoder.ts';
import type { PendingEvent, RefusedEvent } from './queue.ts';

/** `Letter.decoder` of events that a destination refused. */
export const UNDELIVERED = 'undelivered';
/** Rejections that a letter tells in full. */
const REJECTIONS_MAX = 100;

/** The letters of events that destinations refused. None goes for another: they are delivered nowhere else. */
export function openUndelivered(dir: string, expand: (body: Buffer, bytesMax: number) => Buffer): DeadLetterStore {
  return new DeadLetterStore({ dir, orgBytesMax: Number.POSITIVE_INFINITY, expand });
}

/** For the thread that only writes them. */
export const notExpanded = (): Buffer => {
  throw new PermanentError('internal', 'letters are not read here');
};

/** One letter for what a destination refused of a batch. The body is the events as JSON, one a line. */
export function undeliveredLetter(
  { id, orgId }: { id: string; orgId: string },
  refused: readonly RefusedEvent[],
  events: ReadonlyMap<string, Event>,
): Letter {
  const first = refused[0]!;
  const lines = refused.map(({ pending }) => JSON.stringify(plainEvent(pending, events.get(pending.eventId) ?? null)));
  const body = Buffer.from(lines.join('\n'));
  const atMs = first.pending.receivedAtMs;
  return {
    id: letterId(id, atMs, first.pending.eventId),
    atMs,
    orgId,
    receiver: id,
    code: first.code,
    reason: first.reason,
    rejectedCount: refused.length,
    bytes: body.length,
    notKept: null,
    decoder: UNDELIVERED,
    format: '',
    query: '',
    params: {},
    rejections: refused
      .slice(0, REJECTIONS_MAX)
      .map(({ code, reason }, index) => ({ index, code, field: '', error: reason.slice(0, REASON_CHARACTERS_MAX) })),
    indexes: null,
    frame: null,
    body,
  };
}

const REASON_CHARACTERS_MAX = 1000;

/** The same for the same event and integration, so that one which is refused again after a crash makes one letter. */
function letterId(integrationId: string, atMs: number, eventId: string): string {
  const hash = createHash('sha256').update(`${integrationId} ${eventId}`).digest();
  const middle = (hash.readUInt32LE(4) % 36 ** 4).toString(36).padStart(4, '0');
  return `${firstLetterId(atMs).slice(0, 9)}-${middle}-${hash.toString('hex', 0, 4)}`;
}

function plainEvent({ eventId, timestampNs }: PendingEvent, event: Event | null): object {
  if (event === null) return { eventId, timestampNs: timestampNs.toString() };
  return { ...event, timestampNs: event.timestampNs.toString() };
}

/** The events of a letter's body, line by line. Null: it was not there any more when the letter was made. */
export function readLetterBody(body: Uint8Array): (Event | null)[] {
  return Buffer.from(body)
    .toString()
    .split('\n')
    .map((line) => {
      const event = JSON.parse(line) as Omit<Event, 'timestampNs'> & { timestampNs: string };
      return event.attributes === undefined ? null : { ...event, timestampNs: BigInt(event.timestampNs) };
    });
}

/** The events behind what waits: those that are not at hand are read from the journal again. By event id. */
export async function readBack(
  refused: readonly RefusedEvent[],
  { reader, node, signal }: { reader: JournalReader; node: number; signal: AbortSignal },
): Promise<Map<string, Event>> {
  const events = new Map<string, Event>();
  const wanted = new Map<JournalPosition, Set<number>>();
  for (const { pending } of refused) {
    if (pending.event !== null) events.set(pending.eventId, pending.event);
    else {
      const { position, index } = pending.place;
      wanted.set(position, (wanted.get(position) ?? new Set()).add(index));
    }
  }
  if (wanted.size === 0) return events;
  const last = Math.max(...wanted.keys());
  const decoder = new FrameDecoder(node);
  for await (const { position, payload } of reader.read(Math.min(...wanted.keys()), { follow: false, signal })) {
    const indexes = wanted.get(position);
    if (indexes !== undefined) {
      for (const event of decoder.events(decodeFrame(payload), position, () => (row) => indexes.has(row))) {
        events.set(event.eventId, event);
      }
    }
    if (position >= last) break;
  }
  return events;
}
