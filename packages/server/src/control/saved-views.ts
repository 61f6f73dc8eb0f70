import { randomUUID } from 'node:crypto';
import type { Transaction } from 'kysely';
import { PermanentError } from '../runtime/errors.ts';
import type { ControlDb, ControlTables } from './control-db.ts';

/** Pages that a view can be of. */
export const VIEW_PAGES = ['logs', 'stats', 'patterns'] as const;
export type ViewPage = (typeof VIEW_PAGES)[number];

/** What one wants to see again, shared by an org's people. */
export interface SavedView {
  id: string;
  name: string;
  description: string;
  page: ViewPage;
  /** The query string of the page's address, with its `?`; or empty. */
  search: string;
  createdAtMs: number;
  updatedAtMs: number;
}

export type SavedViewContent = Pick<SavedView, 'name' | 'description' | 'page' | 'search'>;

export const SAVED_VIEWS_MAX = 200;

/** Those of an org, by name. */
export async function listSavedViews(db: ControlDb, orgId: string): Promise<SavedView[]> {
  const rows = await db.sql.selectFrom('saved_views').selectAll().where('org_id', '=', orgId).orderBy('name').execute();
  return rows.map(viewOf);
}

/** @throws PermanentError `conflict` when the name is taken, or there are SAVED_VIEWS_MAX. */
export async function createSavedView(
  db: ControlDb,
  orgId: string,
  content: SavedViewContent,
  nowMs: number,
): Promise<SavedView> {
  const view: SavedView = { id: randomUUID(), ...content, createdAtMs: nowMs, updatedAtMs: nowMs };
  const { id, name, description, page, search } = view;
  await db.sql.transaction().execute(async (transaction) => {
    await refuseTakenName(transaction, orgId, name, null);
    const { count } = await transaction
      .selectFrom('saved_views')
      .where('org_id', '=', orgId)
      .select((select) => select.fn.countAll().as('count'))
      .executeTakeFirstOrThrow();
    if (Number(count) >= SAVED_VIEWS_MAX) {
      throw new PermanentError('conflict', `an org may have ${SAVED_VIEWS_MAX} saved views: remove some`);
    }
    await transaction
      .insertInto('saved_views')
      .values({ id, org_id: orgId, name, description, page, search, created_at: nowMs, updated_at: nowMs })
      .execute();
  });
  return view;
}

/** @throws PermanentError `not_found`, or `conflict` when another has the name. */
export async function replaceSavedView(
  db: ControlDb,
  orgId: string,
  id: string,
  { name, description, page, search }: SavedViewContent,
  nowMs: number,
): Promise<SavedView> {
  return db.sql.transaction().execute(async (transaction) => {
    const before = await transaction
      .selectFrom('saved_views')
      .selectAll()
      .where('org_id', '=', orgId)
      .where('id', '=', id)
      .executeTakeFirst();
    if (before === undefined) throw unknownView();
    await refuseTakenName(transaction, orgId, name, id);
    const changed = { name, description, page, search, updated_at: nowMs };
    await transaction.updateTable('saved_views').set(changed).where('id', '=', id).execute();
    return viewOf({ ...before, ...changed });
  });
}

/** @throws PermanentError `not_found`. */
export async function removeSavedView(db: ControlDb, orgId: string, id: string): Promise<void> {
  const { numDeletedRows } = await db.sql
    .deleteFrom('saved_views')
    .where('org_id', '=', orgId)
    .where('id', '=', id)
    .executeTakeFirst();
  if (Number(numDeletedRows) === 0) throw unknownView();
}

async function refuseTakenName(
  transaction: Transaction<ControlTables>,
  orgId: string,
  name: string,
  exceptId: string | null,
): Promise<void> {
  const taken = await transaction
    .selectFrom('saved_views')
    .select('id')
    .where('org_id', '=', orgId)
    .where('name', '=', name)
    .executeTakeFirst();
  if (taken !== undefined && taken.id !== exceptId) {
    throw new PermanentError('conflict', 'there is a saved view of that name', 'name');
  }
}

const unknownView = () => new PermanentError('not_found', 'there is no such saved view');

function viewOf(row: ControlTables['saved_views']): SavedView {
  const { id, name, description, page, search } = row;
  const times = { createdAtMs: Number(row.created_at), updatedAtMs: Number(row.updated_at) };
  return { id, name, description, page: page as ViewPage, search, ...times };
}
