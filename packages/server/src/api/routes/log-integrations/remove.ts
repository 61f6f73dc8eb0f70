import { z } from 'zod';
import { defineRoute, noContent } from '../../route.ts';

export const removeLogIntegration = defineRoute({
  method: 'DELETE',
  path: '/api/log-integrations/:integration_id',
  scope: 'admin',
  resource: 'integration',
  summary: 'Forward no more, and forget settings, secrets and how far it was',
  params: z.strictObject({ integration_id: z.string() }),
  answers: { 204: 'The integration is gone.' },
  async handle({ deps, identity, params }) {
    await deps.integrations.remove(identity.orgId, params.integration_id);
    return noContent();
  },
});
