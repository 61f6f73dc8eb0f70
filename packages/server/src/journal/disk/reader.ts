import { join } from 'node:path';
import type { JournalFrame, JournalPosition, JournalReader } from '../journal.ts';
import { setAside } from './damage.ts';
import { readAborted, toRetryable } from './faults.ts';
import { errnoOf, type Files, realFiles } from './files.ts';
import { SEGMENT_HEADER_BYTES, segmentFirsts, segmentName } from './format.ts';
import type { DurableEnd, JournalProgress } from './progress.ts';
import { type Damage, READ_CHUNK_BYTES, readSegmentHeader, SegmentScan } from './scan.ts';

export interface DiskJournalReaderOptions {
  files: Files;
  dir: string;
  progress: JournalProgress;
  chunkBytes: number;
}

/** What this reader has skipped, each place once however often it was read. */
export interface DamageFound {
  ranges: number;
  bytes: number;
}

interface OpenSegment {
  first: JournalPosition;
  fd: number;
  /** Null when the segment's header is damaged: without its salt no frame in it can be trusted. */
  scan: SegmentScan | null;
}

/**
 * Reads segments that a writer in another thread appends to: never beyond the durable end that it publishes.
 * Disk errors (EIO) are thrown as RetryableError and never skipped, because they may pass.
 */
export class DiskJournalReader implements JournalReader {
  readonly damage: DamageFound = { ranges: 0, bytes: 0 };
  readonly #options: DiskJournalReaderOptions;
  readonly #closing = new AbortController();
  readonly #damagedSeen = new Set<string>();

  constructor(options: DiskJournalReaderOptions) {
    this.#options = options;
  }

