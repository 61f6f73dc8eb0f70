import { type FileHandle, glob, open, readFile, readlink, realpath, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join, matchesGlob, resolve as resolvePath } from 'node:path';
import type { ReceiversConfig } from '../config.ts';
import type { ListenerContext } from '../receiver.ts';
import { Checkpoints } from './checkpoints.ts';
import { beginsSame, isSame, keyOf, noteBeginning, type Place, readAt, skipTo } from './identity.ts';
import { isPackedContent, isPackedName, labelsOfPaths } from './places.ts';
import { writeQuery } from './query.ts';
import { findSibling, isSiblingName } from './siblings.ts';
import { type FileSurroundings, TailedFile } from './tailed-file.ts';

/** Bodies under way at a time, over all files. */
const IN_FLIGHT = 4;
/** How long a file without a name in `paths`, or deleted, is read on for the sake of a writer that still has it open. */
const CLOSE_AFTER_MS = 60_000;
/** Open files. More are left for later, with a warning. */
const FILES_MAX = 4096;
/** How long after its last write a shorter file may still become a copy. */
const COPYING_MS = 10_000;
const START = { offset: 0, fingerprintBytes: 0, fingerprint: 0, tail: 0 };
const CLOSE_DEADLINE_MS = 2000;

type FileTailConfig = ReceiversConfig['file-tail'];

/** Finds the files and reads them, round robin, until it is closed. */
export class Tailer {
  private readonly context: ListenerContext;
  private readonly config: FileTailConfig;
  private readonly around: FileSurroundings;
  private readonly checkpoints: Checkpoints;
  private readonly files = new Map<string, TailedFile>();
  /** Places of the last run whose file was not found yet. */
  private readonly earlier = new Map<string, Place>();
  private isFirstStart = false;
  private isClosing = false;
  private nextScan = 0;
  private scans = 0;
  private running: Promise<void> = Promise.resolve();
  private wake: () => void = () => {};

  constructor(context: ListenerContext, secret: string | null) {
    this.context = context;
    this.config = context.config['file-tail'];
    this.checkpoints = new Checkpoints(context.stateDir, () => [
      ...[...this.files.values()].map(({ place }) => place),
      ...[...this.earlier.values()].slice(-FILES_MAX),
    ]);
    this.around = { context, secret, now: () => Date.now(), save: () => this.checkpoints.save() };
  }

  /** Resolves when all files are known that are there. Rejects when the checkpoints cannot be read. */
  async start(): Promise<void> {
    const places = await this.checkpoints.load();
    this.isFirstStart = places === null;
    for (const place of places ?? []) this.earlier.set(keyOf(place), place);
    // Waited for: what is rotated right after the start is known by then.
    await this.scan();
    this.nextScan = Date.now() + this.config.scanInterval;
    this.running = this.run();
  }

  /** Ends after the bodies under way, so that their places are saved. */
  async close(): Promise<void> {
    this.isClosing = true;
    this.wake();
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([this.running, new Promise((resolve) => (timer = setTimeout(resolve, CLOSE_DEADLINE_MS)))]);
    clearTimeout(timer);
    for (const { handle } of this.files.values()) await handle.close().catch(() => {});
  }

  private async run(): Promise<void> {
    while (!this.isClosing) {
      try {
        const progressed = await this.round();
        if (progressed) continue;
      } catch (error) {
        this.warn(error, 'log files cannot be read for now');
      }
      await this.sleep(this.config.pollInterval);
    }
  }

