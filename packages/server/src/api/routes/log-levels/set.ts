import { SEVERITIES } from '@tailwater/schema';
import { z } from 'zod';
import { setLogLevel } from '../../../control/log-levels.ts';
import { parseDuration } from '../../../query/time.ts';
import { PermanentError } from '../../../runtime/errors.ts';
import { defineRoute, json } from '../../route.ts';
import { logLevelSchema } from '../../wire/producers.ts';
import { renderLogLevel } from './render.ts';

const NS_PER_MS = 1_000_000n;
const FOR_MS_MAX = 30 * 24 * 3_600_000;

export const setLevel = defineRoute({
  method: 'PUT',
  path: '/api/log-levels',
  scope: 'admin',
  resource: null,
  summary: 'Set from which severity on a logger emits, within seconds, in every program that runs the SDK',
  body: z.strictObject({
    logger: z.string().min(1).max(200).meta({ description: 'A name, or `*`.' }),
    level: z.enum(SEVERITIES),
    service: z.string().max(200).default('').meta({ description: 'Only in programs of this service.' }),
    for: z.string().optional().meta({ description: '`15m`: for so long. Without it, until it is removed.' }),
  }),
  answers: { 200: logLevelSchema },
  async handle({ deps, identity, body, nowMs }) {
    const { service, logger, level } = body;
    const untilMs = body.for === undefined ? null : nowMs + durationMs(body.for);
    const set = { service, logger, level, setAtMs: nowMs, untilMs };
    await setLogLevel(deps.control, identity.orgId, set);
    return json(renderLogLevel(set));
  },
});

function durationMs(text: string): number {
  const durationNs = parseDuration(text);
  const ms = durationNs === null ? 0 : Number(durationNs / NS_PER_MS);
  if (ms < 1000 || ms > FOR_MS_MAX) {
    throw new PermanentError('invalid_field', 'must be a duration of 1s to 30d, such as 15m', 'for');
  }
  return ms;
}
