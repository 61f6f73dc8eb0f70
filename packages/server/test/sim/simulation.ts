import { type DiskCursor, openCursor } from '../../src/journal/cursor.ts';
import { encodeFrameHeader, FRAME_HEADER_BYTES, SEGMENT_HEADER_BYTES } from '../../src/journal/disk/format.ts';
import { openDiskJournal } from '../../src/journal/disk/journal.ts';
import { type DiskJournalReader, openDiskJournalReader } from '../../src/journal/disk/reader.ts';
import type { JournalPosition, JournalWriter } from '../../src/journal/journal.ts';
import { RetryableError } from '../../src/runtime/errors.ts';
import { insertToken } from '../../src/stores/store.ts';
import { check, JournalModel, ModelStore, type Sent } from './model.ts';
import { Random } from './random.ts';
import { NO_FAULTS, SimDisk, SimProcess } from './sim-disk.ts';
import { type Counts, framesAt, isOtherCopy, NO_COUNTS, SimProgress, turn } from './support.ts';

const JOURNAL_DIR = '/journal';
const CURSOR_DIR = '/cursors';
const NODE = 1;

type InFlight = { from: JournalPosition; to: JournalPosition } | null;

/** From one start of the server to its end. */
interface Life {
  process: SimProcess;
  writer: JournalWriter;
  reader: DiskJournalReader;
  cursor: DiskCursor<InFlight>;
  inFlight: InFlight;
  consuming: boolean;
  trimming: boolean;
  tail: { from: JournalPosition; last: JournalPosition; seen: Set<Sent>; failed: boolean; stop: AbortController };
}

/**
 * One random history of a journal, a consumer, a follower and the disk under them, decided by `seed` alone: appends,
 * reads, commits and trims, interleaved with full disks, failing calls, flipped bits, kills and power cuts at any call.
 */
export class Simulation {
  readonly counts: Counts = { ...NO_COUNTS };
  readonly #random: Random;
  readonly #disk: SimDisk;
  readonly #model = new JournalModel();
  readonly #store = new ModelStore();
  readonly #clock = { milliseconds: 0, now: () => this.#clock.milliseconds };
  readonly #segmentBytes: number;
  readonly #reserveBytes: number;
  readonly #bitFlipsMax: number;
  #failure: unknown = null;
  /** What a restart may find in the cursor's files: the last commit that resolved, and those begun since. */
  #cursorPlaces: { position: JournalPosition; state: InFlight }[] = [];
  #cursorResolved = false;

  constructor(seed: number) {
    const random = new Random(seed);
    this.#random = random;
    this.#disk = new SimDisk(random);
    const rate = (most: number) => (random.chance(0.5) ? 0 : random.pick([most / 10, most]));
    this.#disk.faults = { syncError: rate(0.05), otherError: rate(0.02), shortWrite: rate(0.3) };
    this.#segmentBytes = random.pick([128, 256, 512, 2048]);
    this.#reserveBytes = random.pick([0, 0, 100, 1000]);
    this.#bitFlipsMax = random.pick([0, 0, 1, 4]);
  }

  /** Throws Violation when a promise was broken. */
  async run(): Promise<Counts> {
    let life = await this.#start();
    for (let steps = this.#random.between(20, 250); steps > 0; steps -= 1) {
      life = await this.#step(life);
      await turn();
      if (!life.process.alive) life = await this.#restartAfterDeath(life);
      if (this.#failure !== null) throw this.#failure;
    }
    await this.#finish(life);
    return this.counts;
  }

  async #step(life: Life): Promise<Life> {
    const random = this.#random;
    // Whoever runs a server starts it again when it says so.
    if (life.writer.fault === 'journal_unavailable' && random.chance(0.2)) return this.#restartInOrder(life);
    const action = random.weighted({
      append: 30,
      io: 45,
      consume: 12,
      readAll: 2,
      trim: 4,
      clock: 6,
      space: 3,
      flip: 2,
      arm: 2,
      restart: 1,
    });
    if (action === 'append') this.#appendSome(life);
    else if (action === 'io') this.#disk.completeOneIo();
    else if (action === 'consume') this.#task(life, () => this.#consume(life, random.between(1, 3)));
    else if (action === 'readAll') await this.#readAll(life);
    else if (action === 'trim') this.#task(life, () => this.#trim(life));
    else if (action === 'clock') this.#clock.milliseconds += random.int(400);
    else if (action === 'space') this.#changeSpace();
    else if (action === 'flip') this.#flip();
    else if (action === 'arm') life.process.callsUntilDeath = random.between(1, 40);
    else return this.#restartInOrder(life);
    this.#noteFailedSyncs();
    return life;
  }

