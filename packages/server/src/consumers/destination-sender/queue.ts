import type { Event } from '@tailwater/schema';
import type { EncodedEvent } from '../../destinations/destination.ts';
import type { JournalPosition } from '../../journal/journal.ts';

/** Before which event of the journal a lane is. */
export interface Place {
  position: JournalPosition;
  index: number;
}

/** Why an event is not delivered, ever. */
export interface Refusal {
  code: 'destination_rejected' | 'payload_too_large' | 'destination_unavailable';
  reason: string;
}

/** An encoded event on its way. */
export interface PendingEvent extends EncodedEvent {
  place: Place;
  receivedAtMs: number;
  queuedAtMs: number;
  /** Set when it could not even be encoded. */
  refusal: Refusal | null;
  /** Only of those that the journal may not have, or that were refused already. */
  event: Event | null;
}

export interface RefusedEvent extends Refusal {
  pending: PendingEvent;
}

/** What a waiting event costs beside its bytes. */
const OBJECT_BYTES = 300;

export const memoryOf = ({ bytes }: PendingEvent): number => bytes.length + OBJECT_BYTES;

/** Events that wait, in order. */
export class PendingQueue {
  #events: PendingEvent[] = [];
  #head = 0;
  /** Of encoded events. */
  bytes = 0;

  get length(): number {
    return this.#events.length - this.#head;
  }

  get first(): PendingEvent | null {
    return this.length === 0 ? null : this.#events[this.#head]!;
  }

  push(event: PendingEvent): void {
    this.#events.push(event);
    this.bytes += event.bytes.length;
  }

  /** The next batch: at least one event. */
  take({ eventsMax, bytesMax, overheadBytes }: BatchSize): PendingEvent[] {
    let bytes = 0;
    let end = this.#head;
    for (; end < this.#events.length && end - this.#head < eventsMax; end++) {
      const { length } = this.#events[end]!.bytes;
      if (end > this.#head && bytes + length + overheadBytes > bytesMax) break;
      bytes += length + overheadBytes;
    }
    const taken = this.#events.slice(this.#head, end);
    for (const event of taken) this.bytes -= event.bytes.length;
    this.#head = end;
    if (this.#head > 1000 && this.#head * 2 > this.#events.length) {
      this.#events = this.#events.slice(this.#head);
      this.#head = 0;
    }
    return taken;
  }
}

export interface BatchSize {
  eventsMax: number;
  bytesMax: number;
  overheadBytes: number;
}

/** The memory of all lanes together. */
export class Budget {
  readonly #bytesMax: number;
  bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get isFull(): boolean {
    return this.bytes >= this.#bytesMax;
  }
}
