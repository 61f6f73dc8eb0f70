import { randomBytes } from 'node:crypto';
import type { ControlDb } from './control-db.ts';

/** The value of a setting, which is set to `initial` when there is none. Of two at a time, one wins for both. */
export async function settingOr(db: ControlDb, name: string, initial: string): Promise<string> {
  await db.sql
    .insertInto('settings')
    .values({ name, value: initial })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute();
  const row = await db.sql.selectFrom('settings').select('value').where('name', '=', name).executeTakeFirstOrThrow();
  return row.value;
}

/** A secret of the installation, 32 random bytes made at first use: signs cursors and the like. */
export async function installationSecret(db: ControlDb, name: string): Promise<Buffer> {
  return Buffer.from(await settingOr(db, `secret.${name}`, randomBytes(32).toString('base64url')), 'base64url');
}
