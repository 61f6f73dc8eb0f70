import { z } from 'zod';
import { revokeApiKey } from '../../../control/api-keys.ts';
import { defineRoute, noContent } from '../../route.ts';

export const revokeKey = defineRoute({
  method: 'DELETE',
  path: '/api/keys/:key_id',
  scope: 'admin',
  resource: 'key',
  summary: 'End an API key, at once',
  params: z.strictObject({ key_id: z.string() }),
  answers: { 204: 'The key is revoked.' },
  async handle({ deps, identity, params, nowMs }) {
    await revokeApiKey(deps.control, params.key_id, identity.maySelectOrgs ? null : identity.orgId, nowMs);
    return noContent();
  },
});
