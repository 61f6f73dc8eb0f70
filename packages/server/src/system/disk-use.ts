import { readdir, readFile, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';

/** The data directory's parts by their folders; everything else is `other`. */
const PARTS = {
  journal: ['journal'],
  store: ['store'],
  dead_letters: ['dead-letters', 'set-aside'],
  undelivered: ['undelivered'],
  control: ['control'],
} as const;
export type DiskPart = keyof typeof PARTS | 'other';

export interface DiskSpace {
  totalBytes: number;
  freeBytes: number;
}

/** Of the file system that holds the directory: what there is, and what a program without privileges may still take. */
export async function diskSpace(dir: string): Promise<DiskSpace> {
  const { blocks, bavail, bsize } = await statfs(dir);
  return { totalBytes: blocks * bsize, freeBytes: bavail * bsize };
}

/** Bytes of the files of each part. Files that come and go meanwhile may be missed. */
export async function diskUse(dataDir: string): Promise<Record<DiskPart, number>> {
  const use: Record<DiskPart, number> = { journal: 0, store: 0, dead_letters: 0, undelivered: 0, control: 0, other: 0 };
  for (const name of await readdir(dataDir).catch(() => [])) {
    use[partOf(name)] += await bytesIn(join(dataDir, name));
  }
  return use;
}

function partOf(name: string): DiskPart {
  for (const [part, names] of Object.entries(PARTS)) {
    if ((names as readonly string[]).includes(name)) return part as DiskPart;
  }
  return 'other';
}

async function bytesIn(path: string): Promise<number> {
  let bytes = 0;
  const waiting = [path];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const entries = await readdir(next, { withFileTypes: true }).catch(() => null);
    if (entries === null) bytes += await sizeOf(next);
    else {
      for (const entry of entries) {
        const at = join(next, entry.name);
        if (entry.isDirectory()) waiting.push(at);
        else bytes += await sizeOf(at);
      }
    }
  }
  return bytes;
}

/** Of a file with several names each counts its share, so that none counts twice. */
async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size, nlink }) => size / Math.max(1, nlink),
    () => 0,
  );
}

/** Memory that a process of this machine holds; null where the system does not tell. */
export async function residentBytes(pid: number): Promise<number | null> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  return kib === undefined ? null : Number(kib) * 1024;
}
