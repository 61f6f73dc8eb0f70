import { crc32 } from 'node:zlib';
import { PermanentError } from '../../runtime/errors.ts';
import type { JournalPosition } from '../journal.ts';
import type { Files } from './files.ts';
import {
  decodeFrameHeader,
  decodeSegmentHeader,
  FORMAT_VERSION,
  FRAME_HEADER_BYTES,
  FRAME_MAGIC_BYTES,
  type FrameHeader,
  SEGMENT_HEADER_BYTES,
  type SegmentHeader,
  segmentName,
} from './format.ts';

/** Read at once: large enough that system calls do not count, small enough to have one per consumer. */
export const READ_CHUNK_BYTES = 1 << 20;

/** Bytes [from, to) of a segment that are no frame. */
export interface Damage {
  from: number;
  to: number;
  /** The start of a frame whose rest was never written: it runs past the end. Nothing that was durable is lost. */
  torn: boolean;
}

export interface ScannedFrame {
  position: JournalPosition;
  /** A view into the read buffer: valid until the next call of `next`. */
  payload: Buffer;
}

/**
 * The header of a segment file, null when no copy of it is whole. Throws what `Files` throws, and PermanentError for a
 * segment of a later version, which must not be taken for damage.
 */
export function readSegmentHeader(files: Files, fd: number, first: JournalPosition): SegmentHeader | null {
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES);
  const got = files.read(fd, bytes, 0, SEGMENT_HEADER_BYTES, 0);
  const header = decodeSegmentHeader(bytes.subarray(0, got), first);
  if (header !== null && header.version !== FORMAT_VERSION) {
    const found = `Journal segment ${segmentName(first)} has format version ${header.version}`;
    throw new PermanentError('conflict', `${found}, this server reads version ${FORMAT_VERSION}.`);
  }
  return header;
}

/**
 * Walks the frames of one segment, up to a limit that the caller may move on between calls. Limits are ends of frames
 * or the end of the file. A frame with a whole header and a damaged payload is skipped by its length; where the header
 * itself is damaged, the next valid one is searched byte by byte.
 */
export class SegmentScan {
  /** Where the next frame starts. */
  offset = SEGMENT_HEADER_BYTES;
  /** The position of the next frame, or of the first one that was damaged before it. */
  expected: JournalPosition;
  /** The end of the last frame with a whole header: `expected` belongs there. */
  #trusted = SEGMENT_HEADER_BYTES;
  /** Counts reads from the disk, so that a caller can let other work through between them. */
  reads = 0;
  readonly #files: Files;
  readonly #fd: number;
  readonly #salt: number;
  readonly #chunkBytes: number;
  #buffer: Buffer = Buffer.alloc(0);
  /** The file's bytes [#start, #end) are in #buffer from 0 on. */
  #start = 0;
  #end = 0;

  constructor(files: Files, fd: number, header: SegmentHeader, chunkBytes: number = READ_CHUNK_BYTES) {
    this.#files = files;
    this.#fd = fd;
    this.#salt = header.salt;
    this.expected = header.first;
    this.#chunkBytes = chunkBytes;
  }

  /** The next frame that ends at or before `limit`, null when there is none left. Throws what `Files` throws. */
  next(limit: number, onDamage: (damage: Damage) => void): ScannedFrame | null {
    while (this.offset < limit) {
      const from = this.offset;
      const header = this.#headerAt(from, limit);
      if (header === null || !this.#isPlausible(header, from)) {
        this.#resync(limit, onDamage);
        continue;
      }
      const to = from + FRAME_HEADER_BYTES + header.payloadBytes;
      if (to > limit) {
        this.offset = limit;
        onDamage({ from, to: limit, torn: true });
        break;
      }
      const payload = this.#view(from + FRAME_HEADER_BYTES, header.payloadBytes, limit);
      this.offset = to;
      this.#trusted = to;
      this.expected = header.position + 1;
      if (crc32(payload) === header.payloadCrc) return { position: header.position, payload };
      onDamage({ from, to, torn: false });
    }
    return null;
  }

  /** Moves to the next valid header behind damage, or to the limit. */
  #resync(limit: number, onDamage: (damage: Damage) => void): void {
    const from = this.offset;
    const torn = limit - from < FRAME_HEADER_BYTES;
    let at = from + 1;
    while (at + FRAME_HEADER_BYTES <= limit) {
      const window = this.#view(at, Math.min(this.#chunkBytes, limit - at), limit);
      const index = window.indexOf(FRAME_MAGIC_BYTES);
      if (index < 0) {
        // The magic may lie across the edge of the window.
        at += window.length - (FRAME_MAGIC_BYTES.length - 1);
        continue;
      }
      at += index;
      const header = this.#headerAt(at, limit);
      if (header !== null && this.#isPlausible(header, at)) {
        this.offset = at;
        onDamage({ from, to: at, torn });
        return;
      }
      at += 1;
    }
    this.offset = limit;
    onDamage({ from, to: limit, torn });
  }

  /** Positions have no gaps, so the damaged bytes before `at` bound how far they can have moved on. */
  #isPlausible({ position }: FrameHeader, at: number): boolean {
    const furthest = this.expected + Math.floor((at - this.#trusted) / FRAME_HEADER_BYTES);
    return position >= this.expected && position <= furthest;
  }

  #headerAt(at: number, limit: number): FrameHeader | null {
    if (at + FRAME_HEADER_BYTES > limit) return null;
    this.#load(at, FRAME_HEADER_BYTES, limit);
    return decodeFrameHeader(this.#buffer, at - this.#start, this.#salt);
  }

  #view(at: number, length: number, limit: number): Buffer {
    this.#load(at, length, limit);
    return this.#buffer.subarray(at - this.#start, at - this.#start + length);
  }

  /** Makes the file's bytes [at, at + length) present in the buffer, and reads ahead no further than `limit`. */
  #load(at: number, length: number, limit: number): void {
    if (at >= this.#start && at + length <= this.#end) return;
    const kept = at >= this.#start && at < this.#end ? this.#end - at : 0;
    const wanted = Math.min(Math.max(length, this.#chunkBytes), limit - at);
    const previous = this.#buffer;
    if (previous.length < wanted) {
      // A power of two, so that frames of growing size do not allocate each time. Given up with the segment.
      this.#buffer = Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(Math.max(wanted, FRAME_HEADER_BYTES))));
    }
    if (kept > 0) previous.copy(this.#buffer, 0, at - this.#start, at - this.#start + kept);
    this.#start = at;
    this.#end = at + kept;
    this.reads += 1;
    while (this.#end < at + wanted) {
      const filled = this.#end - at;
      const got = this.#files.read(this.#fd, this.#buffer, filled, wanted - filled, this.#end);
      // A file shorter than its durable length has been tampered with: zeros make it damage.
      if (got === 0) this.#buffer.fill(0, filled, wanted);
      this.#end += got === 0 ? wanted - filled : got;
    }
  }
}
