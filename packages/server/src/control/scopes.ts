import { PermanentError } from '../runtime/errors.ts';

/** What a key may do. `admin` may do the others too. */
export const SCOPES = ['ingest', 'query', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/** Who a request acts as. */
export interface Identity {
  orgId: string;
  /** Null in open mode, and for a session that no key began. */
  keyId: string | null;
  /** Every scope it has, the implied ones too. */
  scopes: ReadonlySet<Scope>;
  /** Whether X-Scope-OrgID may name any org. */
  maySelectOrgs: boolean;
  /** Origins whose pages may use the key, which is then public and good for nothing but /api/browser/logs; else null. */
  browserOrigins: readonly string[] | null;
  /** Of a session of the web UI: when it ends if it is not used. */
  sessionEndsAtMs?: number;
}

export function isScope(text: string): text is Scope {
  return (SCOPES as readonly string[]).includes(text);
}

/** The scopes with those they imply. */
export function expandScopes(scopes: readonly Scope[]): ReadonlySet<Scope> {
  return new Set(scopes.includes('admin') ? SCOPES : scopes);
}

/** @throws PermanentError `forbidden` naming the scope that is missing. */
export function requireScope(identity: Identity, scope: Scope): void {
  if (identity.scopes.has(scope)) return;
  throw new PermanentError('forbidden', `this ${meansOf(identity)} lacks the scope \`${scope}\``);
}

/** By what it was known. */
export function meansOf({ sessionEndsAtMs }: Identity): 'session' | 'API key' {
  return sessionEndsAtMs === undefined ? 'API key' : 'session';
}
