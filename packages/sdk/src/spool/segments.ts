import { closeSync, fdatasyncSync, openSync, readdirSync, rmdirSync, statSync, unlinkSync, writeSync } from 'node:fs';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Shipment } from '../wire.ts';
import { encodeFrame, joinShipments, readFrame } from './frame.ts';

const NAME = /^(\d{8})\.events$/;
const nameOf = (number: number): string => `${String(number).padStart(8, '0')}.events`;

/** Bytes and events of one request, made of frames that follow each other. */
const SHIPMENT_BYTES_MAX = 1 << 20;
const SHIPMENT_EVENTS_MAX = 2_000;

/** A file that is appended to goes once all of it was sent, if it is worth it. */
const COMPACTED_BYTES_MIN = 256 << 10;

interface Segment {
  number: number;
  /** Durable ones: what is read ends here. */
  bytes: number;
}

/** What was lost of a directory's events. */
export interface SegmentCounts {
  /** Places where a segment was damaged: its end torn by a crash, or bytes changed. */
  damaged: number;
  /** Events of segments that had to go. */
  dropped: number;
}

/** The files of one producer, in order: frames are appended behind, taken at the front, and a file that is through goes. */
export class Segments {
  readonly dir: string;
  readonly counts: SegmentCounts = { damaged: 0, dropped: 0 };
  /** The last that was read: it tells whose events these are. */
  lastRead: Shipment | null = null;
  private readonly segmentBytesMax: number;
  private readonly segments: Segment[];
  private place = 0;
  private taken: { segment: Segment; end: number } | null = null;
  private file: FileHandle | null = null;
  /** The one that is appended to; nothing of it is removed. */
  private open: Segment | null = null;
  private nextNumber: number;
  private isAppending = false;

  /** Throws what the file system throws. */
  constructor(dir: string, segmentBytesMax: number) {
    this.dir = dir;
    this.segmentBytesMax = segmentBytesMax;
    this.segments = readdirSync(dir)
      .map((name) => NAME.exec(name)?.[1])
      .filter((number) => number !== undefined)
      .map((number) => ({ number: Number(number), bytes: statSync(join(dir, nameOf(Number(number)))).size }))
      .sort((a, b) => a.number - b.number);
    this.nextNumber = (this.segments.at(-1)?.number ?? 0) + 1;
  }

