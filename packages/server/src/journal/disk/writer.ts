import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { PermanentError, RetryableError } from '../../runtime/errors.ts';
import type { JournalPosition, JournalWriter } from '../journal.ts';
import { diskFull, journalUnavailable } from './faults.ts';
import { type Files, isNoSpace, writeAll } from './files.ts';
import {
  encodeFrameHeader,
  encodeSegmentHeader,
  FORMAT_VERSION,
  FRAME_HEADER_BYTES,
  PAYLOAD_BYTES_MAX,
  SEGMENT_HEADER_BYTES,
  segmentName,
} from './format.ts';
import type { JournalProgress } from './progress.ts';
import type { SpaceGuard } from './space.ts';

interface Append {
  payload: readonly Uint8Array[];
  bytes: number;
  resolve(position: JournalPosition): void;
  reject(error: Error): void;
}

interface OpenSegment {
  first: JournalPosition;
  fd: number;
  salt: number;
  /** The durable bytes, and where the next frame is written. */
  end: number;
}

export interface DiskJournalWriterOptions {
  files: Files;
  dir: string;
  node: number;
  next: JournalPosition;
  segmentBytes: number;
  space: SpaceGuard;
  progress: JournalProgress;
  /** A new random number below 2^32 for every segment. */
  salt(): number;
  /** Called once, when the first segment is durable and before anything is appended to it. */
  onFirstSegment(): Promise<void>;
}

/**
 * Writes frames with a group commit that clocks itself: all that waits is written with one call and synced, and the
 * next group starts when that is done. Alone, an append costs one sync; under load the groups grow with the disk's
 * latency, without a timer to tune.
 *
 * A group that meets a full disk is taken back (truncated and synced) before its appends fail, so none of them can
 * come back after a crash. After any other error it is not known what the disk holds, and the writer stops for good.
 */
export class DiskJournalWriter implements JournalWriter {
  readonly #options: DiskJournalWriterOptions;
  #next: JournalPosition;
  #segment: OpenSegment | null = null;
  #firstSegmentDone = false;
  #waiting: Append[] = [];
  #inFlight = 0;
  #committing: Promise<void> | null = null;
  #broken: RetryableError | null = null;
  #closed: Promise<void> | null = null;

  constructor(options: DiskJournalWriterOptions) {
    this.#options = options;
    this.#next = options.next;
  }

  get next(): JournalPosition {
    return this.#next + this.#inFlight + this.#waiting.length;
  }

  get fault(): 'disk_full' | 'journal_unavailable' | null {
    if (this.#broken !== null) return 'journal_unavailable';
    return this.#options.space.isFull() ? 'disk_full' : null;
  }

  /** Makes the first segment and publishes the durable end. Throws what `Files` throws. */
  async start(): Promise<void> {
    const segment = await this.#startSegment();
    this.#options.progress.publish({ next: this.#next, segment: segment.first, segmentBytes: segment.end });
  }

  append(payload: readonly Uint8Array[]): Promise<JournalPosition> {
    const bytes = payload.reduce((sum, part) => sum + part.length, 0);
    if (bytes > PAYLOAD_BYTES_MAX) {
      const message = `A payload has ${bytes} bytes, the journal takes up to ${PAYLOAD_BYTES_MAX}.`;
      return Promise.reject(new PermanentError('payload_too_large', message));
    }
    if (this.#closed !== null)
      return Promise.reject(new RetryableError('shutting_down', 'The journal is closed.', 1000));
    if (this.#broken !== null) return Promise.reject(this.#broken);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ payload, bytes, resolve, reject });
      this.#committing ??= this.#commitAll();
    });
  }

  close(): Promise<void> {
    this.#closed ??= this.#finish();
    return this.#closed;
  }

  async #finish(): Promise<void> {
    await this.#committing;
    this.#leaveSegment();
  }

