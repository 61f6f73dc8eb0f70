import { setTimeout as delay } from 'node:timers/promises';
import { type DecodedFrame, decodeFrame } from '../../batch/frame.ts';
import type { JournalFrame, JournalPosition, JournalReader } from '../../journal/journal.ts';
import { RetryableError } from '../../runtime/errors.ts';
import { FrameDecoder } from '../live-tail/frame-decoder.ts';
import { anyOf } from '../live-tail/row-filter.ts';
import type { Lane } from './lane.ts';
import type { Place } from './queue.ts';

export interface FeedOptions {
  reader: JournalReader;
  node: number;
  /** Something to be logged; the feed goes on. */
  onFault(error: unknown, id: string | null): void;
}

const RETRY_MS = 1000;
/** How long the thread works on frames before it lets sockets and timers through. */
const BREATH_MS = 5;
/** A lane that has no room for so long gives back its file and its buffers. */
const STALL_MS_MAX = 10_000;

class Breather {
  private lastMs = performance.now();

  async breathe(): Promise<void> {
    if (performance.now() - this.lastMs <= BREATH_MS) return;
    await new Promise((resolve) => setImmediate(resolve));
    this.lastMs = performance.now();
  }
}

/**
 * Offers the journal's events to lanes. One loop follows the end and serves all lanes that are there: it reads and
 * decodes each frame once, skips those of orgs without a lane by their header, and waits for nobody. A lane that is
 * behind, or has no room, reads by itself until it has caught up.
 */
export class Feed {
  private readonly options: FeedOptions;
  /** The first frame that the common loop has not begun. */
  private next: JournalPosition = 0;
  private readonly behind = new Set<Lane>();
  /** Those that the common loop serves, by org. */
  private readonly level = new Map<string, Set<Lane>>();
  private readonly closing = new AbortController();
  private following: Promise<void> | null = null;
  private readonly catchingUp = new Set<Promise<void>>();
  private counting: Promise<void> = Promise.resolve();

  constructor(options: FeedOptions) {
    this.options = options;
  }

  add(lane: Lane): void {
    if (this.following === null) {
      this.next = this.options.reader.range().next;
      this.following = this.follow();
    }
    const from = lane.next;
    const to = this.next;
    // Counting waits for that of others; a lane that is level by then has nothing to count.
    const { round } = lane.backlog;
    if (from.position < to) this.counting = this.counting.then(() => this.count(lane, from, to, round));
    this.detach(lane);
  }

  remove(lane: Lane): void {
    this.behind.delete(lane);
    const ofOrg = this.level.get(lane.orgId);
    if (ofOrg?.delete(lane) === true && ofOrg.size === 0) this.level.delete(lane.orgId);
  }

  async close(): Promise<void> {
    this.closing.abort();
    await Promise.allSettled([this.following, this.counting, ...this.catchingUp]);
  }

  private async follow(): Promise<void> {
    const { reader } = this.options;
    const { signal } = this.closing;
    const decoder = new FrameDecoder(this.options.node);
    const breather = new Breather();
    while (!signal.aborted) {
      try {
        for await (const frame of reader.read(this.next, { follow: true, signal })) {
          this.next = frame.position + 1;
          await this.serve(frame, decoder, breather);
        }
      } catch (error) {
        await this.readFailed(error, signal);
      }
    }
  }

  /** A disk that fails for a while stops the reading for a while. */
  private async readFailed(error: unknown, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    if (!(error instanceof RetryableError)) this.options.onFault(error, null);
    await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
  }

  private async serve({ position, payload }: JournalFrame, decoder: FrameDecoder, breather: Breather): Promise<void> {
    const frame = this.decode(position, payload);
    if (frame === null) return;
    for (const lane of this.behind) {
      if (lane.orgId === frame.orgId && position >= lane.next.position) addRest(lane, frame, position, lane.next);
    }
    // Those that come while this frame is served have read it by themselves.
    const lanes = [...(this.level.get(frame.orgId) ?? [])].filter(({ next }) => next.position <= position);
    if (lanes.length > 0) await this.offerAll(lanes, frame, position, decoder, breather);
    // It was offered to these, and holds nothing for those of other orgs: their cursors may pass.
    for (const ofOrg of this.level.values()) {
      for (const lane of ofOrg) {
        if (lane.next.position <= position && !lane.signal.aborted) lane.next = { position: position + 1, index: 0 };
      }
    }
    await breather.breathe();
  }

  private async offerAll(
    lanes: Lane[],
    frame: DecodedFrame,
    position: JournalPosition,
    decoder: FrameDecoder,
    breather: Breather,
  ): Promise<void> {
    let served = lanes;
    try {
      const events = decoder.events(frame, position, anyOf(lanes.map(({ selection }) => selection.rowFilter)));
      for (const event of events) {
        const place = { position, index: decoder.index };
        for (const lane of served) {
          if (lane.signal.aborted) continue;
          if (lane.hasRoom) lane.offer(event, place, frame.receivedAtMs);
          else {
            lane.next = place;
            addRest(lane, frame, position, place);
            this.detach(lane);
            served = served.filter((other) => other !== lane);
          }
        }
        if (served.length === 0) return;
        await breather.breathe();
      }
    } catch (error) {
      for (const lane of served) this.unreadable(lane, frame, error);
    }
  }

