import { z } from 'zod';
import { defineRoute, json } from '../../route.ts';
import { renderRejections, replaySchema } from '../../wire/dead-letters.ts';

export const replayDeadLetter = defineRoute({
  method: 'POST',
  path: '/api/dead-letters/:letter_id/replay',
  scope: 'admin',
  resource: 'dead-letter',
  summary: 'Send the rejected events of a dead letter again; what is accepted leaves it',
  params: z.strictObject({ letter_id: z.string() }),
  answers: { 200: replaySchema },
  async handle({ deps, identity, params }) {
    const { accepted, rejectedCount, rejections } = await deps.deadLetters.replay(identity, params.letter_id);
    return json({ accepted, rejected: renderRejections(rejections), rejected_total: rejectedCount });
  },
});
