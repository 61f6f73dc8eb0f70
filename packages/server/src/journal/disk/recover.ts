import { join } from 'node:path';
import { PermanentError } from '../../runtime/errors.ts';
import type { JournalPosition } from '../journal.ts';
import { setAside } from './damage.ts';
import type { Files } from './files.ts';
import { FRAME_HEADER_BYTES, SEGMENT_HEADER_BYTES, segmentFirsts, segmentName } from './format.ts';
import type { DurableEnd } from './progress.ts';
import { readSegmentHeader, SegmentScan } from './scan.ts';

/** What opening found at the end of the journal. Damage further up is found, and counted, by those who read it. */
export interface RecoveryReport {
  /** Segment files found. */
  segments: number;
  /** Frames in the segments that were looked through: the last one that has any, and those behind it. */
  framesScanned: number;
  /** Bytes cut from the end that were a frame never written whole. */
  tornBytes: number;
  /** Bytes cut from the end that may once have been frames, and were set aside. */
  damagedBytes: number;
}

export interface Recovered {
  next: JournalPosition;
  /** The durable end as it is, without a segment to write to. */
  end: Omit<DurableEnd, 'version'>;
  report: RecoveryReport;
  /** Cuts the tails. To be called when the segment that starts at `next` is durable, see `recover`. */
  cutTails(): Promise<void>;
}

interface Tail {
  first: JournalPosition;
  /** The end of the last good frame. */
  size: number;
}

interface Inspected {
  frames: number;
  /** No position before this one may be given again. */
  next: JournalPosition;
  goodBytes: number;
  tailBytes: number;
  torn: boolean;
}

/**
 * Finds the end of the journal: reads the last segment, and the ones before it as long as they hold no frame.
 *
 * A tail that cannot be a torn write (all its bytes are there, but they are no frames) may be an acknowledged frame
 * that has rotted, and a consumer may have handled it under its position. Giving that position to another payload
 * would make the consumer pass it over, so as many positions are left out as frames can have been in those bytes.
 *
 * For the same reason the caller always starts a new segment, named by `next`, and makes it durable before the tails
 * are cut: from then on the name holds the position, even if the frames before it should be lost.
 *
 * `nextAtLeast`: what consumers have committed, so that a journal that went back (an old backup, a disk that lied
 * about a sync) does not give new payloads positions which they have passed.
 */
export async function recover(
  files: Files,
  dir: string,
  node: number,
  nextAtLeast: JournalPosition,
): Promise<Recovered> {
  const firsts = segmentFirsts(files.list(dir));
  const report: RecoveryReport = { segments: firsts.length, framesScanned: 0, tornBytes: 0, damagedBytes: 0 };
  const tails: Tail[] = [];
  let next = Math.max(1, nextAtLeast);
  let end = { segment: 0, segmentBytes: 0 };
  let before = Number.POSITIVE_INFINITY;
  for (const first of firsts.toReversed()) {
    const found = await inspect(files, dir, node, first, before);
    before = first;
    next = Math.max(next, found.next);
    report.framesScanned += found.frames;
    if (found.tailBytes > 0) tails.push({ first, size: found.goodBytes });
    if (found.torn) report.tornBytes += found.tailBytes;
    else report.damagedBytes += found.tailBytes;
    if (found.frames > 0) {
      end = { segment: first, segmentBytes: found.goodBytes };
      break;
    }
  }
  const cutTails = async (): Promise<void> => {
    // A segment that starts at `next` has no frames and was written anew.
    for (const tail of tails) if (tail.first !== next) await cut(files, dir, tail);
  };
  return { next, end: { next, ...end }, report, cutTails };
}

/** `before`: where the segment behind this one starts. Its name holds that position, so no frame here may have it. */
async function inspect(
  files: Files,
  dir: string,
  node: number,
  first: JournalPosition,
  before: JournalPosition,
): Promise<Inspected> {
  const fd = files.open(join(dir, segmentName(first)), 'write');
  try {
    const size = files.size(fd);
    const header = readSegmentHeader(files, fd, first);
    if (header === null) return withoutHeader(first, size);
    if (header.node !== node) {
      throw new PermanentError('conflict', `The journal was written by node ${header.node}, this is node ${node}.`);
    }
    const scan = new SegmentScan(files, fd, header);
    const found: Inspected = { frames: 0, next: first, goodBytes: SEGMENT_HEADER_BYTES, tailBytes: 0, torn: true };
    let torn = true;
    const onDamage = (damage: { torn: boolean }) => {
      torn &&= damage.torn;
    };
    for (let frame = scan.next(size, onDamage); frame !== null; frame = scan.next(size, onDamage)) {
      if (frame.position >= before) break;
      found.frames += 1;
      found.next = frame.position + 1;
      found.goodBytes = scan.offset;
      torn = true;
    }
    found.torn = torn;
    found.tailBytes = Math.max(0, size - found.goodBytes);
    if (!torn) {
      found.next += Math.ceil(found.tailBytes / FRAME_HEADER_BYTES);
      setAside(files, dir, { first, fd }, { from: found.goodBytes, to: size });
    }
    // Frames that a killed process had written are read back from the page cache: they must be on the disk before
    // anyone acts on them.
    if (found.frames > 0) await files.sync(fd);
    return found;
  } finally {
    files.close(fd);
  }
}

/** A segment is not cut for want of a header: readers skip, count and set it aside, and trimming removes it. */
function withoutHeader(first: JournalPosition, size: number): Inspected {
  const framesMax = size > SEGMENT_HEADER_BYTES ? Math.ceil(size / FRAME_HEADER_BYTES) : 0;
  return { frames: 0, next: first + framesMax, goodBytes: size, tailBytes: 0, torn: true };
}

async function cut(files: Files, dir: string, tail: Tail): Promise<void> {
  const fd = files.open(join(dir, segmentName(tail.first)), 'write');
  try {
    files.truncate(fd, tail.size);
    await files.sync(fd);
  } finally {
    files.close(fd);
  }
}
