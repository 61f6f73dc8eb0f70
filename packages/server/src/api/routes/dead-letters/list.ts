import { z } from 'zod';
import { defineRoute, json } from '../../route.ts';
import { letterListSchema, renderSummary } from '../../wire/dead-letters.ts';
import { integerParameter } from '../../wire/parameters.ts';

export const listDeadLetters = defineRoute({
  method: 'GET',
  path: '/api/dead-letters',
  scope: 'query',
  resource: null,
  summary: 'Requests that were refused, whole or in part, and events that the event store refused, newest first',
  query: z.strictObject({
    receiver: z.string().optional().meta({ description: 'Only those of this receiver.' }),
    limit: integerParameter(1, 1000).default(100),
    before: z.string().optional().meta({ description: 'Only those older than the letter of this id.' }),
  }),
  answers: { 200: letterListSchema },
  async handle({ deps, identity, query }) {
    const letters = await deps.deadLetters.list(identity.orgId, query);
    return json({ dead_letters: letters.map(renderSummary) });
  },
});
