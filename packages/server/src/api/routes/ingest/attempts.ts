import { z } from 'zod';
import { formatMs } from '../../render-event.ts';
import { defineRoute, json } from '../../route.ts';
import { attemptListSchema } from '../../wire/attempts.ts';

export const listAttempts = defineRoute({
  method: 'GET',
  path: '/api/ingest/attempts',
  scope: 'query',
  resource: null,
  summary: 'The newest refused attempts to send: what to look at when nothing arrives',
  query: z.strictObject({
    receiver: z.string().optional().meta({ description: 'Only those of this receiver.' }),
    limit: z.coerce.number().int().min(1).max(1000).default(100),
  }),
  answers: { 200: attemptListSchema },
  handle({ deps, identity, query }) {
    // Whose an attempt without a valid key was is not known: it is for those who run the server.
    const attempts = deps.attempts
      .list(identity.orgId, identity.maySelectOrgs)
      .filter(({ receiver }) => query.receiver === undefined || receiver === query.receiver)
      .slice(0, query.limit)
      .map((attempt) => ({
        time: formatMs(attempt.atMs),
        receiver: attempt.receiver,
        org_id: attempt.orgId,
        remote: attempt.remoteAddress,
        path: attempt.path,
        status: attempt.status,
        code: attempt.code,
        reason: attempt.reason,
        rejected_events: attempt.rejectedEvents,
        first_bytes: attempt.firstBytes,
      }));
    return json({ attempts });
  },
});
