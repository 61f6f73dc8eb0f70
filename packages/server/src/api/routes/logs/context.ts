import { z } from 'zod';
import { type EventRow, eventsQuery, keysetOf } from '../../../query/events-sql.ts';
import type { EventsPlan } from '../../../query/plan.ts';
import { renderRow, renderRows } from '../../events.ts';
import { defineRoute, renderedJson } from '../../route.ts';
import { allRows } from '../../store-rows.ts';
import { eventContextSchema } from '../../wire/event.ts';
import { integerParameter } from '../../wire/parameters.ts';
import { eventIdSchema, findEvent } from './get.ts';

const EVENTS_DEFAULT = 10;
const EVENTS_MAX = 500;
/** What is further away than this is no surrounding; it also bounds what is read for a silent service. */
const DISTANCE_MAX_NS = 86_400_000_000_000n;

const side = (which: string) =>
  integerParameter(0, EVENTS_MAX)
    .default(EVENTS_DEFAULT)
    .meta({ description: `Most events ${which} it, at most 24 hours away.` });

export const getLogContext = defineRoute({
  method: 'GET',
  path: '/api/logs/:event_id/context',
  scope: 'query',
  resource: 'event',
  summary: 'An event among those of the same service and host',
  params: eventIdSchema,
  query: z.strictObject({ before: side('before'), after: side('after') }),
  answers: { 200: eventContextSchema },
  async handle(context) {
    const { deps, identity, query, signal } = context;
    const { orgId } = identity;
    const row = await findEvent(context);
    const rowsOf = (order: 'asc' | 'desc', limit: number) =>
      limit === 0 ? [] : allRows<EventRow>(deps.store, eventsQuery(planAround(row, orgId, order, limit)), { signal });
    const [before, after] = await Promise.all([rowsOf('desc', query.before), rowsOf('asc', query.after)]);
    return renderedJson(
      `{"before":${renderRows(before.reverse(), orgId)},"event":${renderRow(row, orgId)},"after":${renderRows(after, orgId)}}`,
    );
  },
});

function planAround(row: EventRow, orgId: string, order: 'asc' | 'desc', limit: number): EventsPlan {
  const after = keysetOf(row);
  return {
    orgId,
    range: { fromNs: after.timestampNs - DISTANCE_MAX_NS, toNs: after.timestampNs + DISTANCE_MAX_NS },
    condition: {
      kind: 'and',
      conditions: [
        { kind: 'field', column: 'service', values: [row.service] },
        { kind: 'field', column: 'host', values: [row.host] },
      ],
    },
    order,
    limit,
    offset: 0,
    after,
  };
}
