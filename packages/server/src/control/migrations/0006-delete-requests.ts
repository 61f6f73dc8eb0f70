import type { Kysely } from 'kysely';

/** Events that an org asked to be deleted: what the query matches, from start to end in ms since the epoch. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('delete_requests')
    .addColumn('id', 'varchar(32)', (column) => column.notNull().primaryKey())
    .addColumn('org_id', 'varchar(63)', (column) => column.notNull())
    .addColumn('query', 'text', (column) => column.notNull())
    .addColumn('start_at', 'bigint', (column) => column.notNull())
    .addColumn('end_at', 'bigint', (column) => column.notNull())
    .addColumn('status', 'varchar(16)', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('processed_at', 'bigint')
    .execute();
  await db.schema
    .createIndex('delete_requests_by_org')
    .on('delete_requests')
    .columns(['org_id', 'created_at'])
    .execute();
}
