import { rankOf } from './severity.ts';
import type { Severity } from './types.ts';

/** A level that somebody set while the program runs. */
export interface TimedLevel {
  logger: string;
  level: Severity;
  /** Milliseconds since the epoch; null: until it is replaced. */
  untilMs: number | null;
}

/** Timers take no more than 2^31 ms: a level that lasts longer is looked at again. */
const TIMER_MS_MAX = 3_600_000;

/**
 * From which severity on a logger emits. What the server says wins over what the program says; in each, an exact name
 * wins over its dotted prefixes, the longest first, those over `*`. Levels with a time fall back by the clock alone.
 */
export class Levels {
  /** Rises when a threshold may have changed: loggers keep theirs until then. */
  generation = 0;
  private own: ReadonlyMap<string, TimedLevel>;
  private readonly configured: readonly TimedLevel[];
  private readonly set = new Map<string, TimedLevel>();
  private remote: ReadonlyMap<string, TimedLevel> = new Map();
  private timer: NodeJS.Timeout | undefined;
  private readonly nowMs: () => number;

  constructor(level: Severity, levels: Readonly<Record<string, Severity>>, nowMs: () => number = Date.now) {
    this.nowMs = nowMs;
    const all = { '*': level, ...levels };
    this.configured = Object.entries(all).map(([logger, each]) => ({ logger, level: each, untilMs: null }));
    this.own = byName(this.configured);
  }

  /** The rank of the least severity that the logger emits. */
  threshold(logger: string): number {
    return rankOf((find(this.remote, logger) ?? find(this.own, logger))?.level);
  }

  setOwn(logger: string, level: Severity, forMs: number | undefined): void {
    // A time that is none would never end; callers without types may give anything.
    if (typeof logger !== 'string' || (forMs !== undefined && (typeof forMs !== 'number' || Number.isNaN(forMs))))
      return;
    this.set.set(logger, { logger, level, untilMs: forMs === undefined ? null : this.nowMs() + forMs });
    this.refresh();
  }

  /** All that the server lists: what it does not list any more falls back. */
  setRemote(levels: readonly TimedLevel[]): void {
    const before = JSON.stringify([...this.remote.values()]);
    this.remote = byName(levels);
    if (JSON.stringify([...this.remote.values()]) !== before) this.refresh();
  }

  close(): void {
    clearTimeout(this.timer);
  }

  private refresh(): void {
    const now = this.nowMs();
    const isOver = ({ untilMs }: TimedLevel) => untilMs !== null && untilMs <= now;
    for (const [name, level] of this.set) if (isOver(level)) this.set.delete(name);
    this.own = byName([...this.configured, ...this.set.values()]);
    this.remote = byName([...this.remote.values()].filter((level) => !isOver(level)));
    this.generation += 1;
    const ends = [...this.set.values(), ...this.remote.values()].map(({ untilMs }) => untilMs ?? Infinity);
    const nextMs = Math.min(Infinity, ...ends);
    clearTimeout(this.timer);
    if (nextMs === Infinity) return;
    this.timer = setTimeout(() => this.refresh(), Math.min(nextMs - now, TIMER_MS_MAX));
    this.timer.unref();
  }
}

const byName = (levels: readonly TimedLevel[]) => new Map(levels.map((level) => [level.logger, level]));

function find(levels: ReadonlyMap<string, TimedLevel>, logger: string): TimedLevel | undefined {
  if (levels.size === 0) return undefined;
  for (let name = logger; name !== ''; name = name.slice(0, Math.max(0, name.lastIndexOf('.')))) {
    const level = levels.get(name);
    if (level !== undefined) return level;
  }
  return levels.get('*');
}
