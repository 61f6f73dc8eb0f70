import { listLogLevels } from '../../../control/log-levels.ts';
import { defineRoute, json } from '../../route.ts';
import { logLevelListSchema } from '../../wire/producers.ts';
import { renderLogLevel } from './render.ts';

export const listLevels = defineRoute({
  method: 'GET',
  path: '/api/log-levels',
  scope: 'query',
  resource: null,
  summary: 'Levels that were set for loggers of running programs',
  answers: { 200: logLevelListSchema },
  async handle({ deps, identity, nowMs }) {
    const levels = await listLogLevels(deps.control, identity.orgId, nowMs);
    return json({ log_levels: levels.map(renderLogLevel) });
  },
});
