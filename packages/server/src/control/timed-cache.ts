import type { ControlDb } from './control-db.ts';

/** How long what another process changed in the control database may go unseen. */
export const STALE_AFTER_MS = 5000;
/** Entries of a cache: bounds the memory that made-up names can take. */
const ENTRIES_MAX = 10_000;

interface Entry<Value> {
  value: Promise<Value>;
  revision: number;
  askedAtMs: number;
}

/**
 * Answers of the control database by name, fresh to STALE_AFTER_MS, and at once after a change by this process (see
 * ControlDb.revision). The answer under way is kept, not only the one that came: look-ups of a name at a time are one
 * query, and one that began before a change never answers a caller after it.
 */
export class TimedCache<Value> {
  readonly #db: ControlDb;
  readonly #load: (name: string) => Promise<Value>;
  readonly #nowMs: () => number;
  readonly #entries = new Map<string, Entry<Value>>();

  constructor(db: ControlDb, load: (name: string) => Promise<Value>, nowMs: () => number) {
    this.#db = db;
    this.#load = load;
    this.#nowMs = nowMs;
  }

  /** Rejects as `load` does, without keeping the failure. */
  get(name: string): Promise<Value> {
    const nowMs = this.#nowMs();
    const entry = this.#entries.get(name);
    if (entry && entry.revision === this.#db.revision && nowMs - entry.askedAtMs <= STALE_AFTER_MS) return entry.value;
    const fresh: Entry<Value> = { value: this.#load(name), revision: this.#db.revision, askedAtMs: nowMs };
    if (this.#entries.size >= ENTRIES_MAX) this.#entries.clear();
    this.#entries.set(name, fresh);
    fresh.value.catch(() => {
      if (this.#entries.get(name) === fresh) this.#entries.delete(name);
    });
    return fresh.value;
  }
}
