import { basename, dirname } from 'node:path';
import type { Files } from '../../src/journal/disk/files.ts';
import type { Random } from './random.ts';

/** How likely each fault is at each call; all 0 is a healthy disk. */
export interface FaultRates {
  /** EIO of a sync: some of what was to be synced is then lost, though reads show it until the power is cut. */
  syncError: number;
  /** EIO of any other call. */
  otherError: number;
  /** The kernel takes fewer bytes than given. */
  shortWrite: number;
}

export const NO_FAULTS: FaultRates = { syncError: 0, otherError: 0, shortWrite: 0 };

type Change = { kind: 'write'; at: number; bytes: Buffer } | { kind: 'truncate'; size: number };

/** One file: what readers see (the page cache), what a power cut leaves, and the changes between the two. */
export interface Inode {
  data: Buffer;
  durable: Buffer;
  pending: Change[];
  /** Offsets of bits that were flipped at rest. */
  flips: number[];
}

type NameChange = { kind: 'link'; name: string; inode: Inode } | { kind: 'unlink'; name: string } | Renamed;
interface Renamed {
  kind: 'rename';
  from: string;
  to: string;
  inode: Inode;
}

interface Directory {
  names: Map<string, Inode>;
  durable: Map<string, Inode>;
  pending: NameChange[];
}

interface PendingIo {
  complete(): void;
}

function errno(code: string): Error {
  return Object.assign(new Error(`simulated ${code}`), { code });
}

function applied(to: Buffer, change: Change): Buffer {
  if (change.kind === 'truncate') {
    const cut = Buffer.alloc(change.size);
    to.copy(cut, 0, 0, change.size);
    return cut;
  }
  const end = change.at + change.bytes.length;
  const grown = end > to.length ? Buffer.concat([to, Buffer.alloc(end - to.length)]) : Buffer.from(to);
  change.bytes.copy(grown, change.at);
  return grown;
}

function applyName(to: Map<string, Inode>, change: NameChange): void {
  if (change.kind === 'unlink') to.delete(change.name);
  else if (change.kind === 'link') to.set(change.name, change.inode);
  else {
    to.delete(change.from);
    to.set(change.to, change.inode);
  }
}

/**
 * A disk with a page cache, in memory. Written bytes survive a power cut for certain only when synced; without that
 * they may be lost, kept, torn at any byte, or kept in later places and lost in earlier ones. Names (create, rename,
 * unlink) are certain only after a sync of their directory. The disk outlives the processes that use it.
 */
export class SimDisk {
  readonly random: Random;
  faults: FaultRates = NO_FAULTS;
  totalBytes = 2 ** 30;
  /** Taken by others. */
  otherBytes = 0;
  /** What statfs(2) shows beyond what writes are given: a quota. */
  hiddenQuotaBytes = 0;
  /** Syncs that failed so far: what they covered may be lost at any later time. */
  syncFailures = 0;
  /** Started syncs and other slow calls, completed by the simulation in any order. */
  readonly io: PendingIo[] = [];
  readonly #directories = new Map<string, Directory>();

  constructor(random: Random) {
    this.random = random;
    this.directory('/');
  }

  directory(path: string): Directory {
    let directory = this.#directories.get(path);
    if (directory === undefined) {
      directory = { names: new Map(), durable: new Map(), pending: [] };
      this.#directories.set(path, directory);
    }
    return directory;
  }

  usedBytes(): number {
    let sum = this.otherBytes;
    for (const { names } of this.#directories.values()) for (const { data } of names.values()) sum += data.length;
    return sum;
  }

  freeBytes(): number {
    return Math.max(0, this.totalBytes - this.usedBytes());
  }

  completeOneIo(): boolean {
    if (this.io.length === 0) return false;
    const [io] = this.io.splice(this.random.int(this.io.length), 1);
    io!.complete();
    return true;
  }

  /** What was not synced is kept, lost or torn as chance has it. */
  cutPower(): void {
    this.io.length = 0;
    for (const directory of this.#directories.values()) {
      const inodes = new Set([...directory.names.values(), ...directory.durable.values()]);
      for (const change of directory.pending) if (change.kind !== 'unlink') inodes.add(change.inode);
      for (const inode of inodes) this.#cutPowerOf(inode);
      const keep = this.random.pick([0, 0.5, 1]);
      for (const change of directory.pending) if (this.random.chance(keep)) applyName(directory.durable, change);
      directory.pending = [];
      directory.names = new Map(directory.durable);
    }
  }

  #cutPowerOf(inode: Inode): void {
    const keep = this.random.pick([0, 0.3, 0.7, 1]);
    for (const change of inode.pending) {
      if (this.random.chance(keep)) inode.durable = applied(inode.durable, change);
      else if (change.kind === 'write') this.#tear(inode, change.at, change.bytes);
    }
    inode.pending = [];
    inode.data = Buffer.from(inode.durable);
  }