  /** Lets the lane read by itself, from where it is. */
  private detach(lane: Lane): void {
    this.remove(lane);
    this.behind.add(lane);
    const work = this.catchUp(lane);
    this.catchingUp.add(work);
    void work.finally(() => this.catchingUp.delete(work));
  }

  private isLevel(lane: Lane): boolean {
    if (lane.next.position < this.next || lane.next.index > 0 || lane.signal.aborted) return false;
    this.behind.delete(lane);
    lane.backlog.clear();
    const ofOrg = this.level.get(lane.orgId) ?? new Set();
    this.level.set(lane.orgId, ofOrg.add(lane));
    return true;
  }

  private async catchUp(lane: Lane): Promise<void> {
    const signal = AbortSignal.any([lane.signal, this.closing.signal]);
    // Not at once: the caller may be in the middle of a frame.
    await new Promise((resolve) => setImmediate(resolve));
    while (!signal.aborted) {
      try {
        await lane.room();
        if (signal.aborted || (await this.readAlone(lane, signal))) return;
      } catch (error) {
        await this.readFailed(error, signal);
      }
    }
  }

  /** Reads to the journal's end. True: the common loop takes over. */
  private async readAlone(lane: Lane, signal: AbortSignal): Promise<boolean> {
    const { reader, onFault, node } = this.options;
    const decoder = new FrameDecoder(node);
    const breather = new Breather();
    if (this.isLevel(lane)) return true;
    for await (const { position, payload } of reader.read(lane.next.position, { follow: false, signal })) {
      if (position > lane.next.position) {
        const frames = position - lane.next.position;
        onFault(new Error(`${frames} frames that were to be delivered are not in the journal any more`), lane.id);
        lane.next = { position, index: 0 };
      }
      const frame = this.decode(position, payload);
      if (frame?.orgId === lane.orgId) {
        if (!(await this.offerAlone(lane, frame, position, decoder, breather))) return false;
      }
      lane.next = { position: position + 1, index: 0 };
      if (this.isLevel(lane)) return true;
      await breather.breathe();
    }
    return this.isLevel(lane);
  }

  /** False when it has to begin again from `lane.next`, later. */
  private async offerAlone(
    lane: Lane,
    frame: DecodedFrame,
    position: JournalPosition,
    decoder: FrameDecoder,
    breather: Breather,
  ): Promise<boolean> {
    let counted = lane.next.index;
    const takeOff = (index: number) => {
      // What the common loop has not come to was not counted yet.
      if (position < this.next) lane.backlog.takeOff(index - counted, frame);
      counted = index;
    };
    try {
      for (const event of decoder.events(frame, position, lane.selection.rowFilter, lane.next.index)) {
        if (!lane.hasRoom) {
          lane.next = { position, index: decoder.index };
          takeOff(decoder.index);
          await Promise.race([lane.room(), delay(STALL_MS_MAX, undefined, { ref: false })]);
          if (lane.signal.aborted || !lane.hasRoom) return false;
        }
        lane.offer(event, { position, index: decoder.index }, frame.receivedAtMs);
        await breather.breathe();
        if (lane.signal.aborted) return false;
      }
    } catch (error) {
      this.unreadable(lane, frame, error);
    }
    takeOff(frame.rows);
    return true;
  }

  /** The store writer keeps it: it is a fault of ours or of the machine's memory. */
  private unreadable(lane: Lane, frame: DecodedFrame, error: unknown): void {
    lane.options.stats.skipped += frame.rows;
    this.options.onFault(error, lane.id);
  }

  private decode(position: JournalPosition, payload: Buffer): DecodedFrame | null {
    try {
      return decodeFrame(payload);
    } catch (error) {
      this.options.onFault(new Error(`frame ${position} cannot be read`, { cause: error }), null);
      return null;
    }
  }

  /** How much of the journal was there for the lane before the common loop began. By headers alone. */
  private async count(lane: Lane, from: Place, to: JournalPosition, round: number): Promise<void> {
    const signal = AbortSignal.any([lane.signal, this.closing.signal]);
    const breather = new Breather();
    try {
      for await (const { position, payload } of this.options.reader.read(from.position, { follow: false, signal })) {
        if (position >= to || lane.backlog.round !== round) return;
        const frame = this.decode(position, payload);
        if (frame?.orgId === lane.orgId) addRest(lane, frame, position, from);
        await breather.breathe();
      }
    } catch (error) {
      if (!(error instanceof RetryableError)) this.options.onFault(error, lane.id);
    }
  }
}

/** Adds what of the frame comes after `next`. */
function addRest({ backlog }: Lane, frame: DecodedFrame, position: JournalPosition, next: Place): void {
  backlog.add(position === next.position ? frame.rows - next.index : frame.rows, frame);
}
