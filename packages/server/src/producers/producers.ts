import { setTimeout as delay } from 'node:timers/promises';
import { type DecodedFrame, decodeFrame } from '../batch/frame.ts';
import { markOfTaken, type SequenceMark } from '../batch/sequence-mark.ts';
import type { Cursor, JournalPosition, JournalReader } from '../journal/journal.ts';
import type { Receipt } from '../receivers/receiver.ts';
import { RetryableError } from '../runtime/errors.ts';
import { Intervals } from '../runtime/intervals.ts';
import type { ProducerReport, SequencedBatch } from './sequence.ts';

/** A producer, as `GET /api/producers` tells of it. */
export interface ProducerState extends ProducerReport {
  id: string;
  firstSeenMs: number;
  seenAtMs: number;
  /** Numbered events that are in the journal, or were rejected. */
  received: number;
  /** Up to when every event has come, or is known to be lost; 0 when that is not known. */
  completeToMs: number;
}

interface SavedProducer extends ProducerReport {
  id: string;
  orgId: string;
  firstSeenMs: number;
  seenAtMs: number;
  completeToMs: number;
  seen: readonly number[];
}

/** The state of the cursor `producers`. */
export interface ProducersState {
  producers: SavedProducer[];
}

interface Producer extends Omit<SavedProducer, 'seen'> {
  seen: Intervals;
  /** The last of the batches under way: they are taken one after another. */
  last: Promise<unknown>;
  waiting: number;
}

export interface ProducersOptions {
  cursor: Cursor<ProducersState>;
  reader: JournalReader;
  /** One after the last durable frame. */
  durableNext(): JournalPosition;
  /** Told of every place up to which the journal may go as far as producers are concerned. */
  onSaved(position: JournalPosition): void;
  onFault(error: unknown): void;
  nowMs?(): number;
}

const SAVE_INTERVAL_MS = 5_000;
/** A producer that was not heard of for so long is forgotten: what it sends again after that is taken again. */
export const KEPT_MS = 14 * 24 * 3_600_000;
/**
 * Each run of a program is a producer, and so is each file that is read, which tells no name. Beyond these those not heard
 * of for longest are forgotten, of their own kind.
 */
const ORG_PRODUCERS_MAX = { named: 5_000, nameless: 50_000 };
/** Lest every new one looks through all. */
const LOOKED_THROUGH_EACH = 500;
const FORGOTTEN_SHARE = 0.1;
const INTERVALS_MAX = 500;
/** Batches of one producer that wait for each other: a client sends one at a time. */
const WAITING_MAX = 16;

const NOBODY: ProducerReport = {
  name: '',
  service: '',
  host: '',
  sdk: '',
  next: 0,
  lost: {},
  completeNext: 0,
  completeAtMs: 0,
  hasEnded: false,
};

/**
 * Who numbers its events, and which of them are there: what is sent again is taken once, and what is missing shows.
 *
 * The numbers are journaled with the events. What is known of them is saved every few seconds with the place in the
 * journal up to which it holds; after a restart the frames behind that place are read, and until it is saved the journal
 * keeps them.
 */
export class Producers {
  private readonly options: ProducersOptions;
  private readonly orgs = new Map<string, Map<string, Producer>>();
  private readonly underWay = new Set<Promise<unknown>>();
  private readonly timer: NodeJS.Timeout;
  private isChanged = false;
  private saving: Promise<void> = Promise.resolve();

  private constructor(options: ProducersOptions) {
    this.options = options;
    this.timer = setInterval(() => void this.save(), SAVE_INTERVAL_MS);
    this.timer.unref();
  }

  /** Reads what was saved, and the journal behind it. Throws RetryableError when the disk does not let it. */
  static async open(options: ProducersOptions): Promise<Producers> {
    const producers = new Producers(options);
    try {
      await producers.recover();
    } catch (error) {
      clearInterval(producers.timer);
      throw error;
    }
    return producers;
  }

