import type { Kysely } from 'kysely';

/** A key with origins, a JSON array of them, is a browser key: public, for pages of these origins and nothing else. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('api_keys').addColumn('browser_origins', 'text').execute();
}
