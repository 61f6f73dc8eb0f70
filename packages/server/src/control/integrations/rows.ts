import type { IntegrationFilter } from '../../consumers/destination-sender/sender.ts';
import type { TestStep } from '../../destinations/destination.ts';
import { PermanentError } from '../../runtime/errors.ts';
import type { ControlDb, ControlTables } from '../control-db.ts';
import { type DeliverySettings, deliverySettingsSchema, integrationFilterSchema } from './settings.ts';

/** Each runs for itself, with a cursor and a batch in memory. */
export const INTEGRATIONS_MAX = 50;

export interface SealedSecret {
  /** As sealing.ts makes it. */
  sealed: string;
  updatedAtMs: number;
}

/** A step of a connection test with the time since the one before it, which outcomes of older versions lack. */
export interface TimedStep extends TestStep {
  tookMs?: number;
}

export interface TestOutcome {
  status: 'ok' | 'failed';
  atMs: number;
  steps: readonly TimedStep[];
}

/** A destination that an org configured, as the control database has it: secrets are sealed. */
export interface Integration {
  id: string;
  orgId: string;
  type: string;
  name: string;
  /** As DestinationType.config of its type reads it. */
  config: unknown;
  /** By SecretField.name. */
  secrets: Readonly<Record<string, SealedSecret>>;
  /** Vault has the secrets too, and says what they are. */
  inVault: boolean;
  filter: IntegrationFilter;
  delivery: DeliverySettings;
  enabled: boolean;
  /** Where in the journal it begins when it never ran before: at the moment it was enabled. */
  fromPosition: number;
  /** Why the server itself disabled it; null when a user did, or nobody. */
  disabledReason: string | null;
  /** Managed by the environment of the server: the API does not change it. */
  fromEnvironment: boolean;
  lastTest: TestOutcome | null;
  createdAtMs: number;
  updatedAtMs: number;
}

/** What a user decides of it. */
export type IntegrationChange = Pick<
  Integration,
  'name' | 'config' | 'secrets' | 'inVault' | 'filter' | 'delivery' | 'enabled' | 'fromPosition' | 'disabledReason'
>;

/** @throws PermanentError `conflict` when the name is taken, or the org has INTEGRATIONS_MAX. */
export async function insertIntegration(db: ControlDb, integration: Integration): Promise<void> {
  await db.sql.transaction().execute(async (transaction) => {
    const { count } = await transaction
      .selectFrom('integrations')
      .where('org_id', '=', integration.orgId)
      .select((select) => select.fn.countAll().as('count'))
      .executeTakeFirstOrThrow();
    if (Number(count) >= INTEGRATIONS_MAX) {
      throw new PermanentError('conflict', `an org may have ${INTEGRATIONS_MAX} integrations: remove some`);
    }
    const { numInsertedOrUpdatedRows } = await transaction
      .insertInto('integrations')
      .values(rowOf(integration))
      .onConflict((conflict) => conflict.columns(['org_id', 'name']).doNothing())
      .executeTakeFirst();
    if (Number(numInsertedOrUpdatedRows) === 0) throw nameTaken(integration.name);
  });
}

/** By name; of all orgs when `orgId` is null. */
export async function listIntegrations(db: ControlDb, orgId: string | null): Promise<Integration[]> {
  let query = db.sql.selectFrom('integrations').selectAll();
  if (orgId !== null) query = query.where('org_id', '=', orgId);
  return (await query.orderBy('org_id').orderBy('name').execute()).map(integrationOf);
}

/** @throws PermanentError `not_found`, also when it is another org's. */
export async function getIntegration(db: ControlDb, orgId: string, id: string): Promise<Integration> {
  const row = await db.sql
    .selectFrom('integrations')
    .selectAll()
    .where('org_id', '=', orgId)
    .where('id', '=', id)
    .executeTakeFirst();
  if (row === undefined) throw new PermanentError('not_found', 'there is no such integration');
  return integrationOf(row);
}

/**
 * Changes what `change` names, if nobody else did since `before` was read.
 * @throws PermanentError `not_found`, or `conflict` when the name is taken or somebody else was first.
 */
