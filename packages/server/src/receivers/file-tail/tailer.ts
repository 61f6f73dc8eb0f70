import { existsSync } from 'node:fs';
import { type FileHandle, glob, open, realpath, stat } from 'node:fs/promises';
import { join, matchesGlob } from 'node:path';
import type { ReceiversConfig } from '../config.ts';
import type { ListenerContext } from '../receiver.ts';
import { Checkpoints } from './checkpoints.ts';
import { factsOf } from './facts.ts';
import { beginsSame, isSame, keyOf, newPlaceId, noteBeginning, type Place, readAt, skipTo } from './identity.ts';
import { isPackedContent, isPackedName } from './places.ts';
import { Pods } from './pods.ts';
import { type FileFacts, writeQuery } from './query.ts';
import { findBetween, findSibling, isOlder, isSiblingName, type Sibling } from './siblings.ts';
import { type FileSurroundings, TailedFile } from './tailed-file.ts';

/** Files that are read at a time. */
const FILES_AT_A_TIME = 4;
/** Bodies under way at a time, over all files; a file that has none may always send one. */
const BODIES_UNDER_WAY = 6;
/** How long a pod's lines wait for its labels. */
const LABELS_WAIT_MS = 2000;
/** How long a file without a name in `paths`, or deleted, is read on for the sake of a writer that still has it open. */
const CLOSE_AFTER_MS = 60_000;
/** Open files. More are left for later, with a warning. */
const FILES_MAX = 4096;
/** How long after its last write a shorter file may still become a copy. */
const COPYING_MS = 10_000;
const CLOSE_DEADLINE_MS = 2000;

const startOfFile = () => ({
  id: newPlaceId(),
  offset: 0,
  fingerprintBytes: 0,
  fingerprint: 0,
  tail: 0,
});

const nowNs = (): string => String(BigInt(Date.now()) * 1_000_000n);

type FileTailConfig = ReceiversConfig['file-tail'];

/** Finds the files and reads them, round robin, until it is closed. */
export class Tailer {
  private readonly context: ListenerContext;
  private readonly config: FileTailConfig;
  private readonly around: FileSurroundings;
  private readonly checkpoints: Checkpoints;
  private readonly pods: Pods | null;
  private readonly files = new Map<string, TailedFile>();
  /** Places of the last run whose file was not found yet. */
  private readonly earlier = new Map<string, Place>();
  private isFirstStart = false;
  private isClosing = false;
  private nextScan = 0;
  private scans = 0;
  /** Files that the present search found and nobody knew. */
  private added: TailedFile[] = [];
  /** Places whose inode the present search found to be another file's. */
  private gone: Place[] = [];
  private underWay = 0;
  private running: Promise<void> = Promise.resolve();
  private wake: () => void = () => {};

  constructor(context: ListenerContext, secret: string | null) {
    this.context = context;
    this.config = context.config['file-tail'];
    const places = () => [
      ...[...this.files.values()].map(({ place }) => place),
      ...[...this.earlier.values()].slice(-FILES_MAX),
    ];
    this.checkpoints = new Checkpoints(context.stateDir, places, (error) =>
      this.warn(error, 'the places where log files were read to cannot be saved: nothing is read on'),
    );
    this.pods = podsOf(context);
    this.around = {
      context,
      secret,
      now: () => Date.now(),
      saveSoon: () => this.checkpoints.saveSoon(),
      mayStart: (underWay) =>
        !this.isClosing && !this.checkpoints.isFailing && (underWay === 0 || this.underWay < BODIES_UNDER_WAY),
      started: (by) => {
        this.underWay += by;
      },
    };
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
    this.pods?.close();
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([this.finish(), new Promise((resolve) => (timer = setTimeout(resolve, CLOSE_DEADLINE_MS)))]);
    clearTimeout(timer);
    for (const { handle } of this.files.values()) await handle.close().catch(() => {});
  }

