import { z } from 'zod';
import { removeLogLevel } from '../../../control/log-levels.ts';
import { defineRoute, noContent } from '../../route.ts';

export const removeLevel = defineRoute({
  method: 'DELETE',
  path: '/api/log-levels',
  scope: 'admin',
  resource: null,
  summary: "Let the program's own level hold again",
  query: z.strictObject({ logger: z.string(), service: z.string().default('') }),
  answers: { 204: 'Its programs fall back within seconds.' },
  async handle({ deps, identity, query }) {
    await removeLogLevel(deps.control, identity.orgId, query.service, query.logger);
    return noContent();
  },
});