  get bytes(): number {
    return this.segments.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Nothing waits here. */
  get isEmpty(): boolean {
    return this.segments.every((segment, i) => segment.bytes <= (i === 0 ? this.place : 0));
  }

  /** Durable when it resolves. Rejects with what the file system says; what was half written counts for nothing then. */
  async append(shipment: Shipment): Promise<void> {
    this.isAppending = true;
    try {
      await this.appendFrame(encodeFrame(shipment));
    } finally {
      this.isAppending = false;
    }
  }

  private async appendFrame(frame: Buffer): Promise<void> {
    const { file, segment } = await this.writable();
    try {
      await writeFully(file, frame, segment.bytes);
      await file.datasync();
    } catch (error) {
      // The next frame goes to a new file: behind a torn one it would not be found.
      await this.endSegment();
      throw error;
    }
    segment.bytes += frame.length;
    if (segment.bytes >= this.segmentBytesMax) await this.endSegment();
  }

  private async writable(): Promise<{ file: FileHandle; segment: Segment }> {
    if (this.file === null || this.open === null) {
      const segment = { number: this.nextNumber++, bytes: 0 };
      this.file = await open(join(this.dir, nameOf(segment.number)), 'w', 0o600);
      this.open = segment;
      this.segments.push(segment);
    }
    return { file: this.file, segment: this.open };
  }

  private async endSegment(): Promise<void> {
    const { file } = this;
    this.file = null;
    this.open = null;
    await file?.close().catch(() => {});
  }

  /** Writes to a file of its own before the program ends: what is being written may not be done. */
  appendSync(shipments: readonly Shipment[]): void {
    const fd = openSync(join(this.dir, nameOf(this.nextNumber++)), 'w', 0o600);
    try {
      for (const shipment of shipments) writeSync(fd, encodeFrame(shipment));
      fdatasyncSync(fd);
    } finally {
      closeSync(fd);
    }
  }

  /** The oldest events that were not taken, up to a request's worth; null when there are none. */
  async take(): Promise<Shipment | null> {
    for (;;) {
      const [segment] = this.segments;
      if (segment === undefined) return null;
      if (this.place >= segment.bytes) {
        if (segment === this.open) return null;
        await this.remove(0);
        continue;
      }
      const read = await this.read(segment).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error;
        // Somebody removed the file: what was in it is missing, the rest is not.
        this.counts.damaged++;
        this.place = segment.bytes;
        return null;
      });
      if (read === null) continue;
      this.taken = { segment, end: read.end };
      this.lastRead = read.shipment;
      return read.shipment;
    }
  }

  /** What stands at the place in the segment; null for damage, behind which reading goes on. */
  private async read(segment: Segment): Promise<{ shipment: Shipment; end: number } | null> {
    const left = segment.bytes - this.place;
    let bytes = await readAt(this.pathOf(segment), this.place, Math.min(left, SHIPMENT_BYTES_MAX));
    let read = readFrame(bytes, 0);
    if (read.kind === 'wanted' && read.bytes <= left) {
      bytes = await readAt(this.pathOf(segment), this.place, read.bytes);
      read = readFrame(bytes, 0);
    }
    if (read.kind !== 'frame') {
      this.counts.damaged++;
      const end = read.kind === 'damage' ? read.end : null;
      this.place = end === null ? segment.bytes : this.place + end;
      return null;
    }
    const parts = [read.shipment];
    let { end } = read;
    let events = read.shipment.count;
    for (let next = readFrame(bytes, end); next.kind === 'frame'; next = readFrame(bytes, end)) {
      const before = parts[parts.length - 1];
      events += next.shipment.count;
      if (next.shipment.first !== before.first + before.count || events > SHIPMENT_EVENTS_MAX) break;
      parts.push(next.shipment);
      end = next.end;
    }
    return { shipment: joinShipments(parts), end: this.place + end };
  }

  /** The last that was taken need not be kept. */
  async done(): Promise<void> {
    const { taken } = this;
    this.taken = null;
    if (taken === null || taken.segment !== this.segments[0]) return;
    this.place = taken.end;
    if (this.place < taken.segment.bytes) return;
    if (taken.segment !== this.open) await this.remove(0);
    else if (this.place >= COMPACTED_BYTES_MIN) await this.compact();
  }

  /** Removes the file that is appended to, when all of it was sent: nothing of it is sent again after a restart. */
  async compact(): Promise<void> {
    const { open: segment } = this;
    const isThrough = segment !== null && segment === this.segments[0] && this.place >= segment.bytes;
    if (!isThrough || this.isAppending || this.taken !== null) return;
    await this.endSegment();
    if (segment === this.segments[0]) await this.remove(0);
  }

  private async remove(index: number): Promise<void> {
    const [segment] = this.segments.splice(index, 1);
    if (index === 0) this.place = 0;
    if (segment !== undefined) await unlink(this.pathOf(segment)).catch(() => {});
  }

  /** Makes room: the oldest segment goes, its events are counted. False when there is none that may go. */
  async dropOldest(): Promise<boolean> {
    // What is under way is left to arrive, as it may have already.
    const index = this.taken?.segment === this.segments[0] && this.taken !== null ? 1 : 0;
    const segment = this.segments[index];
    if (segment === undefined) return false;
    const place = index === 0 ? this.place : 0;
    if (segment === this.open) await this.endSegment();
    const bytes = await readAt(this.pathOf(segment), place, segment.bytes - place).catch(() => Buffer.alloc(0));
    for (let at = 0; ; ) {
      const read = readFrame(bytes, at);
      if (read.kind === 'wanted' || (read.kind === 'damage' && read.end === null)) break;
      if (read.kind === 'frame') {
        this.counts.dropped += read.shipment.count;
        this.lastRead = read.shipment;
      }
      at = read.end ?? bytes.length;
    }
    await this.remove(index);
    return true;
  }

  /** Ends writing. With nothing left the directory is removed. */
  close(): void {
    void this.endSegment();
    if (!this.isEmpty) return;
    for (const segment of this.segments.splice(0)) ignore(() => unlinkSync(this.pathOf(segment)));
    ignore(() => unlinkSync(join(this.dir, 'lock')));
    ignore(() => rmdirSync(this.dir));
  }

  private pathOf(segment: Segment): string {
    return join(this.dir, nameOf(segment.number));
  }
}

async function writeFully(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let from = 0; from < bytes.length; ) {
    from += (await file.write(bytes, from, bytes.length - from, position + from)).bytesWritten;
  }
}

async function readAt(path: string, position: number, length: number): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const bytes = Buffer.allocUnsafe(length);
    const { bytesRead } = await file.read(bytes, 0, length, position);
    return bytes.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** What is gone already is gone. */
function ignore(remove: () => void): void {
  try {
    remove();
  } catch {}
}
