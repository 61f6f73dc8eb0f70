import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCursor } from '../../src/journal/cursor.ts';
import { type Files, realFiles } from '../../src/journal/disk/files.ts';
import { encodeFrameHeader, FRAME_HEADER_BYTES, FRAME_MAGIC_BYTES } from '../../src/journal/disk/format.ts';
import { openDiskJournal } from '../../src/journal/disk/journal.ts';
import { openDiskJournalReader } from '../../src/journal/disk/reader.ts';
import { type JournalStorage, journalContract } from './journal.contract.ts';

const SEGMENT_BYTES = 4096;

/** The real disk, until it is told to fail. */
class FailingDisk {
  full = false;
  failNextSync = false;
  readonly files: Files = {
    ...realFiles,
    write: (fd, parts, position) => {
      if (this.full) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
      return realFiles.write(fd, parts, position);
    },
    sync: (fd) => {
      if (!this.failNextSync) return realFiles.sync(fd);
      this.failNextSync = false;
      return Promise.reject(Object.assign(new Error('bad block'), { code: 'EIO' }));
    },
  };
}

function segments(dir: string): string[] {
  const names = readdirSync(dir).filter((name) => name.endsWith('.seg'));
  return names.toSorted().map((name) => join(dir, name));
}

/** Appends the first half of a frame to the last segment that has frames. */
function tearTail(dir: string): void {
  const path = segments(dir).at(-1)!;
  const bytes = readFileSync(path);
  const header = Buffer.alloc(FRAME_HEADER_BYTES);
  encodeFrameHeader(header, 0, bytes.readUInt32LE(12), 2, 100, 0);
  writeFileSync(path, Buffer.concat([bytes, header, Buffer.from('half a payl')]));
}

function damage(dir: string, position: number): void {
  for (const path of segments(dir)) {
    const bytes = readFileSync(path);
    for (let at = bytes.indexOf(FRAME_MAGIC_BYTES); at >= 0; at = bytes.indexOf(FRAME_MAGIC_BYTES, at + 1)) {
      if (bytes.readUIntLE(at + 8, 6) !== position) continue;
      bytes[at + FRAME_HEADER_BYTES]! ^= 1;
      writeFileSync(path, bytes);
      return;
    }
  }
}

async function makeStorage(): Promise<JournalStorage> {
  const root = mkdtempSync(join(tmpdir(), 'journal-'));
  const dir = join(root, 'journal');
  const disk = new FailingDisk();
  const clock = { milliseconds: 0, now: () => clock.milliseconds };
  const { files } = disk;
  return {
    open: async () => {
      const options = { dir, node: 1, segmentBytes: SEGMENT_BYTES, reserveBytes: 0, files, clock };
      const { writer, progress } = await openDiskJournal(options);
      return { writer, reader: openDiskJournalReader({ dir, progress, files, chunkBytes: 1000 }) };
    },
    cursor: (name) => openCursor(join(root, 'cursors'), name),
    setFull: (full) => {
      disk.full = full;
      clock.milliseconds += 1000;
    },
    failNextSync: () => {
      disk.failNextSync = true;
    },
    tearTail: () => tearTail(dir),
    damage: (position) => damage(dir, position),
    segmentBytes: SEGMENT_BYTES,
    remove: async () => rmSync(root, { recursive: true }),
  };
}

journalContract('disk', makeStorage);
