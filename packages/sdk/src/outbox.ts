import { childEnvironment } from './environment.ts';
import { type LastRequest, sendLast } from './last-breath.ts';
import type { Levels } from './levels.ts';
import type { Settings } from './options.ts';
import type { Ring } from './ring.ts';
import { Sender, type Source } from './sender.ts';
import { ServerClient } from './server-client.ts';
import { Spool } from './spool/spool.ts';
import { SpoolWriter } from './spool-writer.ts';
import type { Trouble } from './trouble.ts';
import type { ProducerFacts, Shipment } from './wire.ts';

export interface OutboxParts {
  settings: Settings & { url: string };
  producer: ProducerFacts;
  ring: Ring;
  levels: Levels;
  trouble: Trouble;
}

/** Of one request, or of one write to the spool: what waits while the server is away is sent in larger pieces. */
const SHIPMENT_EVENTS_MAX = 2_000;
const SHIPMENT_CHARACTERS_MAX = 1 << 20;
/** Short programs end without checking in. */
const FIRST_CHECK_IN_MS = 100;
/** Beyond this share of the ring the spool is written at once. */
const RING_SHARE = 4;

/** Memory as a source of shipments. */
class MemorySource implements Source {
  current: Shipment | null = null;
  private readonly ring: Ring;
  private readonly next: () => Shipment | null;

  constructor(ring: Ring, next: () => Shipment | null) {
    this.ring = ring;
    this.next = next;
  }

  get ready(): number {
    return this.ring.ready;
  }

  async take(): Promise<Shipment | null> {
    this.current = this.next();
    return this.current;
  }

  async done(): Promise<void> {
    this.current = null;
  }
}

/** The way of prepared events to the server: from memory, or over the spool; and what the server is told beside them. */
export class Outbox {
  readonly sender: Sender;
  readonly spool: Spool | undefined;
  private readonly parts: OutboxParts;
  private readonly client: ServerClient;
  private readonly memory: MemorySource;
  private readonly writer: SpoolWriter | undefined;
  private checkInTimer: NodeJS.Timeout | undefined;
  private checkingIn: Promise<number> = Promise.resolve(0);
  private isClosed = false;

  constructor(parts: OutboxParts) {
    this.parts = parts;
    const { settings, ring, trouble } = parts;
    const { url, apiKey, batchEvents, flushIntervalMs } = settings;
    this.client = new ServerClient({ url, apiKey });
    this.memory = new MemorySource(ring, () => this.next());
    this.spool = this.openSpool();
    this.sender = new Sender({
      client: this.client,
      source: this.spool ?? this.memory,
      batchEvents,
      flushIntervalMs,
      onTrouble: (kind, message) => trouble.report(kind, message),
    });
    this.writer = this.spool === undefined ? undefined : this.openWriter(this.spool);
    this.checkInLater(FIRST_CHECK_IN_MS);
  }

  private openSpool(): Spool | undefined {
    const { settings, producer, trouble } = this.parts;
    if (settings.spool === undefined) return undefined;
    try {
      return new Spool({
        options: settings.spool,
        producerId: producer.id,
        onEnded: (report) => void this.client.checkIn(report),
        onFound: () => this.sender.hurry(),
      });
    } catch (error) {
      trouble.report('spool', `the spool cannot be opened, events wait in memory: ${(error as Error).message}`);
      return undefined;
    }
  }

  private openWriter(spool: Spool): SpoolWriter {
    const { settings, ring, trouble } = this.parts;
    return new SpoolWriter({
      spool,
      syncEachMs: settings.spool?.syncEachMs ?? settings.flushIntervalMs,
      eventsAtOnce: Math.min(SHIPMENT_EVENTS_MAX, Math.ceil(settings.ringEvents / RING_SHARE)),
      ready: () => ring.ready,
      take: () => this.next(),
      onAppended: () => this.sender.notify(),
      onTrouble: (message) => trouble.report('spool', message),
    });
  }

  private next(): Shipment | null {
    const { ring, producer } = this.parts;
    const range = ring.take(SHIPMENT_EVENTS_MAX, SHIPMENT_CHARACTERS_MAX);
    return range === null ? null : { ...range, producer, next: ring.next, lost: this.lost() };
  }

  /** Numbered events that will never arrive, by reason. */
  lost(): Record<string, number> {
    const lost: Record<string, number> = {};
    if (this.parts.ring.overflowed > 0) lost.ring_overflow = this.parts.ring.overflowed;
    if (this.sender.refused > 0) lost.refused = this.sender.refused;
    if (this.spool !== undefined && this.spool.dropped > 0) lost.spool_full = this.spool.dropped;
    return lost;
  }

  /** Called whenever events were prepared. */
  notify(): void {
    if (this.writer === undefined) this.sender.notify();
    else this.writer.notify();
  }

  /** Numbered events that are in memory alone. */
  get waiting(): number {
    const { ring } = this.parts;
    const underWay = (this.memory.current?.count ?? 0) + (this.writer?.current?.count ?? 0);
    return ring.next - ring.head + underWay + (this.spool?.heldCount ?? 0);
  }