  async #commitAll(): Promise<void> {
    // Appends of the same turn of the event loop go into the first group together.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) await this.#commitGroup();
    this.#committing = null;
  }

  /** Never throws: every outcome goes to the appends of the group. */
  async #commitGroup(): Promise<void> {
    const { group, bytes, needsSegment } = this.#takeGroup();
    this.#inFlight = group.length;
    try {
      if (this.#broken !== null) throw this.#broken;
      if (!this.#options.space.admits(bytes)) throw diskFull();
      const segment = this.#segment === null || needsSegment ? await this.#startSegment() : this.#segment;
      writeAll(this.#options.files, segment.fd, encodeGroup(group, this.#next, segment.salt), segment.end);
      await this.#options.files.sync(segment.fd);
      this.#committed(segment, group, bytes);
    } catch (error) {
      const failure = await this.#failed(error);
      this.#inFlight = 0;
      for (const append of group) append.reject(failure);
    }
  }

  /** The appends at the front of the queue that fit in the segment; at least one, however large it is. */
  #takeGroup(): { group: Append[]; bytes: number; needsSegment: boolean } {
    const { segmentBytes } = this.#options;
    const used = this.#segment?.end ?? SEGMENT_HEADER_BYTES;
    let bytes = FRAME_HEADER_BYTES + this.#waiting[0]!.bytes;
    const needsSegment = used > SEGMENT_HEADER_BYTES && used + bytes > segmentBytes;
    const room = segmentBytes - (needsSegment ? SEGMENT_HEADER_BYTES : used);
    let count = 1;
    for (; count < this.#waiting.length; count += 1) {
      const frameBytes = FRAME_HEADER_BYTES + this.#waiting[count]!.bytes;
      if (bytes + frameBytes > room) break;
      bytes += frameBytes;
    }
    if (count === this.#waiting.length) {
      const group = this.#waiting;
      this.#waiting = [];
      return { group, bytes, needsSegment };
    }
    return { group: this.#waiting.splice(0, count), bytes, needsSegment };
  }

  #committed(segment: OpenSegment, group: Append[], bytes: number): void {
    const first = this.#next;
    segment.end += bytes;
    this.#next += group.length;
    this.#inFlight = 0;
    this.#options.space.wrote(bytes);
    this.#options.progress.publish({ next: this.#next, segment: segment.first, segmentBytes: segment.end });
    for (let i = 0; i < group.length; i += 1) group[i]!.resolve(first + i);
  }

  /** Puts the segment back to its durable end where that is possible. Returns what the appends are told. */
  async #failed(error: unknown): Promise<RetryableError> {
    if (error instanceof RetryableError) return error;
    if (!isNoSpace(error)) return this.#break(error);
    this.#options.space.refused();
    if (this.#segment === null) return diskFull();
    try {
      this.#options.files.truncate(this.#segment.fd, this.#segment.end);
      await this.#options.files.sync(this.#segment.fd);
      return diskFull();
    } catch (truncateError) {
      return this.#break(truncateError);
    }
  }

  #break(cause: unknown): RetryableError {
    this.#broken = journalUnavailable(cause);
    return this.#broken;
  }

  /**
   * Leaves the segment for good and starts the one at `next`. When that fails, the next append tries again in the
   * same file: nothing may be appended to the old segment once a file with a later name may exist.
   */
  async #startSegment(): Promise<OpenSegment> {
    const { files, dir, node } = this.#options;
    this.#leaveSegment();
    const first = this.#next;
    const salt = this.#options.salt();
    const fd = files.open(join(dir, segmentName(first)), 'write');
    try {
      // What an earlier try or a torn write has left behind goes first: under a new salt it would look like damage.
      files.truncate(fd, SEGMENT_HEADER_BYTES);
      writeAll(files, fd, [encodeSegmentHeader({ version: FORMAT_VERSION, node, salt, first })], 0);
      // Both copies of the header are safe before any frame hangs on them.
      await files.sync(fd);
      await files.syncDir(dir);
      if (!this.#firstSegmentDone) await this.#options.onFirstSegment();
    } catch (error) {
      files.close(fd);
      throw error;
    }
    this.#firstSegmentDone = true;
    this.#segment = { first, fd, salt, end: SEGMENT_HEADER_BYTES };
    return this.#segment;
  }

  #leaveSegment(): void {
    if (this.#segment === null) return;
    const { fd } = this.#segment;
    this.#segment = null;
    // Nothing is waiting in it: close(2) cannot report the loss of what was synced.
    this.#options.files.close(fd);
  }
}

/** The parts of a group's frames in writing order. Hot: two checksums and two views per append. */
function encodeGroup(group: readonly Append[], first: JournalPosition, salt: number): Uint8Array[] {
  const headers = Buffer.allocUnsafe(group.length * FRAME_HEADER_BYTES);
  const parts: Uint8Array[] = [];
  for (let i = 0; i < group.length; i += 1) {
    const { payload, bytes } = group[i]!;
    const at = i * FRAME_HEADER_BYTES;
    let crc = 0;
    for (const part of payload) crc = crc32(part, crc);
    encodeFrameHeader(headers, at, salt, first + i, bytes, crc);
    parts.push(headers.subarray(at, at + FRAME_HEADER_BYTES), ...payload);
  }
  return parts;
}
