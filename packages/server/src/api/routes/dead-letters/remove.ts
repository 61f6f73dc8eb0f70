import { z } from 'zod';
import { defineRoute, noContent } from '../../route.ts';

export const removeDeadLetter = defineRoute({
  method: 'DELETE',
  path: '/api/dead-letters/:letter_id',
  scope: 'admin',
  resource: 'dead-letter',
  summary: 'Remove a dead letter',
  params: z.strictObject({ letter_id: z.string() }),
  answers: { 204: 'The letter is gone.' },
  async handle({ deps, identity, params }) {
    await deps.deadLetters.remove(identity.orgId, params.letter_id);
    return noContent();
  },
});