  /** Everything below is with the server or on disk, or lost. */
  private get safeTo(): number {
    const firsts = [
      this.parts.ring.head,
      this.memory.current?.first,
      this.writer?.current?.first,
      this.spool?.heldFirst,
    ];
    return Math.min(...firsts.filter((first) => typeof first === 'number'));
  }

  /** Whether all events below `target` are with the server, or on disk with a spool, before the deadline. */
  async flush(target: number, deadline: number): Promise<boolean> {
    let askedAt = Number.NEGATIVE_INFINITY;
    while (this.safeTo < target) {
      const now = performance.now();
      if (now >= deadline) return false;
      const before = this.safeTo;
      const progress = this.sender.progress();
      if (now - askedAt >= ATTEMPT_INTERVAL_MS && (this.spool === undefined || this.spool.heldFirst !== null)) {
        this.sender.hurry();
        askedAt = now;
      }
      const written = this.writer?.run() ?? progress;
      await until(Math.min(deadline, now + ATTEMPT_INTERVAL_MS), Promise.race([written, progress]));
      if (this.safeTo === before) await until(Math.min(deadline, now + ATTEMPT_INTERVAL_MS), this.sender.progress());
    }
    return true;
  }

  /** Sends what is on disk, too, as long as the server takes it. */
  async finish(deadline: number): Promise<void> {
    const { sender } = this;
    if (!sender.isIdle) sender.hurry();
    while (!sender.isIdle && performance.now() < deadline) {
      const { retries } = sender;
      await until(deadline, sender.progress());
      if (sender.retries > retries) break;
    }
    await this.spool?.compact();
    if (sender.isIdle && sender.trouble === '') await until(deadline, this.tellEnd());
    // A program that ends is not kept for the answer to a request that hangs.
    if (performance.now() >= deadline) this.client.abandon();
  }

  /** No check-in of a program that goes on may come behind it; one that goes on all the same checks in later. */
  private async tellEnd(): Promise<void> {
    clearTimeout(this.checkInTimer);
    await this.checkIn(true);
    if (!this.isClosed) this.checkInLater(CHECK_IN_RETRY_MS);
  }

  private async checkInAgain(): Promise<void> {
    const nextMs = await this.checkIn(false);
    if (!this.isClosed) this.checkInLater(nextMs);
  }

  private checkInLater(ms: number): void {
    clearTimeout(this.checkInTimer);
    this.checkInTimer = setTimeout(() => void this.checkInAgain(), ms).unref();
  }

  /** One after another: what is told last is what holds. Resolves with the time to the next. */
  private checkIn(hasEnded: boolean): Promise<number> {
    this.checkingIn = this.checkingIn.then(() => this.tell(hasEnded));
    return this.checkingIn;
  }

  private async tell(hasEnded: boolean): Promise<number> {
    if (this.isClosed) return CHECK_IN_RETRY_MS;
    const { producer, ring, levels } = this.parts;
    const answer = await this.client.checkIn({
      producer,
      next: ring.next,
      completeNext: ring.next,
      completeAtMs: Date.now(),
      lost: this.lost(),
      hasEnded,
    });
    if (answer === null) return CHECK_IN_RETRY_MS;
    if (!hasEnded) levels.setRemote(answer.levels);
    return answer.nextCheckInMs;
  }

  /** Before the program ends: to disk, or to the server with the help of a child process. */
  saveSync(): void {
    const shipments = [this.memory.current, this.writer?.current ?? null].filter((shipment) => shipment !== null);
    for (let next = this.next(); next !== null; next = this.next()) shipments.push(next);
    if (this.spool !== undefined) {
      this.spool.appendSync(shipments);
      this.spool.release();
    } else if (this.sender.trouble !== '') {
      const events = countOf(shipments);
      if (events > 0) this.parts.trouble.report('end', `${events} events did not reach the server before the end`);
    } else if (shipments.length > 0) {
      const areTaken = sendLast(
        shipments.map((shipment) => this.lastRequest(shipment)),
        childEnvironment(),
      );
      if (!areTaken)
        this.parts.trouble.report('end', `${countOf(shipments)} events may not have reached the server before the end`);
    }
  }

  private lastRequest(shipment: Shipment): LastRequest {
    return { ...this.client.request(shipment), body: shipment.body.toString('utf8') };
  }

  close(): void {
    this.isClosed = true;
    clearTimeout(this.checkInTimer);
    this.writer?.close();
    this.sender.close();
    this.spool?.close();
  }
}

const countOf = (shipments: readonly Shipment[]): number => shipments.reduce((sum, { count }) => sum + count, 0);

const CHECK_IN_RETRY_MS = 5_000;
/** While somebody waits for a flush, the server is asked so often. */
const ATTEMPT_INTERVAL_MS = 250;

/** Waits for it, not longer than to the deadline. Keeps the program alive meanwhile. */
async function until(deadline: number, something: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, Math.max(1, deadline - performance.now()));
  });
  await Promise.race([something, late]);
  clearTimeout(timer);
}
