import type { Identity } from '../../../control/scopes.ts';
import type { ApiDeps } from '../../deps.ts';

/** Rules that the org's settings switch off. */
export async function orgRulesOff({ orgs }: ApiDeps, { orgId }: Identity): Promise<readonly string[]> {
  return (await orgs.get(orgId))?.settings.redactRulesOff ?? [];
}
