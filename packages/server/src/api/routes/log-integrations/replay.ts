import { z } from 'zod';
import type { ReplayRange } from '../../../consumers/destination-sender/sender.ts';
import { parseTime, TIME_FORMATS } from '../../../query/time.ts';
import { PermanentError } from '../../../runtime/errors.ts';
import { defineRoute, json, noContent } from '../../route.ts';
import { replayBodySchema, replayProgressSchema } from '../../wire/log-integrations.ts';
import { renderReplay } from './render.ts';

export const replayHistory = defineRoute({
  method: 'POST',
  path: '/api/log-integrations/:integration_id/replay',
  scope: 'admin',
  resource: 'integration',
  summary: 'Send what the event store has of a time range into this destination, beside the live events',
  params: z.strictObject({ integration_id: z.string() }),
  body: replayBodySchema,
  answers: { 202: replayProgressSchema.nullable() },
  async handle({ deps: { integrations }, identity, params, body, nowMs }) {
    const { id, enabled } = await integrations.get(identity.orgId, params.integration_id);
    if (!enabled) throw new PermanentError('conflict', 'the integration is disabled: enable it first');
    const problem = integrations.problemOf(id);
    if (problem !== null) throw new PermanentError('conflict', `the integration does not run: ${problem}`);
    integrations.sender.replay(id, rangeOf(body, nowMs));
    return json(renderReplay(integrations, id), 202);
  },
});

export const cancelReplay = defineRoute({
  method: 'DELETE',
  path: '/api/log-integrations/:integration_id/replay',
  scope: 'admin',
  resource: 'integration',
  summary: 'End a replay under way',
  params: z.strictObject({ integration_id: z.string() }),
  answers: { 204: 'It ends; what was sent is sent.' },
  async handle({ deps: { integrations }, identity, params }) {
    const { id } = await integrations.get(identity.orgId, params.integration_id);
    integrations.sender.cancelReplay(id);
    return noContent();
  },
});

function rangeOf({ from, to }: z.output<typeof replayBodySchema>, nowMs: number): ReplayRange {
  const [fromNs, toNs] = (['from', 'to'] as const).map((name) => {
    const time = parseTime(name === 'from' ? from : to, nowMs);
    if (time === null) throw new PermanentError('invalid_field', `expected ${TIME_FORMATS}`, name);
    return time;
  }) as [bigint, bigint];
  if (fromNs >= toNs) throw new PermanentError('invalid_field', 'the end lies before the start', 'to');
  return { fromNs, toNs };
}
