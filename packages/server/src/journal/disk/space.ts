import type { Files } from './files.ts';

/** Milliseconds, monotonic. Injected so that the simulation decides what time it is. */
export interface Clock {
  now(): number;
}

const MIB = 2 ** 20;
/** Asking the file system costs a system call, so it is not asked more often than this. */
const CHECK_INTERVAL_MS = 250;
/** But at least once in this much written, or a fast writer would run through the reserve between two checks. */
const CHECK_BYTES = 8 * MIB;
const RESERVE_BYTES_MAX = 256 * MIB;
const SEGMENT_BYTES_MIN = MIB;
const SEGMENT_BYTES_MAX = 64 * MIB;

/** Small enough that trimming whole segments gives back space in good time on a small disk. */
export function defaultSegmentBytes(totalBytes: number): number {
  return Math.min(SEGMENT_BYTES_MAX, Math.max(SEGMENT_BYTES_MIN, Math.floor(totalBytes / 32)));
}

/**
 * What the journal leaves free: the event store on the same disk must still be able to insert and merge what is
 * journaled already, and cursors must still be committed, or a full disk would never drain.
 */
export function defaultReserveBytes(totalBytes: number): number {
  return Math.min(RESERVE_BYTES_MAX, Math.floor(totalBytes / 10));
}

/** Decides whether bytes may still be written. Between checks it reckons with what was free less what was written. */
export class SpaceGuard {
  readonly #files: Files;
  readonly #dir: string;
  readonly #clock: Clock;
  readonly #reserveBytes: number;
  #free = 0;
  #writtenSinceCheck = 0;
  #checkedAt = Number.NEGATIVE_INFINITY;
  #full = false;

  constructor(files: Files, dir: string, clock: Clock, reserveBytes: number) {
    this.#files = files;
    this.#dir = dir;
    this.#clock = clock;
    this.#reserveBytes = reserveBytes;
  }

  /** Whether the disk is full as far as is known now. Once full, it is looked at again every CHECK_INTERVAL_MS. */
  isFull(): boolean {
    if (this.#full && this.#isDue()) this.#check();
    return this.#full;
  }

  /** Whether `bytes` may be written now without touching the reserve. */
  admits(bytes: number): boolean {
    if (this.#isDue() || (!this.#full && this.#writtenSinceCheck >= CHECK_BYTES)) this.#check();
    return !this.#full && this.#free - this.#writtenSinceCheck - bytes >= this.#reserveBytes;
  }

  wrote(bytes: number): void {
    this.#writtenSinceCheck += bytes;
  }

  /** The kernel refused a write for want of space, whatever statfs(2) said: quotas, inodes, blocks held back. */
  refused(): void {
    this.#full = true;
    this.#checkedAt = this.#clock.now();
  }

  #isDue(): boolean {
    return this.#clock.now() - this.#checkedAt >= CHECK_INTERVAL_MS;
  }

  #check(): void {
    this.#checkedAt = this.#clock.now();
    this.#writtenSinceCheck = 0;
    try {
      const { total, free } = this.#files.space(this.#dir);
      // A file system that cannot tell (some network ones) must not stop the journal: writes still report ENOSPC.
      this.#free = total === 0 ? Number.POSITIVE_INFINITY : free;
    } catch {
      this.#free = Number.POSITIVE_INFINITY;
    }
    this.#full = this.#free < this.#reserveBytes;
  }
}
