import { randomBytes } from 'node:crypto';
import { PermanentError } from '../runtime/errors.ts';
import type { ControlDb, ControlTables } from './control-db.ts';

/** Requests of one org that are not processed yet. */
export const OPEN_DELETE_REQUESTS_MAX = 1000;
/** How long a processed request is listed. */
const PROCESSED_KEPT_MS = 30 * 24 * 3_600_000;

/** `received`: may be cancelled; `running`: begun, so maybe done in part; `processed`: nothing of it is left. */
export type DeleteRequestStatus = 'received' | 'running' | 'processed';

/** Events of an org that match a log query are to be deleted. Both ends are inclusive, in ms since the epoch. */
export interface DeleteRequest {
  id: string;
  orgId: string;
  /** A LogQL log query: selector, and maybe filters. */
  query: string;
  startMs: number;
  endMs: number;
  status: DeleteRequestStatus;
  createdAtMs: number;
}

export type NewDeleteRequest = Pick<DeleteRequest, 'orgId' | 'query' | 'startMs' | 'endMs'>;

/** Keeps a request until it is taken, and forgets processed ones of long ago. @throws PermanentError `rate_limited`. */
export async function createDeleteRequest(db: ControlDb, request: NewDeleteRequest, nowMs: number): Promise<string> {
  const { orgId, query, startMs, endMs } = request;
  const id = randomBytes(8).toString('hex');
  await db.sql.transaction().execute(async (transaction) => {
    await transaction
      .deleteFrom('delete_requests')
      .where('processed_at', '<', nowMs - PROCESSED_KEPT_MS)
      .execute();
    const { count } = await transaction
      .selectFrom('delete_requests')
      .where('org_id', '=', orgId)
      .where('status', '!=', 'processed')
      .select((select) => select.fn.countAll().as('count'))
      .executeTakeFirstOrThrow();
    if (Number(count) >= OPEN_DELETE_REQUESTS_MAX) {
      throw new PermanentError('rate_limited', `${OPEN_DELETE_REQUESTS_MAX} delete requests are not processed yet`);
    }
    const times = { start_at: startMs, end_at: endMs, created_at: nowMs, processed_at: null };
    await transaction
      .insertInto('delete_requests')
      .values({ id, org_id: orgId, query, status: 'received', ...times })
      .execute();
  });
  return id;
}

/** Those of one org, the oldest first. */
export async function listDeleteRequests(db: ControlDb, orgId: string): Promise<DeleteRequest[]> {
  const rows = await db.sql
    .selectFrom('delete_requests')
    .selectAll()
    .where('org_id', '=', orgId)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  return rows.map(requestOf);
}

/** Removes a request that was not begun. `unknown` is also what another org asked for. */
export async function cancelDeleteRequest(
  db: ControlDb,
  orgId: string,
  id: string,
): Promise<'cancelled' | 'unknown' | 'begun'> {
  const { numDeletedRows } = await db.sql
    .deleteFrom('delete_requests')
    .where('org_id', '=', orgId)
    .where('id', '=', id)
    .where('status', '=', 'received')
    .executeTakeFirst();
  if (Number(numDeletedRows) > 0) return 'cancelled';
  const found = await db.sql
    .selectFrom('delete_requests')
    .select('id')
    .where('org_id', '=', orgId)
    .where('id', '=', id)
    .executeTakeFirst();
  return found === undefined ? 'unknown' : 'begun';
}

/**
 * The oldest request of any org that is not processed, marked as `running`; null when there is none. One that a stopped
 * server had begun is given again: doing it twice must do no harm.
 */
export async function takeDeleteRequest(db: ControlDb): Promise<DeleteRequest | null> {
  for (;;) {
    const row = await db.sql
      .selectFrom('delete_requests')
      .selectAll()
      .where('status', '!=', 'processed')
      .orderBy('created_at')
      .orderBy('id')
      .limit(1)
      .executeTakeFirst();
    if (row === undefined) return null;
    const { numUpdatedRows } = await db.sql
      .updateTable('delete_requests')
      .set({ status: 'running' })
      .where('id', '=', row.id)
      .where('status', '!=', 'processed')
      .executeTakeFirst();
    // None when it was cancelled meanwhile.
    if (Number(numUpdatedRows) > 0) return { ...requestOf(row), status: 'running' };
  }
}

/** Marks a request that was taken as processed. */
export async function finishDeleteRequest(db: ControlDb, id: string, nowMs: number): Promise<void> {
  await db.sql
    .updateTable('delete_requests')
    .set({ status: 'processed', processed_at: nowMs })
    .where('id', '=', id)
    .execute();
}

function requestOf(row: ControlTables['delete_requests']): DeleteRequest {
  return {
    id: row.id,
    orgId: row.org_id,
    query: row.query,
    startMs: Number(row.start_at),
    endMs: Number(row.end_at),
    status: row.status as DeleteRequestStatus,
    createdAtMs: Number(row.created_at),
  };
}
