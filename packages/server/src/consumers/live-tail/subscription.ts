import type { Event } from '@tailwater/schema';
import type { RowFilter } from './row-filter.ts';
import type { TailForm, TailLimits, TailPlace, WireChunk } from './wire.ts';

export interface SubscriptionOptions {
  id: number;
  orgId: string;
  /** Null: all of the org. */
  matches: ((event: Event) => boolean) | null;
  /** Rules out rows before `matches` is asked; null when it can't. */
  rowFilter: RowFilter | null;
  form: TailForm;
  place: TailPlace;
  limits: TailLimits;
  outlet: Outlet;
}

/** Where a subscription's chunks go. */
export interface Outlet {
  emit(chunk: WireChunk): void;
  /** Asks for a `flush` soon. */
  wake(subscription: Subscription): void;
}

/**
 * One reader of the tail, as the follower's thread sees it: what it has been handed and has not yet taken (its window),
 * and what it missed. Events handed out and counts of missed ones keep their order.
 */
export class Subscription {
  readonly id: number;
  readonly orgId: string;
  readonly matches: ((event: Event) => boolean) | null;
  readonly rowFilter: RowFilter | null;
  readonly form: TailForm;
  /** Everything of the org before it has been handed out, counted, or did not match. */
  place: TailPlace;
  /** Its reader does not keep up: what matches is counted and not handed out. */
  dropping = false;
  /** It gets its events from the loop that all share, not from one of its own. */
  live = false;
  closed = false;

  private readonly limits: TailLimits;
  private readonly outlet: Outlet;
  private pending: string[] = [];
  private pendingCharacters = 0;
  /** In the window: pending, or handed out and not taken. */
  private heldEvents = 0;
  private heldCharacters = 0;
  private chunksUnderWay = 0;
  private missedCount = 0;
  private missedAtMost = false;
  private missedUnknown = false;
  private toldPlace: TailPlace;
  private wakeWaiter: (() => void) | null = null;

  constructor({ id, orgId, matches, rowFilter, form, place, limits, outlet }: SubscriptionOptions) {
    this.id = id;
    this.orgId = orgId;
    this.matches = matches;
    this.rowFilter = rowFilter;
    this.form = form;
    this.place = place;
    this.toldPlace = place;
    this.limits = limits;
    this.outlet = outlet;
  }

  /** Hands out an event that lies just before `place`; false when the window is full. */
  take(event: string, place: TailPlace): boolean {
    const { windowEvents, windowCharacters, chunkEvents, chunkCharacters } = this.limits;
    const full = this.heldEvents >= windowEvents || this.heldCharacters + event.length > windowCharacters;
    // One event is always let through, or one larger than the window would never be.
    if (full && this.heldEvents > 0) {
      if (this.pending.length > 0) this.flush();
      return false;
    }
    if (this.pending.length === 0) this.outlet.wake(this);
    this.place = place;
    this.pending.push(event);
    this.pendingCharacters += event.length;
    this.heldEvents++;
    this.heldCharacters += event.length;
    if (this.pending.length >= chunkEvents || this.pendingCharacters >= chunkCharacters) this.flush();
    return true;
  }

  /** Counts events that it will not get. */
  miss(count: number, atMost: boolean): void {
    if (count === 0) return;
    this.beforeMissing();
    this.missedCount += count;
    this.missedAtMost ||= atMost;
  }

  /** Part of the journal is gone: nobody knows how many of its events it would have got. */
  missUnknown(): void {
    this.beforeMissing();
    this.missedUnknown = true;
  }

  private beforeMissing(): void {
    if (this.pending.length > 0) this.flush();
    if (!this.dropping) this.outlet.wake(this);
  }

  private get hasMissed(): boolean {
    return this.missedUnknown || this.missedCount > 0;
  }

  /** Its reader has taken a chunk. */
  credit(events: number, characters: number): void {
    this.heldEvents -= events;
    this.heldCharacters -= characters;
    this.chunksUnderWay--;
    if (this.live) this.recover();
    if (this.isHalfFree) this.wakeWaiter?.();
  }

  /** A little room would be full again at once. */
  private get isHalfFree(): boolean {
    return this.heldEvents * 2 <= this.limits.windowEvents && this.heldCharacters * 2 <= this.limits.windowCharacters;
  }

  /** Stops dropping once half of the window is free. */
  recover(): void {
    if (!this.dropping || !this.isHalfFree) return;
    this.dropping = false;
    if (this.hasMissed) this.outlet.wake(this);
  }

  /** Resolves when half of the window is free, it is closed, or after `timeoutMs`. */
  async room(timeoutMs: number): Promise<void> {
    if (this.closed || this.isHalfFree || timeoutMs <= 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.wakeWaiter = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.wakeWaiter = null;
  }

  /** Sends what is pending. While dropping, the count of missed events stays back until it is complete. */
  flush(): void {
    if (this.closed || (this.pending.length === 0 && (this.dropping || !this.hasMissed))) return;
    this.emit();
  }

  /** Tells its reader where it is, if nothing else has for a while. */
  tellPlace(): void {
    const { frame, index } = this.toldPlace;
    if (this.chunksUnderWay > 0 || this.pending.length > 0 || this.dropping) return;
    if (this.place.frame !== frame || this.place.index !== index) this.emit();
  }

  private emit(): void {
    const { missedCount, missedAtMost, missedUnknown, pending, place } = this;
    const missed = this.hasMissed ? { count: missedUnknown ? null : missedCount, atMost: missedAtMost } : null;
    this.pending = [];
    this.pendingCharacters = 0;
    this.missedCount = 0;
    this.missedAtMost = false;
    this.missedUnknown = false;
    this.toldPlace = place;
    this.chunksUnderWay++;
    this.outlet.emit({ subscription: this.id, missed, events: pending.join('\n'), count: pending.length, place });
  }

  close(): void {
    this.closed = true;
    this.wakeWaiter?.();
  }
}
