import { z } from 'zod';
import { defineRoute, json } from '../../route.ts';
import { letterSchema, renderLetter } from '../../wire/dead-letters.ts';

export const getDeadLetter = defineRoute({
  method: 'GET',
  path: '/api/dead-letters/:letter_id',
  scope: 'query',
  resource: 'dead-letter',
  summary: 'A dead letter with its body and the reasons',
  params: z.strictObject({ letter_id: z.string() }),
  answers: { 200: letterSchema },
  async handle({ deps, identity, params }) {
    return json(renderLetter(await deps.deadLetters.get(identity.orgId, params.letter_id)));
  },
});
