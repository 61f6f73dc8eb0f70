import { parseEventId, severityName } from '@tailwater/schema';
import { type EventRow, eventOfRow, type FateRow, fateQuery } from '../../../query/events-sql.ts';
import { formatMs } from '../../render-event.ts';
import { defineRoute, json } from '../../route.ts';
import { allRows } from '../../store-rows.ts';
import { whySchema } from '../../wire/why.ts';
import { forwardedOf } from './forwarded.ts';
import { eventIdSchema, findEvent } from './get.ts';

export const getLogWhy = defineRoute({
  method: 'GET',
  path: '/api/logs/:event_id/why',
  scope: 'query',
  resource: 'event',
  summary: 'How an event came to be as it is: where it came in, what was done to it, where it went',
  params: eventIdSchema,
  answers: { 200: whySchema },
  async handle(context) {
    const { deps, identity, params, signal } = context;
    const row = await findEvent(context);
    const place = parseEventId(params.event_id)!;
    const [[fate], forwarded] = await Promise.all([
      allRows<FateRow>(deps.store, fateQuery(identity.orgId, place), { signal }),
      forwardedOf(deps, eventOfRow(row, identity.orgId), { position: place.frame, index: place.index }),
    ]);
    const receivedMs = Number(row.received_ms);
    return json({
      event_id: params.event_id,
      received: { at: formatMs(receivedMs), receiver: row.receiver, client_event_id: row.client_event_id },
      processors: effectsOn(row),
      redactions: redactionsIn(row),
      sampling: { decision: 'kept', rule: null },
      journal: { node: place.node, position: String(place.frame), index: place.index },
      stored: {
        at: formatMs(Number(fate.stored_ms)),
        after_ms: Math.max(0, Number(fate.stored_ms) - receivedMs),
        retention_days: fate.retention_days,
        expires_at: formatMs(Number(fate.expires_s) * 1000),
      },
      forwarded,
    });
  },
});

/** A sender's time is never that of arrival to the nanosecond, unless it has none. */
function effectsOn(row: EventRow): { processor: string; effect: string }[] {
  const effects: string[] = [];
  if (BigInt(row.ts_ns) === BigInt(row.received_ms) * 1_000_000n) {
    effects.push('timestamp: that of its arrival, the sender gave none');
  }
  effects.push(`severity: number ${row.severity_number} is ${severityName(row.severity_number)}`);
  effects.push(`log type: ${row.log_type}`);
  return effects.map((effect) => ({ processor: 'enrich', effect }));
}

const REDACTED = /\[REDACTED:([\w-]+)\]/g;

function redactionsIn(row: EventRow): { rule: string; count: number; fields: string[] }[] {
  const found = new Map<string, { count: number; fields: Set<string> }>();
  const look = (field: string, text: string): void => {
    for (const [, rule] of text.matchAll(REDACTED)) {
      const one = found.get(rule) ?? { count: 0, fields: new Set() };
      one.count += 1;
      one.fields.add(field);
      found.set(rule, one);
    }
  };
  for (const field of ['message', 'user_id', 'resource_id', 'request_id', 'action', 'host', 'logger'] as const) {
    look(field, row[field]);
  }
  for (const [name, text] of Object.entries(row.attributes)) look(`metadata.${name}`, text);
  look('labels', row.labels);
  return [...found].map(([rule, { count, fields }]) => ({ rule, count, fields: [...fields] }));
}