  private async recover(): Promise<void> {
    const { cursor, reader, durableNext } = this.options;
    const saved = cursor.load();
    for (const { seen, ...producer } of saved?.state.producers ?? []) {
      this.put(producer.orgId, {
        ...producer,
        seen: new Intervals(INTERVALS_MAX, seen),
        last: Promise.resolve(),
        waiting: 0,
      });
    }
    // Without a cursor no frame can have numbers: it is saved before the first one is taken.
    const end = durableNext();
    const from = saved?.position ?? end;
    if (from < end) await this.readMarks(reader, from);
    await this.commit(end);
  }

  private async readMarks(reader: JournalReader, from: JournalPosition): Promise<void> {
    for await (const { payload } of reader.read(from, { follow: false, signal: new AbortController().signal })) {
      const frame = readFrame(payload);
      for (const { producer, first, next } of frame?.marks ?? []) {
        this.find(frame!.orgId, producer, frame!.receivedAtMs).seen.add(first, next);
      }
    }
  }

  /**
   * Takes what is new of a batch: `submit` is given the places of the new events, null for all. A batch that is there
   * already is not submitted; its receipt counts all of it. Batches of one producer are taken one after another.
   */
  once(
    orgId: string,
    batch: SequencedBatch,
    submit: (places: readonly number[] | null) => Promise<Receipt>,
  ): Promise<Receipt> {
    const producer = this.find(orgId, batch.producer, this.now());
    if (producer.waiting >= WAITING_MAX) {
      const message = `the producer has ${WAITING_MAX} batches under way: it is to send one at a time`;
      return Promise.reject(new RetryableError('overloaded', message, 1000));
    }
    producer.waiting += 1;
    const taken = producer.last.then(async () => {
      const holes = producer.seen.missing(batch.first, batch.next);
      const isNew = holes.length === 2 && holes[0] === batch.first && holes[1] === batch.next;
      const places = isNew ? null : placesOf(holes, batch.first);
      const receipt = places?.length === 0 ? this.nothingNew() : await submit(places);
      producer.seen.add(batch.first, batch.next);
      this.heard(producer, batch.report);
      if (places !== null) receipt.accepted += batch.next - batch.first - places.length;
      return receipt;
    });
    producer.last = this.track(taken).then(() => {
      producer.waiting -= 1;
    });
    return taken;
  }

  /** Its place lies not before any of the events, so that who waits until they are stored can. */
  private nothingNew(): Receipt {
    return { accepted: 0, rejectedCount: 0, rejections: [], position: this.options.durableNext() - 1 };
  }

  /** Takes numbers that are no events' places (bytes of a file) once `submit` has taken what they stand for. */
  record(orgId: string, mark: SequenceMark, submit: () => Promise<Receipt>): Promise<Receipt> {
    const taken = submit().then((receipt) => {
      const producer = this.find(orgId, mark.producer, this.now());
      const { first, next } = markOfTaken(mark, receipt.reply);
      producer.seen.add(first, next);
      producer.seenAtMs = this.now();
      this.isChanged = true;
      return receipt;
    });
    this.track(taken);
    return taken;
  }

  /** Until it is settled no place behind it is saved. */
  private track(taken: Promise<unknown>): Promise<void> {
    const settled: Promise<void> = taken.then(
      () => void this.underWay.delete(settled),
      () => void this.underWay.delete(settled),
    );
    this.underWay.add(settled);
    return settled;
  }

  /** The parts of the range that are not in the journal: start, end, start, end … */
  missing(orgId: string, { producer, first, next }: SequenceMark): number[] {
    return this.orgs.get(orgId)?.get(producer)?.seen.missing(first, next) ?? [first, next];
  }

  /** A producer tells how it does. */
  checkIn(orgId: string, id: string, report: ProducerReport): void {
    this.heard(this.find(orgId, id, this.now()), report);
  }

  /** Those of an org that told their names, the last heard of first. */
  list(orgId: string): ProducerState[] {
    return [...(this.orgs.get(orgId)?.values() ?? [])]
      .filter(({ name }) => name !== '')
      .map(({ seen, last: _last, waiting: _waiting, orgId: _org, ...producer }) => ({
        ...producer,
        received: seen.countBelow(Number.MAX_SAFE_INTEGER),
      }))
      .sort((a, b) => b.seenAtMs - a.seenAtMs);
  }

