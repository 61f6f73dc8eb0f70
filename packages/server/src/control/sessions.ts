import { hashSecret } from './api-keys.ts';
import type { ControlDb } from './control-db.ts';
import { FailureLimit } from './failure-limit.ts';
import { expandScopes, type Identity } from './scopes.ts';
import { type Grant, grantColumns, grantOfRow, newSecret } from './sign-in-links.ts';
import { TimedCache } from './timed-cache.ts';

const DAY_MS = 24 * 3600_000;
/** A session that nobody uses ends after this. */
const IDLE_MS = 7 * DAY_MS;
/** Every session ends after this, used or not. */
export const LIFETIME_MS = 30 * DAY_MS;
/** Between two savings of a session's last use: its end is exact to that. */
const SAVE_USE_INTERVAL_MS = 600_000;

interface KnownSession {
  hash: string;
  grant: Grant;
  /** When it ends however much it is used. */
  endsAtMs: number;
  lastSeenAtMs: number;
}

export interface SessionsOptions {
  /** Told when a last use could not be saved. Requests go on. */
  onFault: (error: unknown) => void;
  nowMs: () => number;
}

/**
 * Sessions of the web UI. What this process ends is over at once, what another one ends within STALE_AFTER_MS. A session
 * of a key ends with the key.
 */
export class Sessions {
  /** Of sign-ins, by the peer's address. */
  readonly failures: FailureLimit;
  readonly #db: ControlDb;
  readonly #options: SessionsOptions;
  readonly #known: TimedCache<KnownSession | null>;
  #saving: Promise<unknown> = Promise.resolve();

  constructor(db: ControlDb, options: SessionsOptions) {
    this.#db = db;
    this.#options = options;
    this.failures = new FailureLimit(options.nowMs);
    this.#known = new TimedCache(db, (hashed) => load(db, hashed), options.nowMs);
  }

  /** Who the secret acts as, null when it is no session or one that ended. Counts as use. */
  async identityOf(secret: string): Promise<Identity | null> {
    const session = await this.#known.get(hashSecret(secret));
    const nowMs = this.#options.nowMs();
    if (session === null || endOf(session) <= nowMs) return null;
    if (nowMs - session.lastSeenAtMs >= SAVE_USE_INTERVAL_MS) this.#saveUse(session, nowMs);
    const { orgId, keyId, scopes, maySelectOrgs } = session.grant;
    const expanded = expandScopes(scopes);
    return { orgId, keyId, scopes: expanded, maySelectOrgs, browserOrigins: null, sessionEndsAtMs: endOf(session) };
  }

  /** Begins a session. Its secret is in the answer and never again. */
  async begin(grant: Grant): Promise<string> {
    const nowMs = this.#options.nowMs();
    await prune(this.#db, nowMs);
    const secret = newSecret('tws_');
    const times = { created_at: nowMs, expires_at: nowMs + LIFETIME_MS, last_seen_at: nowMs };
    const row = { hash: hashSecret(secret), ...grantColumns(grant), ...times };
    await this.#db.sql.insertInto('sessions').values(row).execute();
    return secret;
  }

  /** Ends the session, if there is one. */
  async end(secret: string): Promise<void> {
    await this.#db.sql.deleteFrom('sessions').where('hash', '=', hashSecret(secret)).execute();
    this.#db.revision++;
  }

  /** Resolves when the last uses are saved. */
  async close(): Promise<void> {
    await this.#saving;
  }

  #saveUse(session: KnownSession, nowMs: number): void {
    session.lastSeenAtMs = nowMs;
    const update = this.#db.sql.updateTable('sessions').set({ last_seen_at: nowMs }).where('hash', '=', session.hash);
    const saved = update.execute().catch(this.#options.onFault);
    this.#saving = Promise.all([this.#saving, saved]);
  }
}

function endOf({ endsAtMs, lastSeenAtMs }: KnownSession): number {
  return Math.min(endsAtMs, lastSeenAtMs + IDLE_MS);
}

async function load(db: ControlDb, hashed: string): Promise<KnownSession | null> {
  const row = await db.sql
    .selectFrom('sessions')
    .leftJoin('api_keys', 'api_keys.id', 'sessions.key_id')
    .selectAll('sessions')
    .select('api_keys.revoked_at')
    .where('sessions.hash', '=', hashed)
    .executeTakeFirst();
  if (row === undefined || row.revoked_at !== null) return null;
  return { hash: hashed, grant: grantOfRow(row), endsAtMs: row.expires_at, lastSeenAtMs: row.last_seen_at };
}

/** Removes what ended. Sessions become more only by new ones, so it is enough to do it then. */
async function prune({ sql }: ControlDb, nowMs: number): Promise<void> {
  const revoked = sql.selectFrom('api_keys').select('id').where('revoked_at', 'is not', null);
  await sql
    .deleteFrom('sessions')
    .where((where) =>
      where.or([
        where('expires_at', '<=', nowMs),
        where('last_seen_at', '<=', nowMs - IDLE_MS),
        where('key_id', 'in', revoked),
      ]),
    )
    .execute();
}
