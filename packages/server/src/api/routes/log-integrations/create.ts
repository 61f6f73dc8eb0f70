import { defineRoute, json } from '../../route.ts';
import { draftOf, integrationBodySchema, integrationSchema } from '../../wire/log-integrations.ts';
import { renderIntegration } from './render.ts';

export const createLogIntegration = defineRoute({
  method: 'POST',
  path: '/api/log-integrations',
  scope: 'admin',
  resource: null,
  summary: 'Forward events of the org to a destination',
  body: integrationBodySchema,
  answers: { 201: integrationSchema },
  async handle({ deps: { integrations }, identity, body }) {
    const made = await integrations.create(identity.orgId, draftOf(body));
    return json(renderIntegration(integrations, made), 201);
  },
});
