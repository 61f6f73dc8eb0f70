import { z } from 'zod';
import { listApiKeys } from '../../../control/api-keys.ts';
import { defineRoute, json } from '../../route.ts';
import { keyListSchema } from '../../wire/orgs.ts';
import { requireOrg } from '../orgs/scope.ts';
import { renderKey } from './render.ts';

export const listKeys = defineRoute({
  method: 'GET',
  path: '/api/keys',
  scope: 'admin',
  resource: null,
  summary: 'API keys, revoked ones too; of all orgs for a key that may select orgs, of its own org for any other',
  query: z.strictObject({ org_id: z.string().optional().meta({ description: 'Only the keys of this org.' }) }),
  answers: { 200: keyListSchema },
  async handle({ deps, identity, query }) {
    if (query.org_id !== undefined) await requireOrg(deps, identity, query.org_id);
    const orgId = query.org_id ?? (identity.maySelectOrgs ? null : identity.orgId);
    return json({ keys: (await listApiKeys(deps.control, orgId)).map(renderKey) });
  },
});