  private async round(): Promise<boolean> {
    if (Date.now() >= this.nextScan) {
      await this.scan();
      this.nextScan = Date.now() + this.config.scanInterval;
    }
    const queue = [...this.files.values()];
    let progressed = false;
    const worker = async () => {
      for (let file = queue.shift(); file !== undefined && !this.isClosing; file = queue.shift()) {
        if (await this.step(file)) progressed = true;
      }
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
    return progressed;
  }

  private async step(file: TailedFile): Promise<boolean> {
    try {
      const result = await file.step();
      if (result === 'truncated') await this.restart(file);
      return result !== 'idle';
    } catch (error) {
      this.warn(error, 'a log file cannot be read', file.place.path);
      return false;
    }
  }

  /** A file that was cut short: what was not read of it may be in the copy that copytruncate made. */
  private async restart(file: TailedFile): Promise<void> {
    const { place, handle } = file;
    this.context.count('file_truncated');
    await this.followSibling(place);
    const again = { ...place, ...START };
    const restarted = new TailedFile(this.around, again, handle, await this.queryOf(place));
    restarted.isListed = file.isListed;
    this.files.set(keyOf(place), restarted);
  }

  /** Reads on in the file's copy or new name, when there is one that nobody reads. */
  private async followSibling(place: Place): Promise<boolean> {
    const sibling = await findSibling(place, (key) => this.files.has(key));
    if (sibling === null) return false;
    const { handle, dev, ino } = sibling;
    const file = new TailedFile(this.around, { ...place, dev, ino }, handle, await this.queryOf(place));
    file.isListed = false;
    this.files.set(keyOf(file.place), file);
    return true;
  }

  private async scan(): Promise<void> {
    const listed = new Set<string>();
    for await (const path of glob(this.config.paths)) {
      if (isPackedName(path) || this.config.exclude.some((pattern) => matchesGlob(path, pattern))) continue;
      const found = await stat(path, { bigint: true }).catch(() => null);
      if (found === null || !found.isFile()) continue;
      const key = keyOf(found);
      listed.add(key);
      if (!this.files.has(key))
        await this.add(path).catch((error) => this.warn(error, 'a log file cannot be read', path));
    }
    if (this.scans === 0) await this.follow();
    for (const [key, file] of this.files) {
      file.isListed = listed.has(key);
      if (!file.isListed) await this.retire(key, file);
    }
    this.isFirstStart = false;
    if (this.scans++ === 0) await this.checkpoints.save();
  }

  private async add(path: string): Promise<void> {
    if (this.files.size >= FILES_MAX) {
      if (this.scans === 0) this.context.warn({ path, limit: FILES_MAX }, 'more log files than are read at a time');
      return;
    }
    const handle = await open(path, 'r');
    const isKept = await this.addOpened(path, handle).catch(async (error: unknown) => {
      await handle.close();
      throw error;
    });
    if (!isKept) await handle.close();
  }

  private async addOpened(listed: string, handle: FileHandle): Promise<boolean> {
    const path = await realpath(listed);
    const { dev, ino, size } = await handle.stat({ bigint: true });
    const key = keyOf({ dev, ino });
    const before = this.earlier.get(key);
    if (this.files.has(key) || isPackedContent(await readAt(handle, 0, 6))) return false;
    if (before === undefined && (await this.isCopy(path, handle))) return false;
    const place = { ...START, dev: String(dev), ino: String(ino), path, listed };
    if (before !== undefined) {
      if (await isSame(handle, before)) Object.assign(place, before);
      else await this.followSibling(before);
      this.earlier.delete(key);
    } else if (this.isFirstStart && this.config.fromBeginning === 'off') {
      await skipTo(handle, place, await lineStartBefore(handle, Number(size)));
    } else {
      await noteBeginning(handle, place);
    }
    this.files.set(key, new TailedFile(this.around, place, handle, await this.queryOf(place)));
    return true;
  }

  /** Whether this is the copy that copytruncate makes of a file that is read: it is looked at once that is cut short. */
  private async isCopy(path: string, handle: FileHandle): Promise<boolean> {
    for (const { place } of this.files.values()) {
      if (place.offset === 0 || !isSiblingName(place.path, path)) continue;
      if (await isSame(handle, place)) return true;
      const { size, mtimeMs } = await handle.stat();
      const isGrowing = size < place.offset && Date.now() - mtimeMs < COPYING_MS;
      if (isGrowing && (await beginsSame(handle, place))) return true;
    }
    return false;
  }

  /**
   * After the first scan: files of the last run that have another name now. Places whose file is nowhere are kept: its
   * disk may not be mounted yet.
   */
  private async follow(): Promise<void> {
    for (const [key, place] of this.earlier) {
      if (this.files.has(key) || (await this.followSibling(place))) this.earlier.delete(key);
    }
  }

  /** A file that has no listed name any more is read to its end, and closed when nothing was added for a while. */
  private async retire(key: string, file: TailedFile): Promise<void> {
    if (Date.now() - file.changedAt < CLOSE_AFTER_MS) return;
    if (!file.isAtEnd) {
      file.isFinished = true;
      return;
    }
    this.files.delete(key);
    await file.handle.close();
  }

  private async queryOf({ path, listed }: Place): Promise<string> {
    const { service, multiline, multilineStart } = this.config;
    // Under Docker, kubelet's link to the pod's file is itself a link to Docker's.
    const hop = await readlink(listed).catch(() => listed);
    const labels = labelsOfPaths([listed, resolvePath(dirname(listed), hop), path]);
    labels['log.file.path'] = path;
    const isDocker = labels['container.id'] !== undefined && labels['k8s.pod.name'] === undefined;
    const name = isDocker ? await dockerName(path) : '';
    if (name !== '') labels['container.name'] = name;
    return writeQuery({
      service: service ?? labels['k8s.container.name'] ?? name,
      host: hostname(),
      labels,
      multiline,
      multilineStart,
    });
  }

  private sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
      if (this.isClosing) this.wake();
    });
  }

  private warn(error: unknown, message: string, path?: string): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.context.warn(path === undefined ? { reason } : { path, reason }, message);
  }
}

/** The container's name, from the configuration that Docker keeps beside its log. Empty when it cannot be read. */
async function dockerName(path: string): Promise<string> {
  try {
    const config: unknown = JSON.parse(await readFile(join(dirname(path), 'config.v2.json'), 'utf8'));
    const isNamed =
      typeof config === 'object' && config !== null && 'Name' in config && typeof config.Name === 'string';
    return isNamed ? String(config.Name).replace(/^\//, '') : '';
  } catch {
    return '';
  }
}

/** The beginning of the last line that is not whole at the size. */
async function lineStartBefore(handle: FileHandle, size: number): Promise<number> {
  const start = Math.max(0, size - (1 << 16));
  const bytes = await readAt(handle, start, size - start);
  return start + bytes.lastIndexOf(0x0a) + 1;
}
