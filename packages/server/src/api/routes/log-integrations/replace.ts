import { z } from 'zod';
import { defineRoute, json } from '../../route.ts';
import { draftOf, integrationBodySchema, integrationSchema } from '../../wire/log-integrations.ts';
import { renderIntegration } from './render.ts';

export const replaceLogIntegration = defineRoute({
  method: 'PUT',
  path: '/api/log-integrations/:integration_id',
  scope: 'admin',
  resource: 'integration',
  summary: 'Set everything of a destination but the secrets that are left out, which stay',
  params: z.strictObject({ integration_id: z.string() }),
  body: integrationBodySchema,
  answers: { 200: integrationSchema },
  async handle({ deps: { integrations }, identity, params, body }) {
    const changed = await integrations.replace(identity.orgId, params.integration_id, draftOf(body));
    return json(renderIntegration(integrations, changed));
  },
});
