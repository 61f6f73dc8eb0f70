import { join } from 'node:path';
import { type Dialect, Kysely } from 'kysely';
import { Migrator } from 'kysely/migration';
import { MIGRATIONS } from './migrations/index.ts';
import { openSqliteDialect } from './sqlite.ts';

/** Columns as the database holds them, see the migrations. */
export interface ControlTables {
  orgs: {
    id: string;
    name: string;
    retention_days: number | null;
    settings: string;
    created_at: number;
  };
  api_keys: {
    id: string;
    org_id: string;
    name: string;
    prefix: string;
    hash: string;
    scopes: string;
    may_select_orgs: number;
    /** JSON array of text, null for a key that is no browser key. */
    browser_origins: string | null;
    created_at: number;
    last_used_at: number | null;
    revoked_at: number | null;
  };
  org_usage: {
    org_id: string;
    day: string;
    bytes: number;
    events: number;
  };
  event_contracts: {
    org_id: string;
    /** JSON. */
    contract: string;
    set_at: number;
  };
  log_levels: {
    org_id: string;
    /** Empty for every service. */
    service: string;
    logger: string;
    level: string;
    set_at: number;
    until_at: number | null;
  };
  delete_requests: {
    id: string;
    org_id: string;
    query: string;
    start_at: number;
    end_at: number;
    status: string;
    created_at: number;
    processed_at: number | null;
  };
  integrations: {
    id: string;
    org_id: string;
    type: string;
    name: string;
    /** JSON, as are secrets, filter, delivery and last_test_steps. */
    config: string;
    secrets: string;
    in_vault: number;
    filter: string;
    delivery: string;
    enabled: number;
    from_position: number;
    disabled_reason: string | null;
    from_environment: number;
    last_test_status: string | null;
    last_test_at: number | null;
    last_test_steps: string | null;
    created_at: number;
    updated_at: number;
  };
  sessions: {
    hash: string;
    org_id: string;
    key_id: string | null;
    scopes: string;
    may_select_orgs: number;
    created_at: number;
    expires_at: number;
    last_seen_at: number;
  };
  sign_in_links: {
    hash: string;
    org_id: string;
    key_id: string | null;
    scopes: string;
    may_select_orgs: number;
    created_at: number;
    expires_at: number;
  };
  saved_views: {
    id: string;
    org_id: string;
    name: string;
    description: string;
    page: string;
    search: string;
    created_at: number;
    updated_at: number;
  };
  settings: {
    name: string;
    value: string;
  };
}

/**
 * The control plane's database: orgs, API keys and settings. Functions in this folder take it and use only SQL that
 * SQLite and PostgreSQL both speak; what each promises is in test/contracts/control.contract.ts.
 */
export interface ControlDb {
  readonly sql: Kysely<ControlTables>;
  /** Rises with every change that this process makes to orgs or keys: what was cached before is then stale. */
  revision: number;
  close(): Promise<void>;
}

/**
 * Opens (and makes, at first) the embedded control database in `dataDir`/control and brings its tables up to date.
 * Processes that open it at the same time wait for each other.
 * @throws Error when the file is damaged, or was written by a newer version.
 */
export async function openControlDb(dataDir: string): Promise<ControlDb> {
  return openWithDialect(openSqliteDialect(join(dataDir, 'control', 'control.sqlite')));
}

/** Opens a control database of any dialect and brings its tables up to date. */
export async function openWithDialect(dialect: Dialect): Promise<ControlDb> {
  const sql = new Kysely<ControlTables>({ dialect });
  const migrator = new Migrator({ db: sql, provider: { getMigrations: async () => ({ ...MIGRATIONS }) } });
  const { error } = await migrator.migrateToLatest();
  if (error) {
    await sql.destroy();
    throw new Error('the control database cannot be brought up to date', { cause: error });
  }
  return { sql, revision: 0, close: () => sql.destroy() };
}
