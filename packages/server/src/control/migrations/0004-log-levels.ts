import type { Kysely } from 'kysely';

/** Levels of loggers that were changed while their programs run. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('log_levels')
    .addColumn('org_id', 'varchar(63)', (column) => column.notNull())
    .addColumn('service', 'varchar(200)', (column) => column.notNull())
    .addColumn('logger', 'varchar(200)', (column) => column.notNull())
    .addColumn('level', 'varchar(10)', (column) => column.notNull())
    .addColumn('set_at', 'bigint', (column) => column.notNull())
    .addColumn('until_at', 'bigint')
    .addPrimaryKeyConstraint('log_levels_by_logger', ['org_id', 'service', 'logger'])
    .execute();
}
