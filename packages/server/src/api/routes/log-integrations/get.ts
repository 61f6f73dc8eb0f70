import { z } from 'zod';
import { defineRoute, json } from '../../route.ts';
import { integrationSchema } from '../../wire/log-integrations.ts';
import { renderIntegration } from './render.ts';

export const getLogIntegration = defineRoute({
  method: 'GET',
  path: '/api/log-integrations/:integration_id',
  scope: 'admin',
  resource: 'integration',
  summary: 'A destination with its settings, status, lag and the progress of a replay; secrets as set or not set',
  params: z.strictObject({ integration_id: z.string() }),
  answers: { 200: integrationSchema },
  async handle({ deps: { integrations }, identity, params }) {
    const integration = await integrations.get(identity.orgId, params.integration_id);
    return json(renderIntegration(integrations, integration));
  },
});
