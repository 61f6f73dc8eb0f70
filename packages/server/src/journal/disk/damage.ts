import { join } from 'node:path';
import type { JournalPosition } from '../journal.ts';
import type { Files } from './files.ts';
import { writeAll } from './files.ts';
import { segmentName } from './format.ts';
import { READ_CHUNK_BYTES } from './scan.ts';
import { defaultSegmentBytes } from './space.ts';

const DAMAGED_DIR = 'damaged';

/**
 * Copies bytes [from, to) of a segment into `<dir>/damaged/<segment>-<from>-<to>`, once: a file of that name is left
 * as it is. Someone may want to see what was lost; the server itself never reads it.
 *
 * Best effort, because damage must not stop reading: nothing is copied when the copies would exceed the size of one
 * default segment in all, or the disk does not take them. Returns whether the copy is there. It is not synced: the damaged bytes themselves
 * stay in their segment until it is trimmed.
 */
export function setAside(
  files: Files,
  dir: string,
  segment: { first: JournalPosition; fd: number },
  range: { from: number; to: number },
): boolean {
  const damagedDir = join(dir, DAMAGED_DIR);
  const name = `${segmentName(segment.first)}-${range.from}-${range.to}`;
  try {
    files.makeDir(damagedDir);
    const names = files.list(damagedDir);
    if (names.includes(name)) return true;
    const used = names.reduce((sum, other) => sum + files.sizeOf(join(damagedDir, other)), 0);
    if (used + range.to - range.from > defaultSegmentBytes(files.space(dir).total)) return false;
    copyRange(files, segment.fd, range, join(damagedDir, name));
    return true;
  } catch {
    return false;
  }
}

function copyRange(files: Files, from: number, range: { from: number; to: number }, path: string): void {
  const to = files.open(path, 'replace');
  try {
    const chunk = Buffer.alloc(Math.min(READ_CHUNK_BYTES, range.to - range.from));
    for (let at = range.from; at < range.to; ) {
      const got = files.read(from, chunk, 0, Math.min(chunk.length, range.to - at), at);
      if (got === 0) break;
      writeAll(files, to, [chunk.subarray(0, got)], at - range.from);
      at += got;
    }
  } finally {
    files.close(to);
  }
}
