import type { ControlDb } from './control-db.ts';

/** What an org sent on a day: bytes of bodies as received, and events, taken or rejected. */
export interface Usage {
  bytes: number;
  events: number;
}

/** `2026-11-21`: days of quotas are UTC. */
export const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** Adds to what each org sent that day, in one transaction. Servers that share the database add up. */
export async function addUsage(db: ControlDb, day: string, usage: ReadonlyMap<string, Usage>): Promise<void> {
  await db.sql.transaction().execute(async (transaction) => {
    for (const [orgId, { bytes, events }] of usage) {
      await transaction
        .insertInto('org_usage')
        .values({ org_id: orgId, day, bytes, events })
        .onConflict((conflict) =>
          conflict.columns(['org_id', 'day']).doUpdateSet((set) => ({
            bytes: set('org_usage.bytes', '+', bytes),
            events: set('org_usage.events', '+', events),
          })),
        )
        .execute();
    }
  });
}

/** What every org sent that day. */
export async function usageOfDay(db: ControlDb, day: string): Promise<Map<string, Usage>> {
  const rows = await db.sql.selectFrom('org_usage').selectAll().where('day', '=', day).execute();
  return new Map(rows.map(({ org_id, bytes, events }) => [org_id, { bytes: Number(bytes), events: Number(events) }]));
}
