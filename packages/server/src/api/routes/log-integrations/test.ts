import { z } from 'zod';
import { defineRoute, json } from '../../route.ts';
import { draftOf, integrationTestBodySchema, testOutcomeSchema } from '../../wire/log-integrations.ts';
import { renderTest } from './render.ts';

export const testLogIntegration = defineRoute({
  method: 'POST',
  path: '/api/log-integrations/:integration_id/test',
  scope: 'admin',
  resource: 'integration',
  summary: 'Try the connection: the own check of the destination, then one marked event. Answers within 10 s',
  params: z.strictObject({ integration_id: z.string() }),
  answers: { 200: testOutcomeSchema },
  async handle({ deps, identity, params, signal }) {
    return json(renderTest(await deps.integrations.test(identity.orgId, params.integration_id, signal)));
  },
});

export const testLogIntegrationDraft = defineRoute({
  method: 'POST',
  path: '/api/log-integrations/test',
  scope: 'admin',
  resource: null,
  summary: 'The same for settings that are not saved',
  body: integrationTestBodySchema,
  answers: { 200: testOutcomeSchema },
  async handle({ deps, identity, body, signal }) {
    const draft = { ...draftOf(body), id: body.id };
    return json(renderTest(await deps.integrations.testDraft(identity.orgId, draft, signal)));
  },
});
