import * as fs from 'node:fs';

/**
 * Everything the journal and its cursors do to a disk. It is injected so that the simulation can stand in for the
 * kernel, the page cache and the power supply. Errors are thrown (or rejected) with the `code` of errno(3).
 *
 * What the callers rely on, as POSIX has it: written bytes survive a power cut only after `sync` of that file, and a
 * created, renamed or removed name only after `syncDir` of its directory.
 */
export interface Files {
  /** Makes `dir` and what is missing above it. */
  makeDir(dir: string): void;
  /** Names in `dir`, without order. */
  list(dir: string): string[];
  /** `read`: must exist. `write`: read and write, made when missing. `replace`: the same, emptied first. */
  open(path: string, mode: 'read' | 'write' | 'replace'): number;
  close(fd: number): void;
  size(fd: number): number;
  sizeOf(path: string): number;
  /** Bytes read, 0 at the end of the file. */
  read(fd: number, into: Uint8Array, at: number, length: number, position: number): number;
  /** Bytes written, which may be fewer than given. At most WRITE_PARTS_MAX parts. */
  write(fd: number, parts: readonly Uint8Array[], position: number): number;
  truncate(fd: number, size: number): void;
  /** fdatasync(2): the bytes, and as much of the inode as is needed to read them back. */
  sync(fd: number): Promise<void>;
  syncDir(dir: string): Promise<void>;
  rename(from: string, to: string): void;
  unlink(path: string): void;
  /** Bytes of the file system that holds `dir`; `free` is what an unprivileged process may still use. */
  space(dir: string): { total: number; free: number };
}

/** IOV_MAX of Linux and macOS, see sysconf(3). */
export const WRITE_PARTS_MAX = 1024;

const OPEN_FLAGS = {
  read: fs.constants.O_RDONLY,
  write: fs.constants.O_RDWR | fs.constants.O_CREAT,
  replace: fs.constants.O_RDWR | fs.constants.O_CREAT | fs.constants.O_TRUNC,
};

/** Only the server's own user may read what users sent. */
const FILE_MODE = 0o600;
const DIR_MODE = 0o700;

function syncFile(fd: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fs.fdatasync(fd, (error) => (error ? reject(error) : resolve()));
  });
}

async function syncDirectory(dir: string): Promise<void> {
  // Windows cannot open a directory for this, and its file systems write names through.
  if (process.platform === 'win32') return;
  const fd = fs.openSync(dir, 'r');
  try {
    await new Promise<void>((resolve, reject) => {
      fs.fsync(fd, (error) => (error ? reject(error) : resolve()));
    });
  } finally {
    fs.closeSync(fd);
  }
}

/** The real disk. */
export const realFiles: Files = {
  makeDir: (dir) => void fs.mkdirSync(dir, { recursive: true, mode: DIR_MODE }),
  list: (dir) => fs.readdirSync(dir),
  open: (path, mode) => fs.openSync(path, OPEN_FLAGS[mode], FILE_MODE),
  close: (fd) => fs.closeSync(fd),
  size: (fd) => fs.fstatSync(fd).size,
  sizeOf: (path) => fs.statSync(path).size,
  read: (fd, into, at, length, position) => fs.readSync(fd, into, at, length, position),
  write: (fd, parts, position) => fs.writevSync(fd, parts, position),
  truncate: (fd, size) => fs.ftruncateSync(fd, size),
  sync: syncFile,
  syncDir: syncDirectory,
  rename: (from, to) => fs.renameSync(from, to),
  unlink: (path) => fs.unlinkSync(path),
  space(dir) {
    const { blocks, bavail, bsize } = fs.statfsSync(dir);
    return { total: blocks * bsize, free: bavail * bsize };
  },
};

/** The errno name of an error that the operating system gave, '' for anything else (Node's own are ERR_…). */
export function errnoOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  return typeof code === 'string' && /^E[A-Z0-9]+$/.test(code) ? code : '';
}

/** No space or no quota left: the only write errors after which the state of the file is still known. */
export function isNoSpace(error: unknown): boolean {
  const code = errnoOf(error);
  return code === 'ENOSPC' || code === 'EDQUOT';
}

/**
 * Bytes of one write call. Linux takes longer for each byte of a large one: 2.3 MB frames cost 0.6 ms of CPU each in
 * calls of their own, 2 to 5 ms in calls of 10 to 60 MB (ext4, kernel 6, page cache cold).
 */
const WRITE_BYTES_MAX = 2 * 2 ** 20;

/**
 * Writes all of `parts` at `position`, however few bytes the kernel takes at a time.
 * A call that takes nothing at all counts as no space, because it would otherwise be repeated for ever.
 */
export function writeAll(files: Files, fd: number, parts: readonly Uint8Array[], position: number): void {
  let written = 0;
  // The next byte to write is parts[index][within].
  let index = 0;
  let within = 0;
  while (index < parts.length) {
    const window = takeWindow(parts, index, within);
    const taken = files.write(fd, window, position + written);
    if (taken === 0 && window.some((part) => part.length > 0)) {
      throw Object.assign(new Error('write took no bytes'), { code: 'ENOSPC' });
    }
    written += taken;
    within += taken;
    while (index < parts.length && within >= parts[index]!.length) within -= parts[index++]!.length;
  }
}

function takeWindow(parts: readonly Uint8Array[], index: number, within: number): Uint8Array[] {
  const window: Uint8Array[] = [];
  let room = WRITE_BYTES_MAX;
  for (let i = index; i < parts.length && window.length < WRITE_PARTS_MAX && room > 0; i += 1) {
    const part = parts[i]!;
    const from = i === index ? within : 0;
    const piece = from === 0 && part.length <= room ? part : part.subarray(from, from + room);
    window.push(piece);
    room -= piece.length;
  }
  return window;
}