  private heard(producer: Producer, report: ProducerReport): void {
    producer.seenAtMs = this.now();
    // Reports of retries come late: numbers only rise.
    Object.assign(producer, { ...report, next: Math.max(producer.next, report.next) });
    const lost = Object.values(report.lost).reduce((sum, count) => sum + count, 0);
    if (producer.seen.countBelow(report.completeNext) + lost >= report.completeNext) {
      producer.completeToMs = Math.max(producer.completeToMs, report.completeAtMs);
    }
    this.isChanged = true;
  }

  private find(orgId: string, id: string, nowMs: number): Producer {
    const known = this.orgs.get(orgId)?.get(id);
    if (known !== undefined) return known;
    return this.put(orgId, {
      ...NOBODY,
      id,
      orgId,
      firstSeenMs: nowMs,
      seenAtMs: nowMs,
      completeToMs: 0,
      seen: new Intervals(INTERVALS_MAX),
      last: Promise.resolve(),
      waiting: 0,
    });
  }

  private put(orgId: string, producer: Producer): Producer {
    const ofOrg = this.orgs.get(orgId) ?? new Map<string, Producer>();
    this.orgs.set(orgId, ofOrg);
    if (ofOrg.size >= ORG_PRODUCERS_MAX.named && ofOrg.size % LOOKED_THROUGH_EACH === 0) forgetOldest(ofOrg);
    ofOrg.set(producer.id, producer);
    return producer;
  }

  private forgetOld(): void {
    const before = this.now() - KEPT_MS;
    for (const ofOrg of this.orgs.values()) {
      for (const { id, seenAtMs, waiting } of ofOrg.values()) if (seenAtMs < before && waiting === 0) ofOrg.delete(id);
    }
  }

  /**
   * A place that all frames with numbers lie before was durable before the batches now under way were settled, so it is
   * asked for first and saved last.
   */
  private save(): Promise<void> {
    this.saving = this.saving.then(async () => {
      const position = this.options.durableNext();
      await Promise.all(this.underWay);
      if (!this.isChanged && position - (this.options.cursor.load()?.position ?? 0) < UNCHANGED_FRAMES) return;
      this.forgetOld();
      await this.commit(position).catch(this.options.onFault);
    });
    return this.saving;
  }

  private async commit(position: JournalPosition): Promise<void> {
    this.isChanged = false;
    const producers = [...this.orgs.values()].flatMap((ofOrg) =>
      [...ofOrg.values()].map(({ last: _last, waiting: _waiting, seen, ...rest }) => ({
        ...rest,
        seen: seen.toJSON(),
      })),
    );
    const { cursor, onSaved } = this.options;
    await cursor.commit(Math.max(position, cursor.load()?.position ?? 0), { producers });
    onSaved(position);
  }

  /** Saves what is known. Call it once nothing is submitted any more. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    await Promise.race([Promise.all(this.underWay), delay(CLOSE_WAIT_MS, undefined, { ref: false })]);
    this.isChanged = true;
    await this.save();
  }

  private now(): number {
    return (this.options.nowMs ?? Date.now)();
  }
}

/** Without news the place is moved on now and then, so that the journal need not be kept for it. */
const UNCHANGED_FRAMES = 1000;
const CLOSE_WAIT_MS = 1000;

/** Null for a frame that cannot be read: the store writer sets it aside and says so. */
function readFrame(payload: Buffer): DecodedFrame | null {
  try {
    return decodeFrame(payload);
  } catch {
    return null;
  }
}

function forgetOldest(producers: Map<string, Producer>): void {
  const idle = [...producers.values()].filter(({ waiting }) => waiting === 0).sort((a, b) => a.seenAtMs - b.seenAtMs);
  for (const [kind, most] of Object.entries(ORG_PRODUCERS_MAX)) {
    const ofKind = idle.filter(({ name }) => (name === '') === (kind === 'nameless'));
    if (ofKind.length < most) continue;
    for (const { id } of ofKind.slice(0, Math.ceil(most * FORGOTTEN_SHARE))) producers.delete(id);
  }
}

function placesOf(holes: readonly number[], first: number): number[] {
  const places: number[] = [];
  for (let i = 0; i < holes.length; i += 2) for (let n = holes[i]; n < holes[i + 1]; n++) places.push(n - first);
  return places;
}