  /** Some runs of the bytes reach the disk, in no order. */
  #tear(inode: Inode, at: number, bytes: Buffer): void {
    if (bytes.length === 0) return;
    for (let run = this.random.int(3); run > 0; run -= 1) {
      const from = this.random.chance(0.5) ? 0 : this.random.int(bytes.length);
      const to = this.random.between(from, bytes.length);
      inode.durable = applied(inode.durable, { kind: 'write', at: at + from, bytes: bytes.subarray(from, to) });
    }
  }

  /** Flips one bit of what is durable and at rest. Returns false for a file that has none. */
  flip(inode: Inode, offset: number): boolean {
    if (inode.pending.length > 0 || offset >= inode.durable.length) return false;
    const mask = 1 << this.random.int(8);
    inode.durable = Buffer.from(inode.durable);
    inode.durable[offset]! ^= mask;
    inode.data = Buffer.from(inode.durable);
    inode.flips.push(offset);
    return true;
  }
}

/** A disk as one process sees it. When the process dies, its calls fail and what it waits for never comes. */
export class SimProcess implements Files {
  alive = true;
  /** The process dies in the middle of the call that brings this to 0; infinite for never. */
  callsUntilDeath = Number.POSITIVE_INFINITY;
  readonly #disk: SimDisk;
  readonly #open = new Map<number, Inode>();
  #nextFd = 3;

  constructor(disk: SimDisk) {
    this.#disk = disk;
  }

  openFiles(): number {
    return this.#open.size;
  }

  makeDir(dir: string): void {
    this.#call(() => this.#disk.directory(dir));
  }

  list(dir: string): string[] {
    return this.#call(() => [...this.#disk.directory(dir).names.keys()]);
  }

