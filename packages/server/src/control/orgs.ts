import { z } from 'zod';
import { PermanentError, RetryableError } from '../runtime/errors.ts';
import type { ControlDb, ControlTables } from './control-db.ts';
import { DEFAULT_LOGQL_SETTINGS, logqlSettingsSchema } from './logql-settings.ts';

/** The org of requests without a key in open mode, and of the first admin key. Made at the first start. */
export const DEFAULT_ORG_ID = 'default';

/** Org ids appear in URLs, headers, file names and metrics. */
export const ORG_ID = /^[a-z0-9][a-z0-9_-]{0,62}$/;
const ORG_ID_RULE = 'an org id is 1 to 63 of a-z, 0-9, `-` and `_`, and starts with a letter or digit';

const NAME_CHARACTERS_MAX = 200;
const RETENTION_DAYS_MAX = 3650;
const SETTINGS_ENTRIES_MAX = 1000;
const UPDATE_ATTEMPTS_MAX = 10;

const quantity = z.int().min(1).nullable().default(null);

/** What an org may send; null for the server's default. Bytes are those of bodies as received. */
export const ingestQuotaSchema = z.strictObject({
  bytesPerSecond: quantity,
  eventsPerSecond: quantity,
  bytesPerDay: quantity,
  eventsPerDay: quantity,
});
export type IngestQuota = z.output<typeof ingestQuotaSchema>;
export const NO_QUOTA: IngestQuota = ingestQuotaSchema.parse({});

export const orgSettingsSchema = z.strictObject({
  /** Redaction rules that this org switched off. */
  redactRulesOff: z.array(z.string().min(1).max(64)).max(SETTINGS_ENTRIES_MAX).default([]),
  /** Log type by prefix of the logger name, before the server's own map. */
  logTypes: z.record(z.string().min(1).max(256), z.string().min(1).max(64)).default({}),
  ingestQuota: ingestQuotaSchema.default(NO_QUOTA),
  /** How LogQL queries are answered, and their limits. */
  loki: logqlSettingsSchema.default(DEFAULT_LOGQL_SETTINGS),
});
export type OrgSettings = z.output<typeof orgSettingsSchema>;

export interface Org {
  id: string;
  name: string;
  /** Null: the server's retention.defaultDays. */
  retentionDays: number | null;
  settings: OrgSettings;
  createdAtMs: number;
}

export interface NewOrg {
  id: string;
  name: string;
  retentionDays?: number | null;
}

/** What is undefined stays as it is. */
export interface OrgChange {
  name?: string | undefined;
  retentionDays?: number | null | undefined;
  settings?: Partial<OrgSettings> | undefined;
}

/** @throws PermanentError `invalid_field`, or `conflict` when the id is taken. */
export async function createOrg(
  db: ControlDb,
  { id, name, retentionDays = null }: NewOrg,
  nowMs = Date.now(),
): Promise<Org> {
  if (!ORG_ID.test(id)) throw new PermanentError('invalid_field', ORG_ID_RULE, 'id');
  checkName(name);
  checkRetention(retentionDays);
  const row = await db.sql
    .insertInto('orgs')
    .values({ id, name, retention_days: retentionDays, settings: '{}', created_at: nowMs })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .returningAll()
    .executeTakeFirst();
  if (!row) throw new PermanentError('conflict', `the org \`${id}\` exists already`, 'id');
  db.revision++;
  return orgOf(row);
}

/** All orgs, by id. */
export async function listOrgs(db: ControlDb): Promise<Org[]> {
  return (await db.sql.selectFrom('orgs').selectAll().orderBy('id').execute()).map(orgOf);
}

/** The org, or null. */
export async function getOrg(db: ControlDb, id: string): Promise<Org | null> {
  const row = await db.sql.selectFrom('orgs').selectAll().where('id', '=', id).executeTakeFirst();
  return row ? orgOf(row) : null;
}

/**
 * Changes what `change` names. Of two changes at a time to settings, the later one starts again from what the
 * earlier one left.
 * @throws PermanentError `invalid_field` or `not_found`; RetryableError `overloaded` when others keep coming first.
 */
export async function updateOrgSettings(db: ControlDb, id: string, change: OrgChange): Promise<Org> {
  if (change.name !== undefined) checkName(change.name);
  if (change.retentionDays !== undefined) checkRetention(change.retentionDays);
  for (let attempt = 0; attempt < UPDATE_ATTEMPTS_MAX; attempt++) {
    const before = await db.sql.selectFrom('orgs').selectAll().where('id', '=', id).executeTakeFirst();
    if (!before) throw new PermanentError('not_found', `there is no org \`${id}\``);
    const settings = checkSettings({ ...orgOf(before).settings, ...change.settings });
    const after = await db.sql
      .updateTable('orgs')
      .set({ settings: JSON.stringify(settings), name: change.name, retention_days: change.retentionDays })
      .where('id', '=', id)
      .where('settings', '=', before.settings)
      .returningAll()
      .executeTakeFirst();
    if (!after) continue;
    db.revision++;
    return orgOf(after);
  }
  throw new RetryableError('overloaded', `the org \`${id}\` is being changed by others`, 1000);
}

function orgOf(row: ControlTables['orgs']): Org {
  return {
    id: row.id,
    name: row.name,
    retentionDays: row.retention_days,
    settings: orgSettingsSchema.parse(JSON.parse(row.settings)),
    createdAtMs: row.created_at,
  };
}

/** Names of orgs and keys. */
export function checkName(name: string): void {
  if (name.trim() !== '' && name.length <= NAME_CHARACTERS_MAX && !/\p{Cc}/u.test(name)) return;
  const message = `a name has 1 to ${NAME_CHARACTERS_MAX} characters, no control characters, and is not blank`;
  throw new PermanentError('invalid_field', message, 'name');
}

function checkRetention(days: number | null): void {
  if (days === null || (Number.isInteger(days) && days >= 1 && days <= RETENTION_DAYS_MAX)) return;
  throw new PermanentError(
    'invalid_field',
    `expected 1 to ${RETENTION_DAYS_MAX} days, or null for the default`,
    'retention_days',
  );
}

function checkSettings(settings: unknown): OrgSettings {
  const result = orgSettingsSchema.safeParse(settings);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new PermanentError('invalid_field', issue!.message, `settings.${issue!.path.join('.')}`);
}
