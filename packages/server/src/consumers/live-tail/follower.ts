import type { Event } from '@tailwater/schema';
import { type DecodedFrame, decodeFrame } from '../../batch/frame.ts';
import type { JournalFrame, JournalPosition, JournalReader } from '../../journal/journal.ts';
import type { Condition } from '../../query/plan.ts';
import { FrameDecoder } from './frame-decoder.ts';
import { anyOf, compileRowFilter } from './row-filter.ts';
import { Subscription } from './subscription.ts';
import type { FromTail, TailForm, TailLimits, TailSelector, ToTail, WireChunk } from './wire.ts';

export interface TailFollowerOptions {
  reader: JournalReader;
  node: number;
  limits: TailLimits;
  compile(condition: Condition): (event: Event) => boolean;
  compileSelector(selector: TailSelector): (event: Event) => boolean;
  /** An event as JSON, without line feeds. */
  render(event: Event, form: TailForm): string;
  send(message: FromTail): void;
  /** The journal cannot be read, or a bug: the follower is of no more use. */
  onFault(error: unknown): void;
}

/** How long a loop works before it lets messages and timers through. */
const BREATH_MS = 10;
/** The journal's end is looked up this often at the most: it costs a directory listing. */
const MARK_INTERVAL_MS = 250;

/** Lets other work of the thread through once a loop has run for a while. */
class Breather {
  private lastMs = performance.now();

  async breathe(): Promise<void> {
    if (performance.now() - this.lastMs <= BREATH_MS) return;
    await new Promise((resolve) => setImmediate(resolve));
    this.lastMs = performance.now();
  }
}

/**
 * Follows the journal and hands every event to the subscriptions that it matches.
 *
 * One loop follows the end and serves all live subscriptions: a frame whose org has none is skipped by its header, any
 * other is decoded once, an event is rendered once a form. It never waits for anybody. A subscription whose window is full
 * leaves it and goes on in a loop of its own, at its reader's pace, and comes back when it has caught up; when that
 * takes too long, it only counts from there on, until its reader has taken half of the window. New subscriptions that
 * start before the end begin in such a loop. Memory is bounded by the windows and one read buffer a loop.
 */
export class TailFollower {
  private readonly options: TailFollowerOptions;
  private readonly decoder: FrameDecoder;
  private readonly subscriptions = new Map<number, Subscription>();
  /** Live ones by org. */
  private readonly live = new Map<string, Set<Subscription>>();
  private readonly awake = new Set<Subscription>();
  private flushTimer: NodeJS.Timeout | null = null;
  private placeTimer: NodeJS.Timeout | null = null;
  private readonly closing = new AbortController();
  /** The first frame that the shared loop has not handled. */
  private livePosition: JournalPosition = 1;
  /** The journal's end at some moment: when it is not reached soon enough, the loop lags. */
  private mark = { end: 0, atMs: Number.NEGATIVE_INFINITY };
  private counting = false;
  /** Frames decoded by the shared loop, and frames skipped by their header. */
  readonly counts = { decoded: 0, skipped: 0 };

  constructor(options: TailFollowerOptions) {
    this.options = options;
    this.decoder = new FrameDecoder(options.node);
  }

  /** Begins at the journal's end. */
  start(): void {
    const { reader, limits, send } = this.options;
    this.livePosition = reader.range().next;
    this.placeTimer = setInterval(() => this.tellPlaces(), limits.placeIntervalMs);
    this.follow().catch((error: unknown) => this.tellFault(error));
    send({ kind: 'ready' });
  }

  receive(message: Exclude<ToTail, { kind: 'close' }>): void {
    if (message.kind === 'subscribe') this.subscribe(message);
    else if (message.kind === 'unsubscribe') this.unsubscribe(message.subscription);
    else this.subscriptions.get(message.subscription)?.credit(message.events, message.characters);
  }

  /** Safe to call twice, and before `start`. */
  async close(): Promise<void> {
    this.closing.abort();
    for (const id of this.subscriptions.keys()) this.unsubscribe(id);
    if (this.placeTimer !== null) clearInterval(this.placeTimer);
    if (this.flushTimer !== null) clearTimeout(this.flushTimer);
    await this.options.reader.close();
  }

  /** A read that `close` stopped half-way throws too, which is no fault. */
  private tellFault(error: unknown): void {
    if (!this.closing.signal.aborted) this.options.onFault(error);
  }