  open(path: string, mode: 'read' | 'write' | 'replace'): number {
    return this.#call(() => {
      const directory = this.#disk.directory(dirname(path));
      let inode = directory.names.get(basename(path));
      if (inode === undefined) {
        if (mode === 'read') throw errno('ENOENT');
        if (this.#disk.freeBytes() === 0) throw errno('ENOSPC');
        inode = { data: Buffer.alloc(0), durable: Buffer.alloc(0), pending: [], flips: [] };
        this.#rename(directory, { kind: 'link', name: basename(path), inode });
      }
      if (mode === 'replace') this.#change(inode, { kind: 'truncate', size: 0 });
      const fd = this.#nextFd++;
      this.#open.set(fd, inode);
      return fd;
    });
  }

  close(fd: number): void {
    // The kernel closes what a dead process had open.
    if (this.alive) this.#inode(fd);
    this.#open.delete(fd);
  }

  size(fd: number): number {
    return this.#call(() => this.#inode(fd).data.length);
  }

  sizeOf(path: string): number {
    return this.#call(() => this.#named(path).data.length);
  }

  read(fd: number, into: Uint8Array, at: number, length: number, position: number): number {
    return this.#call(() => {
      const { data } = this.#inode(fd);
      const count = Math.max(0, Math.min(length, data.length - position));
      into.set(data.subarray(position, position + count), at);
      return count;
    });
  }

  write(fd: number, parts: readonly Uint8Array[], position: number): number {
    if (parts.length > 1024) throw errno('EINVAL');
    const bytes = Buffer.concat(parts);
    const inode = this.#inode(fd);
    let count = bytes.length;
    const grows = Math.max(0, position + count - inode.data.length);
    const free = this.#disk.freeBytes();
    if (grows > free) count -= grows - free;
    if (count <= 0 && bytes.length > 0) throw errno('ENOSPC');
    if (this.#disk.random.chance(this.#disk.faults.shortWrite))
      count = this.#disk.random.between(Math.min(1, count), count);
    const take = (taken: number) => {
      this.#change(inode, { kind: 'write', at: position, bytes: bytes.subarray(0, taken) });
      return taken;
    };
    return this.#call(
      () => take(count),
      () => take(this.#disk.random.between(0, count)),
    );
  }

  truncate(fd: number, size: number): void {
    this.#call(() => this.#change(this.#inode(fd), { kind: 'truncate', size }));
  }

  sync(fd: number): Promise<void> {
    const inode = this.#inode(fd);
    // Only what was written before the call is covered.
    const covered = [...inode.pending];
    return this.#slow(() => {
      const failed = this.#disk.random.chance(this.#disk.faults.syncError);
      if (failed) this.#disk.syncFailures += 1;
      for (const change of covered) {
        const index = inode.pending.indexOf(change);
        if (index < 0) continue;
        inode.pending.splice(index, 1);
        // The kernel reports a failed write-back once and holds the pages for clean from then on.
        if (!failed || this.#disk.random.chance(0.5)) inode.durable = applied(inode.durable, change);
      }
      if (failed) throw errno('EIO');
    });
  }

  syncDir(dir: string): Promise<void> {
    const directory = this.#disk.directory(dir);
    const covered = [...directory.pending];
    return this.#slow(() => {
      if (this.#disk.random.chance(this.#disk.faults.syncError)) throw errno('EIO');
      for (const change of covered) {
        const index = directory.pending.indexOf(change);
        if (index < 0) continue;
        directory.pending.splice(index, 1);
        applyName(directory.durable, change);
      }
    });
  }

  rename(from: string, to: string): void {
    this.#call(() => {
      const inode = this.#named(from);
      const change: NameChange = { kind: 'rename', from: basename(from), to: basename(to), inode };
      this.#rename(this.#disk.directory(dirname(from)), change);
    });
  }

  unlink(path: string): void {
    this.#call(() => {
      this.#named(path);
      this.#rename(this.#disk.directory(dirname(path)), { kind: 'unlink', name: basename(path) });
    });
  }

  space(): { total: number; free: number } {
    return this.#call(() => {
      const free = this.#disk.freeBytes() + this.#disk.hiddenQuotaBytes;
      return { total: this.#disk.totalBytes + this.#disk.hiddenQuotaBytes, free };
    });
  }

  /** Runs one call, unless this is where the process dies: then before it, after it, or with `half` of it done. */
  #call<Result>(effect: () => Result, half: () => unknown = effect): Result {
    this.#checkAlive();
    this.callsUntilDeath -= 1;
    if (this.callsUntilDeath <= 0) {
      if (this.#disk.random.chance(0.6)) half();
      this.alive = false;
      this.#checkAlive();
    }
    if (this.#disk.random.chance(this.#disk.faults.otherError)) throw errno('EIO');
    return effect();
  }

  #slow(effect: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#checkAlive();
      const complete = () => {
        try {
          this.#call(effect);
          resolve();
        } catch (error) {
          // To a dead process nothing is answered any more.
          if (this.alive) reject(error);
        }
      };
      this.#disk.io.push({ complete });
    });
  }

  #checkAlive(): void {
    if (!this.alive) throw errno('EOWNERDEAD');
  }

  #inode(fd: number): Inode {
    this.#checkAlive();
    const inode = this.#open.get(fd);
    if (inode === undefined) throw errno('EBADF');
    return inode;
  }

  #named(path: string): Inode {
    const inode = this.#disk.directory(dirname(path)).names.get(basename(path));
    if (inode === undefined) throw errno('ENOENT');
    return inode;
  }

  #change(inode: Inode, change: Change): void {
    inode.data = applied(inode.data, change);
    inode.pending.push(change);
  }

  #rename(directory: Directory, change: NameChange): void {
    applyName(directory.names, change);
    directory.pending.push(change);
  }
}
