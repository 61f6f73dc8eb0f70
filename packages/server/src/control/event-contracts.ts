import { type EventContract, eventContractSchema } from '@tailwater/schema/event-contract';
import type { ControlDb } from './control-db.ts';

/** An org's declared events, null when it has declared none. */
export async function getEventContract(
  db: ControlDb,
  orgId: string,
): Promise<{ contract: EventContract; setAtMs: number } | null> {
  const row = await db.sql.selectFrom('event_contracts').selectAll().where('org_id', '=', orgId).executeTakeFirst();
  if (row === undefined) return null;
  return { contract: eventContractSchema.parse(JSON.parse(row.contract)), setAtMs: Number(row.set_at) };
}

export async function setEventContract(
  db: ControlDb,
  orgId: string,
  contract: EventContract,
  nowMs: number,
): Promise<void> {
  const values = { contract: JSON.stringify(contract), set_at: nowMs };
  await db.sql
    .insertInto('event_contracts')
    .values({ org_id: orgId, ...values })
    .onConflict((conflict) => conflict.column('org_id').doUpdateSet(values))
    .execute();
}
