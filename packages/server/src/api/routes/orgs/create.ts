import { createOrg as makeOrg } from '../../../control/orgs.ts';
import { PermanentError } from '../../../runtime/errors.ts';
import { defineRoute, json } from '../../route.ts';
import { newOrgSchema, orgSchema } from '../../wire/orgs.ts';
import { renderOrg } from './render.ts';

export const createOrg = defineRoute({
  method: 'POST',
  path: '/api/orgs',
  scope: 'admin',
  resource: null,
  summary: 'Make an org; needs a key that may select orgs',
  body: newOrgSchema,
  answers: { 201: orgSchema },
  async handle({ deps, identity, body, nowMs }) {
    if (!identity.maySelectOrgs) throw new PermanentError('forbidden', 'this needs a key that may select orgs');
    const { id, name, retention_days: retentionDays = null } = body;
    return json(renderOrg(await makeOrg(deps.control, { id, name, retentionDays }, nowMs)), 201);
  },
});