export async function updateIntegration(
  db: ControlDb,
  before: Pick<Integration, 'orgId' | 'id' | 'updatedAtMs'>,
  change: Partial<IntegrationChange>,
  nowMs: number,
): Promise<Integration> {
  const { orgId, id } = before;
  return db.sql.transaction().execute(async (transaction) => {
    if (change.name !== undefined) {
      const other = await transaction
        .selectFrom('integrations')
        .select('id')
        .where('org_id', '=', orgId)
        .where('name', '=', change.name)
        .where('id', '!=', id)
        .executeTakeFirst();
      if (other !== undefined) throw nameTaken(change.name);
    }
    const row = await transaction
      .updateTable('integrations')
      // Always later than before: it tells two changes within a millisecond apart.
      .set({ ...columnsOf(change), updated_at: Math.max(nowMs, before.updatedAtMs + 1) })
      .where('org_id', '=', orgId)
      .where('id', '=', id)
      .where('updated_at', '=', before.updatedAtMs)
      .returningAll()
      .executeTakeFirst();
    if (row === undefined)
      throw new PermanentError('conflict', 'the integration was changed or removed meanwhile: read it again');
    return integrationOf(row);
  });
}

/** Keeps what a test of it told; it may be gone. */
export async function saveTestOutcome(db: ControlDb, orgId: string, id: string, outcome: TestOutcome): Promise<void> {
  await db.sql
    .updateTable('integrations')
    .set({
      last_test_status: outcome.status,
      last_test_at: outcome.atMs,
      last_test_steps: JSON.stringify(outcome.steps),
    })
    .where('org_id', '=', orgId)
    .where('id', '=', id)
    .execute();
}

/** @throws PermanentError `not_found`, also when it is another org's. */
export async function removeIntegration(db: ControlDb, orgId: string, id: string): Promise<void> {
  const { numDeletedRows } = await db.sql
    .deleteFrom('integrations')
    .where('org_id', '=', orgId)
    .where('id', '=', id)
    .executeTakeFirst();
  if (Number(numDeletedRows) === 0) throw new PermanentError('not_found', 'there is no such integration');
}

function nameTaken(name: string): PermanentError {
  return new PermanentError('conflict', `there is an integration \`${name}\` already`, 'name');
}

function rowOf(integration: Integration): ControlTables['integrations'] {
  const { lastTest } = integration;
  return {
    id: integration.id,
    org_id: integration.orgId,
    type: integration.type,
    from_environment: integration.fromEnvironment ? 1 : 0,
    last_test_status: lastTest?.status ?? null,
    last_test_at: lastTest?.atMs ?? null,
    last_test_steps: lastTest === null ? null : JSON.stringify(lastTest.steps),
    created_at: integration.createdAtMs,
    updated_at: integration.updatedAtMs,
    ...(columnsOf(integration) as Required<ReturnType<typeof columnsOf>>),
  };
}

function columnsOf(change: Partial<IntegrationChange>) {
  const { name, config, secrets, inVault, filter, delivery, enabled, fromPosition, disabledReason } = change;
  return {
    ...(name !== undefined && { name }),
    ...(config !== undefined && { config: JSON.stringify(config) }),
    ...(secrets !== undefined && { secrets: JSON.stringify(secrets) }),
    ...(inVault !== undefined && { in_vault: inVault ? 1 : 0 }),
    ...(filter !== undefined && { filter: JSON.stringify(filter) }),
    ...(delivery !== undefined && { delivery: JSON.stringify(delivery) }),
    ...(enabled !== undefined && { enabled: enabled ? 1 : 0 }),
    ...(fromPosition !== undefined && { from_position: fromPosition }),
    ...(disabledReason !== undefined && { disabled_reason: disabledReason }),
  };
}

function integrationOf(row: ControlTables['integrations']): Integration {
  const { last_test_status: status, last_test_at: testedAt, last_test_steps: steps } = row;
  return {
    id: row.id,
    orgId: row.org_id,
    type: row.type,
    name: row.name,
    config: JSON.parse(row.config) as unknown,
    secrets: JSON.parse(row.secrets) as Record<string, SealedSecret>,
    inVault: row.in_vault === 1,
    filter: integrationFilterSchema.parse(JSON.parse(row.filter)),
    delivery: deliverySettingsSchema.parse(JSON.parse(row.delivery)),
    enabled: row.enabled === 1,
    fromPosition: Number(row.from_position),
    disabledReason: row.disabled_reason,
    fromEnvironment: row.from_environment === 1,
    lastTest:
      status === null || testedAt === null
        ? null
        : {
            status: status === 'ok' ? 'ok' : 'failed',
            atMs: Number(testedAt),
            steps: JSON.parse(steps ?? '[]') as TimedStep[],
          },
    createdAtMs: Number(row.created_at),
    updatedAtMs: Number(row.updated_at),
  };
}
