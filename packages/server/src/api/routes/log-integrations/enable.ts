import { z } from 'zod';
import { type ApiRoute, defineRoute, json } from '../../route.ts';
import { integrationSchema } from '../../wire/log-integrations.ts';
import { renderIntegration } from './render.ts';

function switchRoute(verb: 'enable' | 'disable', summary: string): ApiRoute {
  return defineRoute({
    method: 'POST',
    path: `/api/log-integrations/:integration_id/${verb}`,
    scope: 'admin',
    resource: 'integration',
    summary,
    params: z.strictObject({ integration_id: z.string() }),
    answers: { 200: integrationSchema },
    async handle({ deps: { integrations }, identity, params }) {
      const changed = await integrations.setEnabled(identity.orgId, params.integration_id, verb === 'enable');
      return json(renderIntegration(integrations, changed));
    },
  });
}

export const enableLogIntegration = switchRoute(
  'enable',
  'Forward again, from where it was as far as the journal reaches',
);
export const disableLogIntegration = switchRoute(
  'disable',
  'Forward no more; the journal is not kept for it meanwhile',
);
