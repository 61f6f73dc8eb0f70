import type { Kysely } from 'kysely';

/**
 * Destinations that orgs configured. `secrets` is a JSON map of field to sealed value and when it was set; `in_vault` is 1
 * once Vault has them too, which then says what they are. `from_position` is where in the journal it begins.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('integrations')
    .addColumn('id', 'varchar(64)', (column) => column.notNull().primaryKey())
    .addColumn('org_id', 'varchar(63)', (column) => column.notNull().references('orgs.id'))
    .addColumn('type', 'varchar(64)', (column) => column.notNull())
    .addColumn('name', 'varchar(200)', (column) => column.notNull())
    .addColumn('config', 'text', (column) => column.notNull())
    .addColumn('secrets', 'text', (column) => column.notNull())
    .addColumn('in_vault', 'smallint', (column) => column.notNull())
    .addColumn('filter', 'text', (column) => column.notNull())
    .addColumn('delivery', 'text', (column) => column.notNull())
    .addColumn('enabled', 'smallint', (column) => column.notNull())
    .addColumn('from_position', 'bigint', (column) => column.notNull())
    .addColumn('disabled_reason', 'text')
    .addColumn('from_environment', 'smallint', (column) => column.notNull())
    .addColumn('last_test_status', 'varchar(16)')
    .addColumn('last_test_at', 'bigint')
    .addColumn('last_test_steps', 'text')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .addUniqueConstraint('integrations_by_name', ['org_id', 'name'])
    .execute();
}
