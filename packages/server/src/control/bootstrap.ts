import { PermanentError } from '../runtime/errors.ts';
import { type ApiKey, createApiKey, findApiKeyByHash, hashSecret } from './api-keys.ts';
import type { ControlDb } from './control-db.ts';
import { createOrg, DEFAULT_ORG_ID, getOrg } from './orgs.ts';

export interface Bootstrap {
  /** A key that was made now. The caller prints it, once: it is nowhere kept. */
  generatedSecret: string | null;
  /** The operator's bootstrap key was revoked some time ago and stays so. */
  isRevoked: boolean;
}

/**
 * Makes what a first start needs: the org `default` and an admin key of it that may select orgs. `secret` is the
 * operator's own (bootstrapApiKey): it gets its key at any start, so that it also opens an installation whose keys
 * were lost. Without one, a key is made when there never was any.
 */
export async function bootstrap(db: ControlDb, secret: string | undefined): Promise<Bootstrap> {
  const org = await getOrg(db, DEFAULT_ORG_ID);
  if (!org) await unlessConflict(createOrg(db, { id: DEFAULT_ORG_ID, name: 'Default' }));
  if (secret === undefined) {
    const any = await db.sql.selectFrom('api_keys').select('id').limit(1).executeTakeFirst();
    const made = any ? null : await createAdminKey(db, undefined);
    return { generatedSecret: made?.secret ?? null, isRevoked: false };
  }
  const existing = await findApiKeyByHash(db, hashSecret(secret));
  if (!existing) await unlessConflict(createAdminKey(db, secret));
  return { generatedSecret: null, isRevoked: existing !== null && existing.revokedAtMs !== null };
}

/** Another server of the same installation may have made it a moment ago. */
async function unlessConflict(creation: Promise<unknown>): Promise<void> {
  try {
    await creation;
  } catch (error) {
    if (!(error instanceof PermanentError && error.code === 'conflict')) throw error;
  }
}

function createAdminKey(db: ControlDb, secret: string | undefined): Promise<ApiKey & { secret: string }> {
  return createApiKey(db, {
    orgId: DEFAULT_ORG_ID,
    name: 'bootstrap',
    scopes: ['admin'],
    maySelectOrgs: true,
    ...(secret === undefined ? {} : { secret }),
  });
}