  #noteFailedSyncs(): void {
    if (this.#disk.syncFailures === this.counts.failedSyncs) return;
    this.counts.failedSyncs = this.#disk.syncFailures;
    this.#model.syncFailed();
  }

  /** Runs beside the steps. What fails in a process that has died does not count. */
  #task(life: Life, work: () => Promise<unknown>): void {
    work().catch((error: unknown) => {
      if (life.process.alive && !(error instanceof RetryableError)) this.#failure ??= error;
    });
  }

  #appendSome(life: Life): void {
    for (let count = this.#random.pick([1, 1, 2, 5]); count > 0; count -= 1) {
      const sent = this.#model.send(this.#payload(life.writer.next));
      this.counts.appends += 1;
      this.#task(life, () => this.#append(life, sent));
    }
  }

  async #append(life: Life, sent: Sent): Promise<void> {
    const cut = this.#random.int(sent.bytes.length + 1);
    try {
      const position = await life.writer.append([sent.bytes.subarray(0, cut), sent.bytes.subarray(cut)]);
      if (!life.process.alive) return;
      this.counts.acknowledged += 1;
      this.#model.acknowledged(sent, position);
    } catch (error) {
      if (!(error instanceof RetryableError) || !life.process.alive) throw error;
      sent.state = error.code === 'disk_full' ? 'refused' : 'unknown';
      check(error.code !== 'disk_full' || sent.position === null, () => `refused payload ${sent.id} had been read`);
      this.counts[sent.state] += 1;
    }
  }

  #payload(next: JournalPosition): Buffer {
    const random = this.#random;
    const large = random.chance(0.05);
    const bytes = Buffer.alloc(large ? random.int(3 * this.#segmentBytes) : random.pick([0, 1, 8, 20, 50, 90]));
    for (let i = 0; i < bytes.length; i += 1) bytes[i] = random.int(256);
    if (bytes.length >= 8) bytes.writeUInt32LE(this.#model.sent.length, 0);
    if (bytes.length < 50 || random.chance(0.7)) return bytes;
    // A client that sends what looks like frames, but cannot know the salt.
    const at = random.between(8, bytes.length - FRAME_HEADER_BYTES - 4);
    encodeFrameHeader(bytes, at, random.pick([0, random.uint32()]), next + random.int(3), random.int(5), 0);
    return bytes;
  }

  async #consume(life: Life, batches: number): Promise<number> {
    if (life.consuming) return 0;
    life.consuming = true;
    let handled = 0;
    try {
      for (; handled < batches; handled += 1) {
        const position = life.cursor.load()?.position ?? 1;
        if (life.inFlight === null) {
          const range = await this.#chooseRange(life, position);
          if (range === null) break;
          await this.#commit(life, position, range);
          life.inFlight = range;
        }
        const { from, to } = life.inFlight;
        const sent = await this.#readRange(life, from, to);
        const ids = sent.map(({ id }) => id);
        await this.#insert(insertToken(NODE, from, to), ids);
        await this.#commit(life, to, null);
        life.inFlight = null;
      }
    } finally {
      life.consuming = false;
    }
    return handled;
  }

  async #chooseRange(life: Life, position: JournalPosition): Promise<InFlight> {
    let to = position;
    let left = this.#random.between(1, 6);
    for await (const frame of life.reader.read(position, { follow: false, signal: new AbortController().signal })) {
      to = frame.position + 1;
      left -= 1;
      if (left === 0) break;
    }
    return to === position ? null : { from: position, to };
  }

  async #readRange(life: Life, from: JournalPosition, to: JournalPosition): Promise<Sent[]> {
    const sent: Sent[] = [];
    for await (const frame of life.reader.read(from, { follow: false, signal: new AbortController().signal })) {
      if (frame.position >= to) break;
      sent.push(this.#model.observed(frame.position, frame.payload));
    }
    return sent;
  }

  async #commit(life: Life, position: JournalPosition, state: InFlight): Promise<void> {
    const place = { position, state };
    this.#cursorPlaces.push(place);
    await life.cursor.commit(position, state);
    if (!life.process.alive) return;
    this.#cursorPlaces = [place];
    this.#cursorResolved = true;
  }

  /** The store may take the rows and yet answer with an error, or answer when nobody listens any more. */
  #insert(token: string, ids: readonly number[]): Promise<void> {
    return new Promise((resolve, reject) => {
      const complete = () => {
        const fails = this.#random.chance(this.#disk.faults.otherError * 5);
        if (!fails || this.#random.chance(0.5)) this.#store.insert(token, ids);
        if (fails) reject(new RetryableError('store_unavailable', 'simulated', 1));
        else resolve();
      };
      this.#disk.io.push({ complete });
    });
  }

  async #trim(life: Life): Promise<void> {
    const before = life.cursor.load()?.position ?? 1;
    if (life.trimming || life.inFlight !== null) return;
    life.trimming = true;
    this.#model.trimmedBefore = Math.max(this.#model.trimmedBefore, before);
    this.counts.trims += 1;
    try {
      await life.reader.trim(before);
    } finally {
      life.trimming = false;
    }
  }

  #changeSpace(): void {
    const disk = this.#disk;
    disk.otherBytes = 0;
    disk.hiddenQuotaBytes = 0;
    if (this.#random.chance(0.75)) return;
    const free = this.#random.pick([0, 1, 30, 100, 300, this.#reserveBytes + 50, this.#reserveBytes + 500]);
    disk.otherBytes = disk.freeBytes() - free;
    disk.hiddenQuotaBytes = this.#random.pick([0, 0, 10_000]);
  }

  #flip(): void {
    if (this.counts.bitFlips >= this.#bitFlipsMax) return;
    const inCursor = this.#random.chance(0.2);
    const files = [...this.#disk.directory(inCursor ? CURSOR_DIR : JOURNAL_DIR).names].sort(([a], [b]) =>
      a < b ? -1 : 1,
    );
    if (files.length === 0) return;
    // The end of the journal is where a rotten frame looks like one that was never written whole.
    const atEnd = this.#random.chance(0.3);
    const index = atEnd ? files.length - 1 : this.#random.int(files.length);
    const inode = files[index]![1];
    const size = inode.durable.length;
    const start = this.#random.int(this.#random.chance(0.2) ? Math.min(size, 100) : size);
    const offset = atEnd ? Math.max(0, size - 1 - this.#random.int(30)) : start;
    if (inCursor) {
      // Each file holds its line twice: one flip must never be noticed, two may.
      if (inode.flips.length === 0 && this.#disk.flip(inode, offset)) this.counts.bitFlips += 1;
      return;
    }
    const isActive = index === files.length - 1;
    const headerDies = offset < SEGMENT_HEADER_BYTES && inode.flips.some((at) => isOtherCopy(at, offset));
    if (headerDies && isActive) return;
    const hit = headerDies ? framesAt(inode, null) : framesAt(inode, offset);
    if (!this.#disk.flip(inode, offset)) return;
    this.counts.bitFlips += 1;
    for (const { position, payload } of hit) this.#model.flippedAt(position, payload);
  }

  /** Reads all there is and compares. In a process that dies or whose disk fails meanwhile it shows nothing. */
  async #readAll(life: Life): Promise<Set<Sent>> {
    const expected = this.#model.sent.filter((sent) => this.#model.mustBeReadable(sent));
    const found = new Set<Sent>();
    let last = 0;
    try {
      for await (const frame of life.reader.read(1, { follow: false, signal: new AbortController().signal })) {
        check(frame.position > last, () => `position ${frame.position} was read after ${last}`);
        last = frame.position;
        found.add(this.#model.observed(frame.position, frame.payload));
        this.counts.framesRead += 1;
      }
    } catch (error) {
      if (error instanceof RetryableError && (!life.process.alive || this.#disk.faults.otherError > 0)) return found;
      throw error;
    }
    for (const sent of expected) {
      const readable = found.has(sent) || !this.#model.mustBeReadable(sent);
      check(readable, () => `payload ${sent.id} (${sent.state}) is not at position ${sent.position} any more`);
    }
    return found;
  }

  /** J4: what is lost is counted, and what is whole is not. */
  #checkDamage(life: Life, found: Set<Sent>): void {
    const { damage } = life.reader;
    const counted = damage.bytes + this.counts.damagedRanges;
    if (this.counts.bitFlips === 0 && this.counts.powerCuts === 0 && this.counts.failedSyncs === 0) {
      check(counted === 0, () => `${damage.bytes} bytes counted as damaged on a healthy disk`);
    }
    const lost = this.#model.sent.find(
      (sent) =>
        sent.flipped &&
        sent.state === 'acknowledged' &&
        !found.has(sent) &&
        sent.position! >= this.#model.trimmedBefore,
    );
    // What was counted by a start that then failed is not known here.
    const isCounted = counted > 0 || this.counts.failedOpens > 0;
    check(lost === undefined || isCounted, () => `payload ${lost?.id} was lost and nothing was counted`);
  }

  async #start(): Promise<Life> {
    for (let failures = 0; ; failures += 1) {
      check(failures < 100, () => 'the journal does not open any more');
      const process = new SimProcess(this.#disk);
      if (this.#disk.faults !== NO_FAULTS && this.#random.chance(0.15))
        process.callsUntilDeath = this.#random.between(1, 50);
      try {
        const life = await this.#open(process);
        if (life !== null && process.alive) return life;
      } catch (error) {
        if (process.alive && !(error instanceof RetryableError)) throw error;
      }
      this.counts.failedOpens += 1;
      process.alive = false;
      this.#die();
    }
  }

  async #open(process: SimProcess): Promise<Life | null> {
    const openingCursor = openCursor<InFlight>(CURSOR_DIR, 'store-writer', { files: process });
    const cursor = await this.#waitFor(process, openingCursor);
    if (cursor === null) return null;
    const place = cursor.load();
    this.#checkCursor(place);
    const progress = new SimProgress();
    const openingJournal = openDiskJournal({
      dir: JOURNAL_DIR,
      node: NODE,
      nextAtLeast: Math.max(place?.position ?? 1, place?.state?.to ?? 1),
      segmentBytes: this.#segmentBytes,
      reserveBytes: this.#reserveBytes,
      progress,
      files: process,
      clock: this.#clock,
      salt: () => this.#random.uint32(),
    });
    const journal = await this.#waitFor(process, openingJournal);
    if (journal === null) return null;
    this.counts.lives += 1;
    this.counts.tornBytes += journal.report.tornBytes;
    this.counts.damagedRanges += journal.report.damagedBytes > 0 ? 1 : 0;
    const chunkBytes = this.#random.pick([32, 100, 4096]);
    const reader = openDiskJournalReader({ dir: JOURNAL_DIR, progress, files: process, chunkBytes });
    const from = this.#random.pick([1, journal.writer.next]);
    const tail = { from, last: 0, seen: new Set<Sent>(), failed: false, stop: new AbortController() };
    const life: Life = {
      process,
      writer: journal.writer,
      reader,
      cursor,
      inFlight: place?.state ?? null,
      consuming: false,
      trimming: false,
      tail,
    };
    this.#task(life, () => this.#follow(life));
    return life;
  }

  /** J7. */
  #checkCursor(place: { position: JournalPosition; state: InFlight } | null): void {
    const text = JSON.stringify(place);
    const isKnown = this.#cursorPlaces.some((known) => JSON.stringify(known) === text);
    check(isKnown || (place === null && !this.#cursorResolved), () => {
      return `the cursor reads ${text}, committed were ${JSON.stringify(this.#cursorPlaces)}`;
    });
  }

  async #follow(life: Life): Promise<void> {
    const { tail, reader } = life;
    try {
      for await (const frame of reader.read(tail.from, { follow: true, signal: tail.stop.signal })) {
        if (!life.process.alive) return;
        check(frame.position > tail.last, () => `the follower got position ${frame.position} after ${tail.last}`);
        tail.last = frame.position;
        tail.seen.add(this.#model.observed(frame.position, frame.payload));
      }
    } catch (error) {
      tail.failed = true;
      throw error;
    }
  }

  /** Completes calls of the disk until `work` is done; null when the process dies in between. */
  async #waitFor<Result>(process: SimProcess, work: Promise<Result>): Promise<Result | null> {
    let settled = false;
    const settle = () => {
      settled = true;
    };
    work.then(settle, settle);
    for (let idle = 0; ; ) {
      await turn();
      if (settled && process.alive) return work;
      if (!process.alive) return null;
      idle = this.#disk.completeOneIo() ? 0 : idle + 1;
      check(idle < 1000, () => 'something waits for ever');
    }
  }

  async #restartInOrder(life: Life): Promise<Life> {
    const closed = await this.#waitFor(
      life.process,
      life.writer.close().then(() => true),
    ).catch(() => null);
    if (closed !== null) {
      await this.#checkFollower(life);
      life.tail.stop.abort();
      await life.reader.close();
      await this.#waitUntilIdle(life);
      const open = life.process.openFiles();
      check(!life.process.alive || open === 0, () => `${open} files are open after everything was closed`);
    }
    life.process.alive = false;
    return this.#restartAfterDeath(life);
  }

  async #waitUntilIdle(life: Life): Promise<void> {
    const isIdle = () => !life.consuming && !life.trimming && this.#disk.io.length === 0;
    for (let turns = 0; turns < 100 && !isIdle(); turns += 1) {
      this.#disk.completeOneIo();
      await turn();
    }
    await turn();
  }

  async #checkFollower(life: Life): Promise<void> {
    const isIdle = () => life.tail.last >= life.writer.next - 1 || life.tail.failed || !life.process.alive;
    for (let turns = 0; turns < 1000 && !isIdle(); turns += 1) await turn();
    if (life.tail.failed || this.#failure !== null || !life.process.alive) return;
    for (const sent of this.#model.sent) {
      if (!this.#model.mustBeReadable(sent) || sent.position! < life.tail.from) continue;
      check(life.tail.seen.has(sent), () => `the follower did not get payload ${sent.id} at ${sent.position}`);
    }
  }

  async #restartAfterDeath(dead: Life): Promise<Life> {
    // Its follower waits for ever, and Node would keep it for as long as its signal has a listener.
    dead.tail.stop.abort();
    this.#die();
    return this.#start();
  }

  #die(): void {
    this.#noteFailedSyncs();
    this.#model.processEnded();
    if (this.#random.chance(0.5)) {
      this.counts.powerCuts += 1;
      this.#disk.cutPower();
    } else {
      this.counts.kills += 1;
    }
  }

  /** The faults end: everything must come right by itself. */
  async #finish(last: Life): Promise<void> {
    this.#disk.faults = NO_FAULTS;
    this.#disk.otherBytes = 0;
    this.#disk.hiddenQuotaBytes = 0;
    this.#clock.milliseconds += 1000;
    last.process.callsUntilDeath = Number.POSITIVE_INFINITY;
    if (this.#random.chance(0.5)) last.process.alive = false;
    let life = last.process.alive ? await this.#restartInOrder(last) : await this.#restartAfterDeath(last);
    const sent = this.#model.send(Buffer.from(`last payload of all, number ${this.#model.sent.length}`));
    await this.#waitFor(life.process, this.#append(life, sent));
    check(sent.state === 'acknowledged', () => `an append to a healthy disk was ${sent.state}`);
    this.#checkDamage(life, await this.#readAll(life));
    this.counts.damagedRanges += life.reader.damage.ranges;
    for (;;) if ((await this.#waitFor(life.process, this.#consume(life, 5))) === 0) break;
    if (this.#failure !== null) throw this.#failure;
    this.#checkStore();
    life = await this.#restartInOrder(life);
    await this.#readAll(life);
    life.tail.stop.abort();
    await turn();
    if (this.#failure !== null) throw this.#failure;
  }

  #checkStore(): void {
    for (const sent of this.#model.sent) {
      const count = this.#store.count(sent.id);
      const most = sent.state === 'refused' ? 0 : 1;
      const least = sent.state === 'acknowledged' && !sent.flipped ? 1 : 0;
      check(count >= least && count <= most, () => `payload ${sent.id} (${sent.state}) is ${count} times in the store`);
    }
  }
}