  private subscribe(request: ToTail & { kind: 'subscribe' }): void {
    const { subscription: id, orgId, condition, form, from } = request;
    const { reader, limits, send } = this.options;
    const { oldest, next } = reader.range();
    const place = from === 'end' ? { frame: next, index: 0 } : from;
    // Trimmed away, or of another journal.
    const isGone = place.frame < oldest || place.frame > next || (place.frame === next && place.index > 0);
    const subscription = new Subscription({
      id,
      orgId,
      matches: this.matcherOf(request),
      rowFilter: condition === null ? null : compileRowFilter(condition),
      form,
      place: isGone ? { frame: place.frame < oldest ? oldest : next, index: 0 } : place,
      limits,
      outlet: { emit: (chunk) => this.emit([chunk]), wake: (awake) => this.wake(awake) },
    });
    this.subscriptions.set(id, subscription);
    send({ kind: 'subscribed', subscription: id, from: subscription.place });
    if (isGone) subscription.missUnknown();
    this.catchUp(subscription, limits.catchUpMsMax).catch((error: unknown) => this.tellFault(error));
  }

  private matcherOf({ condition, selector }: ToTail & { kind: 'subscribe' }): ((event: Event) => boolean) | null {
    const byCondition = condition === null ? null : this.options.compile(condition);
    const bySelector = selector === null ? null : this.options.compileSelector(selector);
    if (byCondition === null || bySelector === null) return byCondition ?? bySelector;
    return (event) => byCondition(event) && bySelector(event);
  }

  private unsubscribe(id: number): void {
    const subscription = this.subscriptions.get(id);
    if (subscription === undefined) return;
    this.subscriptions.delete(id);
    this.awake.delete(subscription);
    this.leaveLive(subscription);
    subscription.close();
  }

  private emit(chunks: WireChunk[]): void {
    this.options.send({ kind: 'chunks', chunks });
  }

  private wake(subscription: Subscription): void {
    this.awake.add(subscription);
    this.flushTimer ??= setTimeout(() => this.flushAwake(), this.options.limits.flushIntervalMs);
  }

  private flushAwake(): void {
    this.flushTimer = null;
    const awake = [...this.awake];
    this.awake.clear();
    for (const subscription of awake) subscription.flush();
  }

  private tellPlaces(): void {
    for (const subscriptions of this.live.values()) {
      for (const subscription of subscriptions) {
        if (subscription.place.frame < this.livePosition) subscription.place = { frame: this.livePosition, index: 0 };
        subscription.tellPlace();
      }
    }
  }

  private joinLive(subscription: Subscription): void {
    subscription.live = true;
    subscription.recover();
    const others = this.live.get(subscription.orgId);
    if (others === undefined) this.live.set(subscription.orgId, new Set([subscription]));
    else others.add(subscription);
  }

  private leaveLive(subscription: Subscription): void {
    subscription.live = false;
    const others = this.live.get(subscription.orgId);
    others?.delete(subscription);
    if (others?.size === 0) this.live.delete(subscription.orgId);
  }

  private async follow(): Promise<void> {
    const breather = new Breather();
    const { signal } = this.closing;
    for await (const frame of this.options.reader.read(this.livePosition, { follow: true, signal })) {
      if (frame.position > this.livePosition) this.noteGap(frame.position);
      this.watchLag(frame.position);
      // Before the frame is handed out: who leaves on the way reads the rest of it alone.
      this.livePosition = frame.position + 1;
      this.handleLive(frame);
      await breather.breathe();
    }
  }

  /** Frames before `position` are gone, of whichever org. */
  private noteGap(position: JournalPosition): void {
    for (const subscriptions of this.live.values()) {
      for (const subscription of subscriptions) if (subscription.place.frame < position) subscription.missUnknown();
    }
  }

  /** Lagging means that the end of `lagMsMax` ago is still ahead; then frames are only counted up to today's end. */
  private watchLag(position: JournalPosition): void {
    const nowMs = performance.now();
    const reached = position >= this.mark.end;
    if (reached) this.counting = false;
    if (reached ? nowMs - this.mark.atMs < MARK_INTERVAL_MS : nowMs - this.mark.atMs <= this.options.limits.lagMsMax) {
      return;
    }
    this.counting = !reached;
    this.mark = { end: this.options.reader.range().next, atMs: nowMs };
  }