  private async finish(): Promise<void> {
    await this.running;
    for (const file of this.files.values()) await file.settle();
    await this.checkpoints.save().catch(() => {});
  }

  private async run(): Promise<void> {
    while (!this.isClosing) {
      try {
        const progressed = await this.round();
        if (progressed) continue;
      } catch (error) {
        this.warn(error, 'log files cannot be read for now');
      }
      if (this.checkpoints.isFailing) await this.checkpoints.save().catch(() => {});
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
    await Promise.all(Array.from({ length: FILES_AT_A_TIME }, worker));
    return progressed;
  }

  private async step(file: TailedFile): Promise<boolean> {
    try {
      const result = await file.step();
      if (result === 'truncated') await this.restart(file);
      if (result === 'begun') await this.begin(file);
      return result !== 'idle';
    } catch (error) {
      this.warn(error, 'a log file cannot be read', file.place.path);
      return false;
    }
  }

  /** A file that was empty when it was last looked at: what it held since then may be in copies by now. */
  private async begin(file: TailedFile): Promise<void> {
    file.place.born = (await this.followBetween(file.place)) ?? file.place.born;
    await noteBeginning(file.handle, file.place);
    // Before anything of it is in the journal: after a crash it must be known again.
    await this.checkpoints.save();
  }

  /** A file that was cut short: what was not read of it may be in the copy that copytruncate made. */
  private async restart(file: TailedFile): Promise<void> {
    await file.settle();
    const { place, handle } = file;
    this.context.count('inodetruncated');
    // Copies up to the youngest are accounted for: from now on only later ones are of what is read now.
    const born = (await this.followCopies(place)) ?? (place.born === '0' ? '0' : nowNs());
    const restarted = await this.tailed({ ...place, ...startOfFile(), born }, handle);
    restarted.isListed = file.isListed;
    this.put(restarted);
    await this.checkpoints.save();
  }

  /** Reads on in the file's copy or new name, when there is one that nobody reads. */
  private async followSibling(place: Place): Promise<TailedFile | null> {
    const sibling = await findSibling(place, (key) => this.files.has(key));
    return sibling === null ? null : this.addRotated(place, sibling);
  }

  /**
   * The same, and in the copies that were made after that one, by rotations that came between two looks. Resolves with
   * the birth time of the youngest, null when there is none.
   */
  private async followCopies(place: Place): Promise<string | null> {
    const copy = await this.followSibling(place);
    return copy === null ? null : ((await this.followBetween(copy.place)) ?? copy.place.born);
  }

  /** Reads what was made and rotated away, or copied, while only `before` of that name was known. Resolves alike. */
  private async followBetween(before: Place): Promise<string | null> {
    const siblings = await findBetween(before, (key) => this.files.has(key));
    for (const sibling of siblings) {
      const from = { ...before, ...startOfFile() };
      await noteBeginning(sibling.handle, from);
      await this.addRotated(from, sibling);
    }
    return siblings.at(-1)?.born ?? null;
  }

  private async addRotated(place: Place, { handle, ...inode }: Sibling): Promise<TailedFile> {
    const file = await this.tailed({ ...place, ...inode }, handle);
    file.isListed = false;
    this.put(file);
    return file;
  }

  /** A place of the last run under the same key is that of a file whose inode was given again. */
  private put(file: TailedFile): void {
    const key = keyOf(file.place);
    this.files.set(key, file);
    this.earlier.delete(key);
  }

  /** The youngest of the files that were known under its name before, be they still there or not. */
  private knownBefore({ place }: TailedFile): Place | null {
    let found: Place | null = null;
    for (const other of [
      ...[...this.files.values()].map((file) => file.place),
      ...this.earlier.values(),
      ...this.gone,
    ]) {
      if (other.path !== place.path || !isOlder(other.born, place.born)) continue;
      if (found === null || isOlder(found.born, other.born)) found = other;
    }
    return found;
  }

  private async scan(): Promise<void> {
    const listed = new Set<string>();
    this.added = [];
    this.gone = [];
    for await (const path of glob(this.config.paths)) {
      if (isPackedName(path) || this.config.exclude.some((pattern) => matchesGlob(path, pattern))) continue;
      const found = await stat(path, { bigint: true }).catch(() => null);
      if (found === null || !found.isFile()) continue;
      const key = keyOf(found);
      listed.add(key);
      if (this.files.has(key)) continue;
      await this.add(path).catch((error) => this.warn(error, 'a log file cannot be read', path));
    }
    if (this.scans === 0) await this.follow();
    const { added } = this;
    for (const file of added) {
      const before = this.knownBefore(file);
      if (before !== null) await this.followBetween(before);
    }
    for (const [key, file] of this.files) {
      file.isListed = listed.has(key);
      if (!file.isListed) await this.retire(key, file);
    }
    this.isFirstStart = false;
    // Before anything of a new file is in the journal: after a crash its id must be known.
    if (this.scans++ === 0 || added.length > 0) await this.checkpoints.save();
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
    const { dev, ino, size, birthtimeNs } = await handle.stat({ bigint: true });
    const key = keyOf({ dev, ino });
    const before = this.earlier.get(key);
    if (this.files.has(key) || isPackedContent(await readAt(handle, 0, 6))) return false;
    if (before === undefined && (await this.isCopy(path, handle))) return false;
    const born = String(birthtimeNs);
    const place: Place = { ...startOfFile(), dev: String(dev), ino: String(ino), born, path, listed };
    const isKnown = before !== undefined && (await isSame(handle, before));
    if (isKnown) {
      Object.assign(place, before, { born: isOlder(born, before.born) ? before.born : born });
    } else if (before !== undefined) {
      await this.followCopies(before);
      this.gone.push(before);
    } else if (this.isFirstStart && this.config.fromBeginning === 'off') {
      await skipTo(handle, place, await lineStartBefore(handle, Number(size)));
    } else {
      await noteBeginning(handle, place);
    }
    const file = await this.tailed(place, handle);
    this.put(file);
    if (!isKnown) this.added.push(file);
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
      if (this.files.has(key) || (await this.followSibling(place)) !== null) this.earlier.delete(key);
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

  private async tailed(place: Place, handle: FileHandle): Promise<TailedFile> {
    const facts = await factsOf(place, this.config);
    const file = new TailedFile(this.around, place, handle, writeQuery(facts));
    this.addPodLabels(file, facts);
    return file;
  }

  /** What the API server says of the pod; the lines wait for it a while, and go without it when that takes longer. */
  private addPodLabels(file: TailedFile, facts: FileFacts): void {
    const { 'k8s.namespace.name': namespace, 'k8s.pod.name': name, 'k8s.pod.uid': uid } = facts.labels;
    if (this.pods === null || namespace === undefined || name === undefined) return;
    file.waitFor(LABELS_WAIT_MS);
    void this.pods.labelsOf({ namespace, name, uid }).then((labels) => {
      file.describe(writeQuery({ ...facts, labels: { ...labels, ...facts.labels } }));
      this.wake();
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

/** Null where no token is mounted (kubelet does it before the container starts), or the API is not to be asked. */
function podsOf({ config, warn }: ListenerContext): Pods | null {
  const { kubernetes, kubernetesHost: host, kubernetesPort: port, kubernetesDir: dir } = config['file-tail'];
  const isAsked = kubernetes === 'auto' && host !== undefined && existsSync(join(dir, 'token'));
  return isAsked ? new Pods({ host, port, dir, warn }) : null;
}

/** The beginning of the last line that is not whole at the size. */
async function lineStartBefore(handle: FileHandle, size: number): Promise<number> {
  const start = Math.max(0, size - (1 << 16));
  const bytes = await readAt(handle, start, size - start);
  return start + bytes.lastIndexOf(0x0a) + 1;
}
