import { defineRoute, json } from '../../route.ts';
import { integrationListSchema } from '../../wire/log-integrations.ts';
import { renderIntegration } from './render.ts';

export const listLogIntegrations = defineRoute({
  method: 'GET',
  path: '/api/log-integrations',
  scope: 'admin',
  resource: null,
  summary: 'Destinations that events are forwarded to, with their status and lag, by name',
  answers: { 200: integrationListSchema },
  async handle({ deps: { integrations }, identity }) {
    const all = await integrations.list(identity.orgId);
    return json({ integrations: all.map((each) => renderIntegration(integrations, each)) });
  },
});