  private handleLive({ position, payload }: JournalFrame): void {
    const frame = decodeFrame(payload);
    const subscriptions = this.live.get(frame.orgId);
    if (subscriptions === undefined) {
      this.counts.skipped++;
      return;
    }
    const readers: Subscription[] = [];
    for (const subscription of subscriptions) {
      const from = subscription.place.frame === position ? subscription.place.index : 0;
      if (subscription.place.frame > position) continue;
      // Nothing needs to be looked at to count everything.
      if (this.counting || (subscription.dropping && subscription.matches === null)) {
        subscription.miss(frame.rows - from, subscription.matches !== null);
        subscription.place = { frame: position + 1, index: 0 };
      } else readers.push(subscription);
    }
    if (readers.length === 0) {
      this.counts.skipped++;
      return;
    }
    this.counts.decoded++;
    for (const full of this.handOut(frame, position, readers)) {
      this.leaveLive(full);
      this.catchUp(full, this.options.limits.stallMsMax).catch((error: unknown) => this.tellFault(error));
    }
  }

  /**
   * One pass over a frame's events for all its readers. Those whose window was full stay where that happened, and are
   * returned.
   */
  private handOut(frame: DecodedFrame, position: JournalPosition, readers: Subscription[]): Set<Subscription> {
    const full = new Set<Subscription>();
    const filter = anyOf(readers.map((reader) => reader.rowFilter));
    const from = Math.min(...readers.map(({ place }) => (place.frame === position ? place.index : 0)));
    const lines = new Map<TailForm, string>();
    for (const event of this.decoder.events(frame, position, filter, from)) {
      const { index } = this.decoder;
      lines.clear();
      for (const reader of readers) {
        const { place, matches } = reader;
        if (full.has(reader) || (place.frame === position && place.index > index)) continue;
        if (matches !== null && !matches(event)) continue;
        if (reader.dropping) {
          reader.miss(1, false);
          continue;
        }
        const line = lines.get(reader.form) ?? event.eventId + this.options.render(event, reader.form);
        lines.set(reader.form, line);
        if (reader.take(line, { frame: position, index: index + 1 })) continue;
        reader.place = { frame: position, index };
        full.add(reader);
      }
      if (full.size === readers.length) break;
    }
    const next = { frame: position + 1, index: 0 };
    for (const reader of readers) if (!full.has(reader)) reader.place = next;
    return full;
  }

  /**
   * Reads for one subscription from its place up to where the shared loop is, and joins that. After `patienceMs` it
   * does not wait for the reader but counts, and if even that takes longer than `countMsMax` it leaves the rest out.
   */
  private async catchUp(subscription: Subscription, patienceMs: number): Promise<void> {
    const breather = new Breather();
    const { signal } = this.closing;
    const dropAtMs = performance.now() + patienceMs;
    const giveUpAtMs = dropAtMs + this.options.limits.countMsMax;
    // Ends: every turn reads frames, or finds that none are left up to where the shared loop was, or gives up.
    while (!subscription.closed && subscription.place.frame < this.livePosition) {
      const start = subscription.place.frame;
      const end = this.livePosition;
      for await (const frame of this.options.reader.read(start, { follow: false, signal })) {
        if (frame.position >= this.livePosition) break;
        if (frame.position > subscription.place.frame) {
          subscription.missUnknown();
          subscription.place = { frame: frame.position, index: 0 };
        }
        await this.catchUpFrame(subscription, frame, dropAtMs);
        if (subscription.closed || performance.now() > giveUpAtMs) break;
        await breather.breathe();
      }
      if (subscription.place.frame < end && (subscription.place.frame === start || performance.now() > giveUpAtMs)) {
        subscription.missUnknown();
        subscription.place = { frame: end, index: 0 };
      }
    }
    if (!subscription.closed) this.joinLive(subscription);
  }

  /** A frame larger than the window takes several passes, so that nothing decoded is held while the reader is busy. */
  private async catchUpFrame(
    subscription: Subscription,
    { position, payload }: JournalFrame,
    dropAtMs: number,
  ): Promise<void> {
    const frame = decodeFrame(payload);
    if (frame.orgId !== subscription.orgId) {
      subscription.place = { frame: position + 1, index: 0 };
      return;
    }
    while (!subscription.closed && this.handOut(frame, position, [subscription]).size > 0) {
      await subscription.room(dropAtMs - performance.now());
      if (performance.now() >= dropAtMs) subscription.dropping = true;
    }
  }
}
