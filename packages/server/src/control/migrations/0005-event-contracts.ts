import type { Kysely } from 'kysely';

/** What an org declares that its programs emit. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('event_contracts')
    .addColumn('org_id', 'varchar(63)', (column) => column.notNull().primaryKey())
    .addColumn('contract', 'text', (column) => column.notNull())
    .addColumn('set_at', 'bigint', (column) => column.notNull())
    .execute();
}
