import { FRAME_HEADER_BYTES, FRAME_MAGIC_BYTES, SEGMENT_HEADER_BYTES } from '../../src/journal/disk/format.ts';
import { JournalProgress } from '../../src/journal/disk/progress.ts';
import type { JournalPosition } from '../../src/journal/journal.ts';
import type { Inode } from './sim-disk.ts';

/** What one seed, or many, has gone through: the summary shows that the faults really happened. */
export const NO_COUNTS = {
  appends: 0,
  acknowledged: 0,
  refused: 0,
  unknown: 0,
  framesRead: 0,
  lives: 0,
  kills: 0,
  powerCuts: 0,
  bitFlips: 0,
  failedSyncs: 0,
  failedOpens: 0,
  trims: 0,
  damagedRanges: 0,
  tornBytes: 0,
};
export type Counts = typeof NO_COUNTS;

/** Wakes followers in the order in which they wait: Atomics.waitAsync would leave that to the event loop. */
export class SimProgress extends JournalProgress {
  #waiting: (() => void)[] = [];

  override publish(end: Parameters<JournalProgress['publish']>[0]): void {
    super.publish(end);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  override async changed(version: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.read().version !== version) return;
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }
}

/** Lets everything run that is not waiting for the disk. */
export async function turn(): Promise<void> {
  for (let i = 0; i < 2; i += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Whether two offsets are in different copies of a segment's header. */
export function isOtherCopy(at: number, offset: number): boolean {
  const half = SEGMENT_HEADER_BYTES / 2;
  return at < SEGMENT_HEADER_BYTES && at < half !== offset < half;
}

/** The frames that hold `offset`, all of them for null. Found without the scanner that is on trial. */
export function framesAt({ data }: Inode, offset: number | null): { position: JournalPosition; payload: Buffer }[] {
  const frames = [];
  let at = data.indexOf(FRAME_MAGIC_BYTES);
  for (; at >= 0 && at + FRAME_HEADER_BYTES <= data.length; at = data.indexOf(FRAME_MAGIC_BYTES, at + 1)) {
    const start = at + FRAME_HEADER_BYTES;
    const end = start + data.readUInt32LE(at + 4);
    const payload = data.subarray(start, end);
    if (offset === null || (offset >= at && offset < end))
      frames.push({ position: data.readUIntLE(at + 8, 6), payload });
  }
  return frames;
}
