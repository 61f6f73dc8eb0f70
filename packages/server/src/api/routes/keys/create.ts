import { createApiKey } from '../../../control/api-keys.ts';
import { PermanentError } from '../../../runtime/errors.ts';
import { defineRoute, json } from '../../route.ts';
import { madeKeySchema, newKeySchema } from '../../wire/orgs.ts';
import { requireOrg } from '../orgs/scope.ts';
import { renderKey } from './render.ts';

export const createKey = defineRoute({
  method: 'POST',
  path: '/api/keys',
  scope: 'admin',
  resource: null,
  summary: 'Make an API key; its secret is in the answer and never again',
  body: newKeySchema,
  answers: { 201: madeKeySchema },
  async handle({ deps, identity, body, nowMs }) {
    const orgId = body.org_id ?? identity.orgId;
    await requireOrg(deps, identity, orgId);
    const maySelectOrgs = body.may_select_orgs ?? false;
    if (maySelectOrgs && !identity.maySelectOrgs) {
      throw new PermanentError('forbidden', 'only a key that may select orgs can make another', 'may_select_orgs');
    }
    const { name, scopes, browser_origins: browserOrigins } = body;
    const wanted = { orgId, name, scopes, maySelectOrgs, ...(browserOrigins && { browserOrigins }) };
    const key = await createApiKey(deps.control, wanted, nowMs);
    return json({ ...renderKey(key), secret: key.secret }, 201);
  },
});
