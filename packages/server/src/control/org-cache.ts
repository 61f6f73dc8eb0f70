import type { ControlDb } from './control-db.ts';
import { getOrg, ORG_ID, type Org } from './orgs.ts';
import { TimedCache } from './timed-cache.ts';

/** Orgs for the hot path: at once what this process changed, within STALE_AFTER_MS what others did. */
export class OrgCache {
  readonly #orgs: TimedCache<Org | null>;

  constructor(db: ControlDb, nowMs: () => number = Date.now) {
    this.#orgs = new TimedCache(db, (id) => getOrg(db, id), nowMs);
  }

  /** The org, null when there is none of that id. Any text may be asked for. */
  async get(id: string): Promise<Org | null> {
    return ORG_ID.test(id) ? this.#orgs.get(id) : null;
  }
}
