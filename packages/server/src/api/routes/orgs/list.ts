import { listOrgs as listAllOrgs } from '../../../control/orgs.ts';
import { defineRoute, json } from '../../route.ts';
import { orgListSchema } from '../../wire/orgs.ts';
import { renderOrg } from './render.ts';
import { requireOrg } from './scope.ts';

export const listOrgs = defineRoute({
  method: 'GET',
  path: '/api/orgs',
  scope: 'admin',
  resource: null,
  summary: 'All orgs for a key that may select orgs, its own org for any other',
  answers: { 200: orgListSchema },
  async handle({ deps, identity }) {
    const orgs = identity.maySelectOrgs
      ? await listAllOrgs(deps.control)
      : [await requireOrg(deps, identity, identity.orgId)];
    return json({ orgs: orgs.map(renderOrg) });
  },
});
