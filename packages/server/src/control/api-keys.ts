import { hash, randomBytes, randomUUID } from 'node:crypto';
import { PermanentError } from '../runtime/errors.ts';
import type { ControlDb, ControlTables } from './control-db.ts';
import { checkName } from './orgs.ts';
import { isScope, SCOPES, type Scope } from './scopes.ts';

const SECRET_BYTES = 32;
/** Characters of a made secret that are kept for people to tell keys apart: `tw_` and 30 bits, of 256. */
const PREFIX_CHARACTERS = 8;

/** An API key without its secret, which is nowhere kept. */
export interface ApiKey {
  id: string;
  orgId: string;
  name: string;
  /** First characters of the secret; empty for one that an operator chose, which has none to spare. */
  prefix: string;
  scopes: Scope[];
  maySelectOrgs: boolean;
  /** Set for a browser key: public, for pages of these origins. */
  browserOrigins: readonly string[] | null;
  createdAtMs: number;
  /** Exact to a minute or so. */
  lastUsedAtMs: number | null;
  revokedAtMs: number | null;
}

export interface NewApiKey {
  orgId: string;
  name: string;
  scopes: readonly Scope[];
  maySelectOrgs?: boolean;
  /** Makes a browser key, which has scope `ingest` and no other. */
  browserOrigins?: readonly string[];
  /** A secret chosen by the operator; otherwise one is made. */
  secret?: string;
}

/**
 * What is stored and looked up in place of a secret, hexadecimal SHA-256. Made secrets have 256 random bits, so a slow
 * hash would add nothing but its time on every request. A look-up by hash tells an attacker's clock nothing.
 */
export function hashSecret(secret: string): string {
  return hash('sha256', secret, 'hex');
}

/**
 * Makes a key. Its secret (`tw_` and 43 characters) is in the answer and never again.
 * @throws PermanentError `invalid_field`, `not_found` (no such org) or `conflict` (that secret has a key already).
 */
export async function createApiKey(
  db: ControlDb,
  { orgId, name, scopes, maySelectOrgs = false, browserOrigins, secret: chosen }: NewApiKey,
  nowMs = Date.now(),
): Promise<ApiKey & { secret: string }> {
  const secret = chosen ?? `tw_${randomBytes(SECRET_BYTES).toString('base64url')}`;
  checkName(name);
  checkScopes(scopes);
  if (browserOrigins !== undefined) checkBrowserKey(browserOrigins, scopes, maySelectOrgs);
  const org = await db.sql.selectFrom('orgs').select('id').where('id', '=', orgId).executeTakeFirst();
  if (!org) throw new PermanentError('not_found', `there is no org \`${orgId}\``, 'org_id');
  const row = await db.sql
    .insertInto('api_keys')
    .values({
      id: randomUUID(),
      org_id: orgId,
      name,
      prefix: chosen === undefined ? secret.slice(0, PREFIX_CHARACTERS) : '',
      hash: hashSecret(secret),
      scopes: SCOPES.filter((scope) => scopes.includes(scope)).join(','),
      may_select_orgs: maySelectOrgs ? 1 : 0,
      browser_origins: browserOrigins === undefined ? null : JSON.stringify(browserOrigins),
      created_at: nowMs,
    })
    .onConflict((conflict) => conflict.column('hash').doNothing())
    .returningAll()
    .executeTakeFirst();
  if (!row) throw new PermanentError('conflict', 'that secret has an API key already');
  db.revision++;
  return { ...apiKeyOf(row), secret };
}

/** Keys of an org, oldest first, revoked ones too; of all orgs when `orgId` is null. */
export async function listApiKeys(db: ControlDb, orgId: string | null): Promise<ApiKey[]> {
  let query = db.sql.selectFrom('api_keys').selectAll();
  if (orgId !== null) query = query.where('org_id', '=', orgId);
  return (await query.orderBy('created_at').orderBy('id').execute()).map(apiKeyOf);
}

/**
 * Ends a key, at once in this process. Revoking it again changes nothing. `orgId` null reaches keys of all orgs.
 * @throws PermanentError `not_found` when there is none, also when it is another org's.
 */
export async function revokeApiKey(db: ControlDb, id: string, orgId: string | null, nowMs = Date.now()): Promise<void> {
  let select = db.sql.selectFrom('api_keys').select('id').where('id', '=', id);
  if (orgId !== null) select = select.where('org_id', '=', orgId);
  if (!(await select.executeTakeFirst())) throw new PermanentError('not_found', 'there is no such API key');
  const update = db.sql.updateTable('api_keys').set({ revoked_at: nowMs });
  await update.where('id', '=', id).where('revoked_at', 'is', null).execute();
  db.revision++;
}

/** The key of a hashed secret, null when there is none. A revoked key is found too. */
export async function findApiKeyByHash(db: ControlDb, hashed: string): Promise<ApiKey | null> {
  const row = await db.sql.selectFrom('api_keys').selectAll().where('hash', '=', hashed).executeTakeFirst();
  return row ? apiKeyOf(row) : null;
}

/** Saves when keys were last used, by key id, in one transaction. A time never goes back. */
export async function saveLastUsed(db: ControlDb, usedAtMs: ReadonlyMap<string, number>): Promise<void> {
  await db.sql.transaction().execute(async (transaction) => {
    for (const [id, atMs] of usedAtMs) {
      await transaction
        .updateTable('api_keys')
        .set({ last_used_at: atMs })
        .where('id', '=', id)
        .where((where) => where.or([where('last_used_at', 'is', null), where('last_used_at', '<', atMs)]))
        .execute();
    }
  });
}

function apiKeyOf(row: ControlTables['api_keys']): ApiKey {
  return {
    id: row.id,
    orgId: row.org_id,
    name: row.name,
    prefix: row.prefix,
    scopes: row.scopes.split(',').filter(isScope),
    maySelectOrgs: row.may_select_orgs === 1,
    browserOrigins: row.browser_origins === null ? null : (JSON.parse(row.browser_origins) as string[]),
    createdAtMs: row.created_at,
    lastUsedAtMs: row.last_used_at,
    revokedAtMs: row.revoked_at,
  };
}

function checkScopes(scopes: readonly string[]): void {
  if (scopes.length > 0 && scopes.every(isScope)) return;
  throw new PermanentError('invalid_field', `expected one or more of ${SCOPES.join(', ')}`, 'scopes');
}

/** Most origins of one browser key. */
const ORIGINS_MAX = 50;

function checkBrowserKey(origins: readonly string[], scopes: readonly Scope[], maySelectOrgs: boolean): void {
  if (maySelectOrgs || scopes.some((scope) => scope !== 'ingest')) {
    throw new PermanentError(
      'invalid_field',
      'a browser key is public: it has the scope `ingest` and no other',
      'scopes',
    );
  }
  // An origin that no browser names, such as https://*.example.com, would be a promise that nobody keeps.
  const isOrigin = (text: string) => /^https?:\/\/[^*]+$/.test(text) && URL.parse(text)?.origin === text;
  if (origins.length >= 1 && origins.length <= ORIGINS_MAX && origins.every(isOrigin)) return;
  const expected = `expected 1 to ${ORIGINS_MAX} origins such as https://app.example.com, without a path`;
  throw new PermanentError('invalid_field', expected, 'browser_origins');
}
