import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ControlDb, openControlDb } from './control-db.ts';
import {
  cancelDeleteRequest,
  createDeleteRequest,
  finishDeleteRequest,
  listDeleteRequests,
  OPEN_DELETE_REQUESTS_MAX,
  takeDeleteRequest,
} from './delete-requests.ts';

const DAY_MS = 24 * 3_600_000;
let dir: string;
let db: ControlDb;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tailwater-deletes-'));
  db = await openControlDb(dir);
});
afterEach(async () => {
  await db.close();
  rmSync(dir, { recursive: true });
});

const create = (orgId: string, createdAtMs: number) =>
  createDeleteRequest(db, { orgId, query: '{a="b"}', startMs: 1, endMs: 2 }, createdAtMs);
const statuses = async (orgId: string) => (await listDeleteRequests(db, orgId)).map(({ status }) => status);

test('a request is listed for its org alone, and survives a restart', async () => {
  const second = await create('acme', 200);
  const first = await create('acme', 100);
  const other = await create('other', 150);
  await db.close();
  db = await openControlDb(dir);
  const rest = { orgId: 'acme', query: '{a="b"}', startMs: 1, endMs: 2, status: 'received' };
  expect(await listDeleteRequests(db, 'acme')).toEqual([
    { ...rest, id: first, createdAtMs: 100 },
    { ...rest, id: second, createdAtMs: 200 },
  ]);
  expect((await listDeleteRequests(db, 'other')).map(({ id }) => id)).toEqual([other]);
});

test('requests are taken one after another, the oldest first, and again when one was not finished', async () => {
  const later = await create('acme', 200);
  const earlier = await create('other', 100);
  expect(await takeDeleteRequest(db)).toMatchObject({ id: earlier, status: 'running' });
  expect(await takeDeleteRequest(db)).toMatchObject({ id: earlier, status: 'running' });
  await finishDeleteRequest(db, earlier, 300);
  expect(await takeDeleteRequest(db)).toMatchObject({ id: later, orgId: 'acme', query: '{a="b"}' });
  expect(await statuses('acme')).toEqual(['running']);
  await finishDeleteRequest(db, later, 300);
  expect(await takeDeleteRequest(db)).toBeNull();
  expect([await statuses('acme'), await statuses('other')]).toEqual([['processed'], ['processed']]);
});

test('what was not begun is cancelled by its own org alone', async () => {
  const id = await create('acme', 100);
  expect(await cancelDeleteRequest(db, 'other', id)).toBe('unknown');
  expect(await cancelDeleteRequest(db, 'acme', 'nothing')).toBe('unknown');
  await takeDeleteRequest(db);
  expect(await cancelDeleteRequest(db, 'acme', id)).toBe('begun');
  await finishDeleteRequest(db, id, 200);
  expect(await cancelDeleteRequest(db, 'acme', id)).toBe('begun');
  const second = await create('acme', 300);
  expect(await cancelDeleteRequest(db, 'acme', second)).toBe('cancelled');
  expect(await statuses('acme')).toEqual(['processed']);
});

test('what was processed long ago is forgotten', async () => {
  await create('acme', 0);
  await finishDeleteRequest(db, (await takeDeleteRequest(db))!.id, 1000);
  await create('acme', 29 * DAY_MS);
  expect(await statuses('acme')).toEqual(['processed', 'received']);
  await create('acme', 31 * DAY_MS);
  expect(await statuses('acme')).toEqual(['received', 'received']);
});

test('an org has so many open requests and no more', async () => {
  const row = { query: '{a="b"}', start_at: 1, end_at: 2, status: 'received', created_at: 0, processed_at: null };
  for (let i = 0; i < OPEN_DELETE_REQUESTS_MAX; i += 100) {
    const rows = Array.from({ length: 100 }, (_, at) => ({ ...row, id: `x${i + at}`, org_id: 'acme' }));
    await db.sql.insertInto('delete_requests').values(rows).execute();
  }
  await expect(create('acme', 1)).rejects.toMatchObject({ code: 'rate_limited' });
  await expect(create('other', 1)).resolves.toMatch(/^[0-9a-f]{16}$/);
});
