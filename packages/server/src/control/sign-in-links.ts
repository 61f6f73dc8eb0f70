import { randomBytes } from 'node:crypto';
import { hashSecret } from './api-keys.ts';
import type { ControlDb, ControlTables } from './control-db.ts';
import { DEFAULT_ORG_ID } from './orgs.ts';
import { type Identity, isScope, SCOPES, type Scope } from './scopes.ts';

const LIFETIME_MS = 24 * 3600_000;
const SECRET_BYTES = 32;

/** What a session may do: no more than who made its link, or signed in with a key. */
export interface Grant {
  orgId: string;
  /** The key that it ends with. Null for what the server itself or a person of this machine granted. */
  keyId: string | null;
  scopes: readonly Scope[];
  maySelectOrgs: boolean;
}

/** What the link that the server prints at its start is good for. */
export const OPERATOR_GRANT: Grant = { orgId: DEFAULT_ORG_ID, keyId: null, scopes: ['admin'], maySelectOrgs: true };

export function grantOf({ orgId, keyId, scopes, maySelectOrgs }: Identity): Grant {
  return { orgId, keyId, scopes: SCOPES.filter((scope) => scopes.has(scope)), maySelectOrgs };
}

/** Columns that a grant is kept in. */
export function grantColumns({ orgId, keyId, scopes, maySelectOrgs }: Grant) {
  return { org_id: orgId, key_id: keyId, scopes: scopes.join(','), may_select_orgs: maySelectOrgs ? 1 : 0 };
}

export function grantOfRow(row: Omit<ControlTables['sign_in_links'], 'hash'>): Grant {
  return {
    orgId: row.org_id,
    keyId: row.key_id,
    scopes: row.scopes.split(',').filter(isScope),
    maySelectOrgs: row.may_select_orgs === 1,
  };
}

/** A secret of 256 random bits, which is nowhere kept. */
export function newSecret(prefix: string): string {
  return prefix + randomBytes(SECRET_BYTES).toString('base64url');
}

/** Makes a link that signs in once, within 24 hours. Its token is in the answer and never again. */
export async function createSignInLink(
  db: ControlDb,
  grant: Grant,
  nowMs = Date.now(),
): Promise<{ token: string; expiresAtMs: number }> {
  await db.sql.deleteFrom('sign_in_links').where('expires_at', '<=', nowMs).execute();
  const token = newSecret('twl_');
  const expiresAtMs = nowMs + LIFETIME_MS;
  const row = { hash: hashSecret(token), ...grantColumns(grant), created_at: nowMs, expires_at: expiresAtMs };
  await db.sql.insertInto('sign_in_links').values(row).execute();
  return { token, expiresAtMs };
}

/** Takes the token: of two who come with it at a time one gets the grant. Null when it is none, or none any more. */
export async function redeemSignInLink(db: ControlDb, token: string, nowMs = Date.now()): Promise<Grant | null> {
  const row = await db.sql
    .deleteFrom('sign_in_links')
    .where('hash', '=', hashSecret(token))
    .returningAll()
    .executeTakeFirst();
  return row === undefined || row.expires_at <= nowMs ? null : grantOfRow(row);
}
