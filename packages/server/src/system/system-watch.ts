import { type DiskPart, type DiskSpace, diskSpace, diskUse, residentBytes } from './disk-use.ts';
import { type JournalMark, type Lag, StoreLag } from './store-lag.ts';

/** What the parts of the server tell of themselves now. Totals count from the server's start. */
export interface Readings {
  events: number;
  bytes: number;
  rejected: number;
  /** The journal's next position. */
  journalNext: number;
  /** The first position that is not searchable yet; null while the store was never open. */
  storedNext: number | null;
  /** Of the embedded engine; null without one. */
  enginePid: number | null;
}

export interface Rates {
  eventsPerS: number;
  bytesPerS: number;
  rejectedPerS: number;
}

export interface SystemPoint {
  atMs: number;
  eventsPerS: number;
  backlogBytes: number;
  rssBytes: number;
  diskFreeBytes: number;
  lagMs: number | null;
}

export interface SystemState {
  startedAtMs: number;
  lag: Lag;
  memory: { rssBytes: number; engineRssBytes: number | null };
  disk: DiskSpace & { byPart: Record<DiskPart, number> };
  ingest: Rates;
  points: readonly SystemPoint[];
}

export const POINT_INTERVAL_MS = 10_000;
const MARK_INTERVAL_MS = 1_000;
/** An hour. */
const POINTS_MAX = 360;
/** Adding up the sizes of files takes a while where there are many. */
const DISK_USE_KEPT_MS = 30_000;

interface Options {
  dataDir: string;
  readings(): Readings;
  /** A look at the disk failed. */
  onFault(error: unknown): void;
  nowMs?: () => number;
}

/** The server's own numbers over the last hour, in memory. */
export class SystemWatch {
  readonly #options: Options;
  readonly #startedAtMs: number;
  readonly #lag = new StoreLag();
  readonly #points: SystemPoint[] = [];
  /** Readings of the last ten seconds, for rates. */
  readonly #recent: (Readings & { atMs: number })[] = [];
  #timer: NodeJS.Timeout | null = null;
  #sampled: Promise<void> = Promise.resolve();
  #use: { atMs: number; byPart: Promise<Record<DiskPart, number>> } | null = null;

  constructor(options: Options) {
    this.#options = options;
    this.#startedAtMs = this.#nowMs();
  }

  start(): void {
    this.#timer ??= setInterval(() => this.tick(), MARK_INTERVAL_MS).unref();
  }

  /** Safe before start() and twice. */
  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    await this.#sampled;
  }

  /** A look at the readings, and every ten seconds a point. Called every second. */
  tick(): void {
    const now = { ...this.#options.readings(), atMs: this.#nowMs() };
    this.#lag.note(markOf(now), now.storedNext);
    this.#recent.push(now);
    while (this.#recent.length > 1 && now.atMs - this.#recent[0]!.atMs > POINT_INTERVAL_MS) this.#recent.shift();
    const last = this.#points.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY;
    if (now.atMs - last < POINT_INTERVAL_MS - MARK_INTERVAL_MS / 2) return;
    const { bytes, ms } = this.#lag.of(markOf(now), now.storedNext);
    const point = {
      atMs: now.atMs,
      eventsPerS: this.#rates().eventsPerS,
      backlogBytes: bytes,
      rssBytes: process.memoryUsage.rss(),
      diskFreeBytes: 0,
      lagMs: ms,
    };
    this.#points.push(point);
    if (this.#points.length > POINTS_MAX) this.#points.shift();
    this.#sampled = diskSpace(this.#options.dataDir).then(({ freeBytes }) => {
      point.diskFreeBytes = freeBytes;
    }, this.#options.onFault);
  }

  async read(): Promise<SystemState> {
    const now = { ...this.#options.readings(), atMs: this.#nowMs() };
    const { enginePid } = now;
    const [engineRssBytes, space, byPart] = await Promise.all([
      enginePid === null ? null : residentBytes(enginePid),
      diskSpace(this.#options.dataDir),
      this.#diskUse(now.atMs),
      this.#sampled,
    ]);
    return {
      startedAtMs: this.#startedAtMs,
      lag: this.#lag.of(markOf(now), now.storedNext),
      memory: { rssBytes: process.memoryUsage.rss(), engineRssBytes },
      disk: { ...space, byPart },
      ingest: this.#rates(),
      points: this.#points,
    };
  }

  #diskUse(atMs: number): Promise<Record<DiskPart, number>> {
    if (this.#use === null || atMs - this.#use.atMs > DISK_USE_KEPT_MS) {
      this.#use = { atMs, byPart: diskUse(this.#options.dataDir) };
    }
    return this.#use.byPart;
  }

  #rates(): Rates {
    const [first] = this.#recent;
    const last = this.#recent.at(-1);
    if (first === undefined || last === undefined || last.atMs <= first.atMs) {
      return { eventsPerS: 0, bytesPerS: 0, rejectedPerS: 0 };
    }
    const perS = (name: 'events' | 'bytes' | 'rejected') =>
      ((last[name] - first[name]) * 1000) / (last.atMs - first.atMs);
    return { eventsPerS: perS('events'), bytesPerS: perS('bytes'), rejectedPerS: perS('rejected') };
  }

  #nowMs(): number {
    return (this.#options.nowMs ?? Date.now)();
  }
}

function markOf({ atMs, journalNext, events, bytes }: Readings & { atMs: number }): JournalMark {
  return { atMs, next: journalNext, events, bytes };
}
