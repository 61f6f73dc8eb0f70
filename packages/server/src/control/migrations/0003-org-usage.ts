import type { Kysely } from 'kysely';

/** What orgs sent, by day: daily quotas survive restarts. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('org_usage')
    .addColumn('org_id', 'varchar(63)', (column) => column.notNull())
    .addColumn('day', 'varchar(10)', (column) => column.notNull())
    .addColumn('bytes', 'bigint', (column) => column.notNull())
    .addColumn('events', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('org_usage_by_day', ['org_id', 'day'])
    .execute();
}
