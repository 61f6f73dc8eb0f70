import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { controlContract } from '../../test/contracts/control.contract.ts';
import { openControlDb } from './control-db.ts';
import { createOrg } from './orgs.ts';

const makeDir = (): string => mkdtempSync(join(tmpdir(), 'tailwater-control-'));

controlContract('SQLite', async () => {
  const dir = makeDir();
  return {
    open: () => openControlDb(dir),
    remove: async () => rmSync(dir, { recursive: true }),
  };
});

let dir: string;
beforeEach(() => {
  dir = makeDir();
});
afterEach(() => rmSync(dir, { recursive: true }));

test('the files are for their owner only, also where they were not', async () => {
  const db = await openControlDb(dir);
  await createOrg(db, { id: 'a', name: 'A' });
  const modes = readdirSync(join(dir, 'control')).map((name) => statSync(join(dir, 'control', name)).mode & 0o777);
  expect(modes.length).toBeGreaterThan(1);
  expect(new Set(modes)).toEqual(new Set([0o600]));
  expect(statSync(join(dir, 'control')).mode & 0o777).toBe(0o700);
  await db.close();
});

test('what was written is synced, and keys must name an org', async () => {
  const db = await openControlDb(dir);
  const insert = db.sql.insertInto('api_keys').values({
    id: 'k',
    org_id: 'nowhere',
    name: 'k',
    prefix: '',
    hash: 'h',
    scopes: 'admin',
    may_select_orgs: 0,
    created_at: 0,
  });
  await expect(insert.execute()).rejects.toThrow(/FOREIGN KEY/);
  await db.close();
});

test('a file that is no database is refused', async () => {
  const db = await openControlDb(dir);
  await db.close();
  writeFileSync(join(dir, 'control', 'control.sqlite'), 'x'.repeat(8192));
  await expect(openControlDb(dir)).rejects.toThrow(/not a database/);
});

test('a file that a newer version wrote is refused, and left as it is', async () => {
  const db = await openControlDb(dir);
  const migrations = db.sql.withTables<{ kysely_migration: { name: string; timestamp: string } }>();
  await migrations
    .insertInto('kysely_migration')
    .values({ name: '9999-later', timestamp: new Date().toISOString() })
    .execute();
  await db.close();
  await expect(openControlDb(dir)).rejects.toMatchObject({ cause: { message: expect.stringContaining('9999-later') } });
});