  /**
   * Rules in journal.ts. Between reads from the disk it lets other work through, so a backlog does not block its
   * thread. Several iterations at once are independent.
   */
  async *read(
    from: JournalPosition,
    options: { follow: boolean; signal: AbortSignal },
  ): AsyncGenerator<JournalFrame, void, undefined> {
    const { files, progress } = this.#options;
    const signal = AbortSignal.any([options.signal, this.#closing.signal]);
    let position = from;
    let end = progress.read();
    let segment: OpenSegment | null = null;
    try {
      while (!signal.aborted) {
        segment ??= this.#openSegment(position, end.segment);
        if (segment !== null) {
          for await (const frame of this.#frames(segment, position, end)) {
            position = frame.position + 1;
            yield frame;
            if (signal.aborted) break;
          }
          if (segment.first < end.segment && !signal.aborted) {
            const finished = segment.first;
            files.close(segment.fd);
            segment = null;
            segment = this.#openSegment(finished + 1, end.segment, finished);
            if (segment !== null) continue;
          }
        }
        if (!options.follow && !signal.aborted) return;
        await progress.changed(end.version, signal);
        end = progress.read();
      }
      if (!options.follow) throw readAborted();
    } finally {
      if (segment !== null) files.close(segment.fd);
    }
  }

  range(): { oldest: JournalPosition; next: JournalPosition } {
    const { next, segment } = this.#options.progress.read();
    const oldest = this.#firsts(segment)[0];
    return { oldest: oldest ?? next, next };
  }

  bytes(): number {
    return this.segments().reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Every segment, the oldest first: the position of its first frame, and its bytes. */
  segments(): { first: JournalPosition; bytes: number }[] {
    return attempt(() =>
      this.#firsts(Number.MAX_SAFE_INTEGER).map((first) => ({ first, bytes: this.#sizeOf(first) ?? 0 })),
    );
  }

  async trim(before: JournalPosition): Promise<void> {
    const { files, dir, progress } = this.#options;
    const firsts = this.#firsts(progress.read().segment);
    let removed = 0;
    try {
      // The oldest first, so that a crash in between leaves no hole. A segment ends where the next one starts.
      while (removed + 1 < firsts.length && firsts[removed + 1]! <= before) {
        files.unlink(join(dir, segmentName(firsts[removed]!)));
        removed += 1;
      }
      if (removed > 0) await files.syncDir(dir);
    } catch (error) {
      // Two trims at once: the other one has done it.
      if (errnoOf(error) !== 'ENOENT') throw toRetryable(error);
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
  }

  /** First positions of the segments up to the one being written. */
  #firsts(last: JournalPosition): JournalPosition[] {
    const names = attempt(() => this.#options.files.list(this.#options.dir));
    return segmentFirsts(names).filter((first) => first <= last);
  }

  #sizeOf(first: JournalPosition): number | null {
    try {
      return this.#options.files.sizeOf(join(this.#options.dir, segmentName(first)));
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return null;
      throw error;
    }
  }

  /**
   * The segment that holds `position`, or the oldest one behind it; none before or at `after`. Null when there is none
   * up to `last`.
   */
  #openSegment(position: JournalPosition, last: JournalPosition, after = 0): OpenSegment | null {
    const { files, chunkBytes } = this.#options;
    // Ends: a segment that is gone was trimmed, and is not listed again.
    for (;;) {
      const firsts = this.#firsts(last).filter((first) => first > after);
      const first = firsts.findLast((candidate) => candidate <= position) ?? firsts[0];
      if (first === undefined) return null;
      const fd = this.#openFile(first);
      if (fd === null) continue;
      const segment: OpenSegment = { first, fd, scan: null };
      try {
        const header = readSegmentHeader(files, fd, first);
        if (header !== null) segment.scan = new SegmentScan(files, fd, header, chunkBytes);
        else this.#damaged(segment, { from: 0, to: files.size(fd), torn: false });
        return segment;
      } catch (error) {
        files.close(fd);
        throw toRetryable(error);
      }
    }
  }

  /** Null when the segment was trimmed meanwhile. */
  #openFile(first: JournalPosition): number | null {
    try {
      return this.#options.files.open(join(this.#options.dir, segmentName(first)), 'read');
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return null;
      throw toRetryable(error);
    }
  }

  /** The segment's frames from `position` to its durable end. */
  async *#frames(segment: OpenSegment, position: JournalPosition, end: DurableEnd): AsyncGenerator<JournalFrame> {
    const { scan } = segment;
    if (scan === null) return;
    const [limit, before] = attempt(() => this.#bounds(segment, end));
    const next = () => attempt(() => scan.next(limit, (damage) => this.#damaged(segment, damage)));
    let reads = scan.reads;
    for (let frame = next(); frame !== null; frame = next()) {
      // A slow disk or a long backlog must not keep the thread from its other work.
      if (scan.reads !== reads) await new Promise((resolve) => setImmediate(resolve));
      reads = scan.reads;
      if (frame.position >= before) return;
      if (frame.position >= position) yield frame;
    }
  }

  /**
   * The durable bytes of a segment, and the first position that is not its own any more: a group that was taken back
   * while the disk failed can come up again behind a segment's end, but the next segment's name holds its position.
   */
  #bounds({ first, fd }: OpenSegment, end: DurableEnd): [limit: number, before: JournalPosition] {
    if (first === end.segment) return [end.segmentBytes, Number.POSITIVE_INFINITY];
    const next = this.#firsts(end.segment).find((other) => other > first);
    return [this.#options.files.size(fd), next ?? Number.POSITIVE_INFINITY];
  }

  #damaged(segment: OpenSegment, { from, to }: Damage): void {
    // An empty file or a bare header is what a crash leaves of a new segment: there was no frame in it.
    if (to <= SEGMENT_HEADER_BYTES) return;
    const place = `${segment.first}:${from}`;
    if (this.#damagedSeen.has(place)) return;
    this.#damagedSeen.add(place);
    this.damage.ranges += 1;
    this.damage.bytes += to - from;
    setAside(this.#options.files, this.#options.dir, segment, { from, to });
  }
}

/** Opens the reader's side, in any thread of the process that holds the writer. */
export function openDiskJournalReader(options: {
  dir: string;
  progress: JournalProgress;
  files?: Files;
  /** Bytes read at once, per iteration; more for a larger frame. */
  chunkBytes?: number;
}): DiskJournalReader {
  const { dir, progress, files = realFiles, chunkBytes = READ_CHUNK_BYTES } = options;
  return new DiskJournalReader({ files, dir, progress, chunkBytes });
}

function attempt<Result>(action: () => Result): Result {
  try {
    return action();
  } catch (error) {
    throw toRetryable(error);
  }
}
