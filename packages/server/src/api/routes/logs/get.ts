import { parseEventId } from '@tailwater/schema';
import { z } from 'zod';
import { type EventRow, eventQuery } from '../../../query/events-sql.ts';
import { PermanentError } from '../../../runtime/errors.ts';
import { renderRow } from '../../events.ts';
import { defineRoute, type RouteContext, renderedJson } from '../../route.ts';
import { allRows } from '../../store-rows.ts';
import { eventSchema } from '../../wire/event.ts';

export const eventIdSchema = z.strictObject({ event_id: z.string().meta({ description: '22 hex digits.' }) });

export const getLog = defineRoute({
  method: 'GET',
  path: '/api/logs/:event_id',
  scope: 'query',
  resource: 'event',
  summary: 'One event',
  params: eventIdSchema,
  answers: { 200: eventSchema },
  async handle(context) {
    return renderedJson(renderRow(await findEvent(context), context.identity.orgId));
  },
});

type Context = Pick<
  RouteContext<undefined, typeof eventIdSchema, undefined>,
  'deps' | 'identity' | 'params' | 'signal'
>;

/** The row of the event that the path names. @throws PermanentError `not_found`, also for an event of another org. */
export async function findEvent({ deps, identity, params, signal }: Context): Promise<EventRow> {
  const place = parseEventId(params.event_id);
  if (place !== null) {
    const [row] = await allRows<EventRow>(deps.store, eventQuery(identity.orgId, place), { signal });
    if (row !== undefined) return row;
  }
  throw new PermanentError('not_found', 'there is no such event, or it is not searchable yet');
}
