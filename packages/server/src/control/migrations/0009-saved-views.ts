import type { Kysely } from 'kysely';

/** Questions that an org's people keep by name. `search` is the query string of the page. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('saved_views')
    .addColumn('id', 'varchar(64)', (column) => column.notNull().primaryKey())
    .addColumn('org_id', 'varchar(63)', (column) => column.notNull().references('orgs.id'))
    .addColumn('name', 'varchar(100)', (column) => column.notNull())
    .addColumn('description', 'varchar(1000)', (column) => column.notNull())
    .addColumn('page', 'varchar(20)', (column) => column.notNull())
    .addColumn('search', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .addUniqueConstraint('saved_views_by_name', ['org_id', 'name'])
    .execute();
}
