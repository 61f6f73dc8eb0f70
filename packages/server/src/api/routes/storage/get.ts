import type { z } from 'zod';
import { type DiskRow, diskQuery, type KeptRow, keptQuery } from '../../../query/storage-sql.ts';
import { formatMs } from '../../render-event.ts';
import { defineRoute, json } from '../../route.ts';
import { allRows } from '../../store-rows.ts';
import { storageSchema } from '../../wire/storage.ts';

export const getStorage = defineRoute({
  method: 'GET',
  path: '/api/storage',
  scope: 'query',
  resource: null,
  summary: 'How many events are kept, for how long, and what an event takes on disk',
  answers: { 200: storageSchema },
  async handle({ deps, identity, signal }) {
    const [kept, disk] = await Promise.all([
      allRows<KeptRow>(deps.store, keptQuery(identity.maySelectOrgs ? null : identity.orgId), { signal }),
      // A ClickHouse of one's own may not let its user read that; a store that is away fails the other query too.
      allRows<DiskRow>(deps.store, diskQuery(), { signal }).catch((): DiskRow[] => []),
    ]);
    const own = kept.filter(({ org }) => org === identity.orgId);
    const events = Number(disk[0]?.events ?? 0);
    const bytes = Number(disk[0]?.bytes ?? 0);
    return json({
      events: sumOf(own),
      oldest: own.length === 0 ? null : formatMs(Math.min(...own.map((row) => Number(row.oldest_ms)))),
      newest: own.length === 0 ? null : formatMs(Math.max(...own.map((row) => Number(row.newest_ms)))),
      by_retention: own.map((row) => ({ retention_days: row.retention_days, events: Number(row.events) })),
      bytes_per_event: events === 0 ? null : Math.round((bytes / events) * 10) / 10,
      store: identity.maySelectOrgs ? { events, bytes, by_org: byOrg(kept) } : null,
    } satisfies z.output<typeof storageSchema>);
  },
});

const sumOf = (rows: readonly KeptRow[]): number => rows.reduce((sum, row) => sum + Number(row.events), 0);

function byOrg(rows: readonly KeptRow[]): { org_id: string; events: number }[] {
  const orgs = Map.groupBy(rows, ({ org }) => org);
  return [...orgs].map(([org_id, own]) => ({ org_id, events: sumOf(own) }));
}
