import type { Kysely } from 'kysely';

/**
 * Sessions of the web UI, and the one-time links that begin one; both by the hash of their secret. `key_id` is the key
 * that they stand for, null for none: they end with it. Times are ms since the epoch.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const table of ['sessions', 'sign_in_links']) {
    await db.schema
      .createTable(table)
      .addColumn('hash', 'varchar(64)', (column) => column.notNull().primaryKey())
      .addColumn('org_id', 'varchar(63)', (column) => column.notNull().references('orgs.id'))
      .addColumn('key_id', 'varchar(64)', (column) => column.references('api_keys.id'))
      .addColumn('scopes', 'varchar(64)', (column) => column.notNull())
      .addColumn('may_select_orgs', 'smallint', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('expires_at', 'bigint', (column) => column.notNull())
      .execute();
  }
  await db.schema
    .alterTable('sessions')
    .addColumn('last_seen_at', 'bigint', (column) => column.notNull().defaultTo(0))
    .execute();
}
