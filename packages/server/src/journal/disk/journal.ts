/**
 * The journal on a local disk. The writer lives in the thread that decodes, readers in the thread of the consumers;
 * they share the files and one JournalProgress.
 *
 * What is relied on: fdatasync(2) does not return before the bytes are safe, and a directory's names are safe after
 * fsync(2) of it. A disk that lies about either loses what it lied about, and no more than that.
 *
 * One process at a time: take the lock of lock.ts first.
 */
import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import type { JournalPosition } from '../journal.ts';
import { toRetryable } from './faults.ts';
import { type Files, isNoSpace, realFiles } from './files.ts';
import { JournalProgress } from './progress.ts';
import { type Recovered, type RecoveryReport, recover } from './recover.ts';
import { type Clock, defaultReserveBytes, defaultSegmentBytes, SpaceGuard } from './space.ts';
import { DiskJournalWriter } from './writer.ts';

export interface DiskJournalOptions {
  dir: string;
  /** The number of this server, below 2^32. A journal of another node is refused. */
  node: number;
  /** One after what any consumer has committed or has under way; guards against a journal that went back. */
  nextAtLeast?: JournalPosition;
  /** Default: 1/32 of the file system, at least 1 MiB, at most 64 MiB. A larger payload gets its own segment. */
  segmentBytes?: number;
  /** Appends are refused while less than this is free. Default: a tenth of the file system, at most 256 MiB. */
  reserveBytes?: number;
  /** Shared memory to publish in, for a writer that is opened again while readers go on. Default: new. */
  progress?: JournalProgress;
  files?: Files;
  clock?: Clock;
  /** A random number below 2^32 for every segment, unknown to clients (see format.ts). */
  salt?: () => number;
}

export interface OpenedDiskJournal {
  writer: DiskJournalWriter;
  progress: JournalProgress;
  report: RecoveryReport;
}

const monotonicClock: Clock = { now: () => performance.now() };

/**
 * Recovers what is in `dir` and opens it for appending. A full disk is no error: appends then fail with `disk_full`
 * until there is space. Throws PermanentError `conflict` for a journal of another node or a later format, and
 * RetryableError when the disk cannot be read or written.
 */
export async function openDiskJournal(options: DiskJournalOptions): Promise<OpenedDiskJournal> {
  const { dir, node, files = realFiles, clock = monotonicClock, progress = new JournalProgress() } = options;
  const { salt = () => randomBytes(4).readUInt32LE() } = options;
  try {
    const { total } = files.space(dirname(dir));
    await makeDurableDir(files, dir);
    const recovered = await recover(files, dir, node, options.nextAtLeast ?? 1);
    const space = new SpaceGuard(files, dir, clock, options.reserveBytes ?? defaultReserveBytes(total));
    const writer = new DiskJournalWriter({
      files,
      dir,
      node,
      next: recovered.next,
      segmentBytes: options.segmentBytes ?? defaultSegmentBytes(total),
      space,
      progress,
      salt,
      onFirstSegment: () => recovered.cutTails(),
    });
    await startWriter(writer, space, progress, recovered);
    return { writer, progress, report: recovered.report };
  } catch (error) {
    throw toRetryable(error);
  }
}

async function makeDurableDir(files: Files, dir: string): Promise<void> {
  files.makeDir(dir);
  await files.syncDir(dirname(dir));
}

async function startWriter(
  writer: DiskJournalWriter,
  space: SpaceGuard,
  progress: JournalProgress,
  recovered: Recovered,
): Promise<void> {
  try {
    await writer.start();
  } catch (error) {
    if (!isNoSpace(error)) throw error;
    // Reading goes on; the first append that there is space for makes the segment.
    space.refused();
    progress.publish(recovered.end);
  }
}
