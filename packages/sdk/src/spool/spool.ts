import { mkdirSync } from 'node:fs';
import { utimes } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Source } from '../sender.ts';
import type { SpoolOptions } from '../types.ts';
import type { CheckIn, Shipment } from '../wire.ts';
import { claimDead, LOCK, makeOwnDir, unlock } from './lock.ts';
import { Segments } from './segments.ts';

export interface SpoolParts {
  options: Required<SpoolOptions>;
  producerId: string;
  /** All events of a producer that is gone have arrived. */
  onEnded(report: CheckIn): void;
  /** Events came that others left behind. */
  onFound(): void;
}

const SEGMENT_BYTES_MAX = 4 << 20;
const SEGMENTS_MIN = 4;
/** How often the lock is touched, and directories of processes that are gone are looked for. */
const TOUCH_INTERVAL_MS = 10_000;
const CLAIM_INTERVAL_MS = 60_000;

/**
 * Events on disk until the server has them. A directory for each producer, which its process owns; those of processes
 * that are gone are taken over and sent under their own names and numbers. Where sending stopped is not written down:
 * the server takes what it has once.
 */
export class Spool implements Source {
  /** Own events on disk. */
  waiting = 0;
  /** Own events that had to go because the disk's share was full. */
  dropped = 0;
  /** Events that the disk did not take: they are sent from memory. */
  private held: Shipment | null = null;
  private readonly parts: SpoolParts;
  private readonly own: Segments;
  private readonly dead: Segments[] = [];
  private readonly segmentBytesMax: number;
  private current: { segments: Segments | null; count: number } | null = null;
  private isOwnTurn = true;
  /** Of directories that are through. */
  private damagedBefore = 0;
  private readonly touchTimer: NodeJS.Timeout;
  private readonly claimTimer: NodeJS.Timeout;

  /** Throws what the file system throws. */
  constructor(parts: SpoolParts) {
    this.parts = parts;
    const { dir, bytesMax } = parts.options;
    this.segmentBytesMax = Math.min(SEGMENT_BYTES_MAX, Math.ceil(bytesMax / SEGMENTS_MIN));
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    this.own = new Segments(makeOwnDir(dir, parts.producerId), this.segmentBytesMax);
    this.touchTimer = setInterval(() => this.touch(), TOUCH_INTERVAL_MS);
    this.claimTimer = setInterval(() => this.claim(), CLAIM_INTERVAL_MS);
    this.touchTimer.unref();
    this.claimTimer.unref();
    this.claim();
  }

  private touch(): void {
    const now = new Date();
    for (const { dir } of [this.own, ...this.dead]) void utimes(join(dir, LOCK), now, now).catch(() => {});
  }

  private claim(): void {
    const own = new Set([this.own, ...this.dead].map(({ dir }) => basename(dir)));
    try {
      const { options, producerId } = this.parts;
      const found = claimDead(options.dir, producerId, own).map((dir) => new Segments(dir, this.segmentBytesMax));
      this.dead.push(...found);
      if (found.length > 0) setImmediate(() => this.parts.onFound());
    } catch {
      // A directory that cannot be read now is looked at again later.
    }
  }

  /** Places where segments were damaged. */
  get damaged(): number {
    return [this.own, ...this.dead].reduce((sum, { counts }) => sum + counts.damaged, this.damagedBefore);
  }

  /** Durable when it resolves. Rejects when the disk does not take it; it is sent from memory then. */
  async append(shipment: Shipment): Promise<void> {
    try {
      await this.own.append(shipment);
    } catch (error) {
      this.held = shipment;
      throw error;
    }
    this.waiting += shipment.count;
    await this.makeRoom();
  }

  /** Appends what the disk did not take before, if nobody sent it. False while it is there. Rejects as append. */
  async retryHeld(): Promise<boolean> {
    const { held } = this;
    if (held === null) return true;
    if (this.current?.segments === null) return false;
    this.held = null;
    await this.append(held);
    return true;
  }

  /** The first event that is in memory alone; null when there is none. */
  get heldFirst(): number | null {
    return this.held?.first ?? null;
  }

  /** Events that are in memory alone. */
  get heldCount(): number {
    return this.held?.count ?? 0;
  }

  appendSync(shipments: readonly Shipment[]): void {
    const all = this.held === null ? shipments : [this.held, ...shipments];
    if (all.length > 0) this.own.appendSync(all);
  }

  /** Oldest first: what others left, then what is ours. */
  private async makeRoom(): Promise<void> {
    const all = [...this.dead, this.own];
    let bytes = all.reduce((sum, segments) => sum + segments.bytes, 0);
    for (const segments of all) {
      while (bytes > this.parts.options.bytesMax) {
        const before = segments.bytes;
        const droppedBefore = segments.counts.dropped;
        if (!(await segments.dropOldest())) break;
        bytes -= before - segments.bytes;
        if (segments !== this.own) continue;
        const events = segments.counts.dropped - droppedBefore;
        this.dropped += events;
        this.waiting = Math.max(0, this.waiting - events);
      }
    }
  }

  /** By turns of our own and of those who are gone, so that neither waits for all of the other. */
  async take(): Promise<Shipment | null> {
    if (this.held !== null) return this.taken(null, this.held);
    this.isOwnTurn = !this.isOwnTurn;
    const order = this.isOwnTurn ? [this.own, ...this.dead] : [...this.dead, this.own];
    for (const segments of order) {
      const shipment = await segments.take();
      if (shipment !== null) return this.taken(segments, shipment);
      if (segments !== this.own) this.end(segments);
      else if (this.own.isEmpty) this.waiting = 0;
    }
    return null;
  }

  private taken(segments: Segments | null, shipment: Shipment): Shipment {
    this.current = { segments, count: shipment.count };
    return shipment;
  }

  async done(shipment: Shipment): Promise<void> {
    const { current } = this;
    this.current = null;
    if (current === null) return;
    if (current.segments === null) this.held = null;
    await current.segments?.done();
    if (current.segments === this.own) this.waiting = Math.max(0, this.waiting - shipment.count);
    else if (current.segments?.isEmpty) this.end(current.segments);
  }

  get ready(): number {
    return this.waiting + this.heldCount + (this.dead.length > 0 ? 1 : 0);
  }

  /** Everything of a producer that is gone was sent. */
  private end(segments: Segments): void {
    const { lastRead, counts } = segments;
    this.dead.splice(this.dead.indexOf(segments), 1);
    this.damagedBefore += counts.damaged;
    segments.close();
    if (lastRead === null) return;
    const { producer, next, atMs, lost } = lastRead;
    const full = (lost.spool_full ?? 0) + counts.dropped;
    const report = { producer, next, completeNext: next, completeAtMs: atMs, hasEnded: true };
    this.parts.onEnded({ ...report, lost: full === 0 ? lost : { ...lost, spool_full: full } });
  }

  /** Removes what was sent. */
  async compact(): Promise<void> {
    await this.own.compact();
  }

  /** Lets others take over what is left, without waiting for this process to be gone. */
  release(): void {
    for (const { dir } of [this.own, ...this.dead]) unlock(dir);
  }

  /** What is left here is taken over by the next process that opens the spool. */
  close(): void {
    clearInterval(this.touchTimer);
    clearInterval(this.claimTimer);
    for (const segments of [this.own, ...this.dead]) {
      segments.close();
      unlock(segments.dir);
    }
  }
}
