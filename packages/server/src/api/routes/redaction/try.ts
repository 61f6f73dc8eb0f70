import type { Event } from '@tailwater/schema';
import { renderEvent } from '../../render-event.ts';
import { defineRoute, json } from '../../route.ts';
import { redactionTryBodySchema, redactionTrySchema } from '../../wire/redaction.ts';
import { orgRulesOff } from './rules-off.ts';

/** Fields that the server gives an event when it comes in. */
const OF_SERVER = ['event_id', 'received_at', 'receiver', 'org_id'];

export const tryRedaction = defineRoute({
  method: 'POST',
  path: '/api/redaction/try',
  scope: 'query',
  resource: null,
  summary: "What redaction makes of a text or an event, by the org's rules; nothing is kept",
  body: redactionTryBodySchema,
  answers: { 200: redactionTrySchema },
  async handle({ deps, identity, body }) {
    const rulesOff = await orgRulesOff(deps, identity);
    const asked = 'text' in body ? { message: body.text } : body.event;
    const { event, hits } = deps.redaction.try(asked, rulesOff);
    return json({ after: 'text' in body ? event.message : filledFields(event), hits });
  },
});

function filledFields(event: Event): Record<string, unknown> {
  const fields = Object.entries(JSON.parse(renderEvent(event)) as Record<string, unknown>);
  const isEmpty = (value: unknown) => value === '' || value === null || JSON.stringify(value) === '{}';
  // A time that the event did not give is that of its arrival.
  const isGiven = (name: string) => name !== 'timestamp' || event.timestampNs !== 0n;
  return Object.fromEntries(
    fields.filter(([name, value]) => !OF_SERVER.includes(name) && isGiven(name) && !isEmpty(value)),
  );
}
