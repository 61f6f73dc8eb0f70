import { listLogLevels } from '../../../control/log-levels.ts';
import { PermanentError } from '../../../runtime/errors.ts';
import { defineRoute, json } from '../../route.ts';
import { checkInAnswerSchema, checkInSchema } from '../../wire/producers.ts';
import { renderLogLevel } from '../log-levels/render.ts';

/** How often an SDK asks for levels and tells how it does. */
const CHECK_IN_INTERVAL_MS = 5_000;

export const checkIn = defineRoute({
  method: 'POST',
  path: '/api/producers/check-in',
  scope: 'ingest',
  resource: null,
  summary: 'A producer tells how many events it emitted and lost, and is told the levels of its loggers',
  body: checkInSchema,
  answers: { 200: checkInAnswerSchema },
  async handle({ deps, identity, body, nowMs }) {
    if (identity.browserOrigins !== null) {
      throw new PermanentError('forbidden', 'a browser key may send to /api/browser/logs only');
    }
    const { id, name, service, host, sdk, next, lost } = body;
    deps.producers.checkIn(identity.orgId, id, {
      name,
      service,
      host,
      sdk,
      next,
      lost,
      completeNext: body.complete_next,
      completeAtMs: body.complete_at,
      hasEnded: body.ended,
    });
    const levels = await listLogLevels(deps.control, identity.orgId, nowMs);
    const own = levels.filter((level) => level.service === '' || level.service === service);
    return json({ log_levels: own.map(renderLogLevel), next_check_in_ms: CHECK_IN_INTERVAL_MS });
  },
});
