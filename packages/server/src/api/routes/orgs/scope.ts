import { getOrg, ORG_ID, type Org } from '../../../control/orgs.ts';
import type { Identity } from '../../../control/scopes.ts';
import { PermanentError } from '../../../runtime/errors.ts';
import type { ApiDeps } from '../../deps.ts';

/**
 * The org, if the identity may manage it: its own, or any with a key that may select orgs.
 * @throws PermanentError `not_found`, the same for an org that there is not and one that is another's.
 */
export async function requireOrg({ control }: ApiDeps, identity: Identity, orgId: string): Promise<Org> {
  const mayManage = identity.maySelectOrgs || orgId === identity.orgId;
  const org = mayManage && ORG_ID.test(orgId) ? await getOrg(control, orgId) : null;
  if (org === null) throw new PermanentError('not_found', 'there is no such org');
  return org;
}
