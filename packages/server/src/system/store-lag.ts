import type { JournalPosition } from '../journal/journal.ts';

/** How far the journal was at a time, with what was taken into it since the server's start. */
export interface JournalMark {
  atMs: number;
  next: JournalPosition;
  events: number;
  bytes: number;
}

export interface Lag {
  /** Null where it is not known: what waits was taken before the server's start. */
  events: number | null;
  bytes: number;
  /** How long the oldest of what waits has waited; null while the store was never open. */
  ms: number | null;
}

/** Two hours at a mark a second. Of an older lag only its least is known. */
const MARKS_MAX = 7_200;

/** How much the event store is behind the journal, by marks that are made every second. */
export class StoreLag {
  /** Rising by position; the first is the last that is stored whole, if it is known. */
  readonly #marks: JournalMark[] = [];

  /** `stored`: the first position that is not searchable yet, null while it is not known. */
  note(mark: JournalMark, stored: JournalPosition | null): void {
    const marks = this.#marks;
    if (marks.length === 0 || mark.next > marks.at(-1)!.next) marks.push(mark);
    else if (marks.length === 1 && stored !== null && mark.next <= stored) marks[0] = mark;
    while (marks.length > 1 && ((stored !== null && marks[1]!.next <= stored) || marks.length > MARKS_MAX)) {
      marks.shift();
    }
  }

  of(now: JournalMark, stored: JournalPosition | null): Lag {
    if (stored === null) return { events: null, bytes: 0, ms: null };
    if (now.next <= stored) return { events: 0, bytes: 0, ms: 0 };
    const [first, second] = this.#marks;
    if (first === undefined) return { events: null, bytes: 0, ms: 0 };
    const isKnown = first.next <= stored;
    const since = isKnown ? (second ?? now) : first;
    return {
      events: isKnown ? now.events - first.events : null,
      bytes: now.bytes - first.bytes,
      ms: Math.max(0, now.atMs - since.atMs),
    };
  }
}
