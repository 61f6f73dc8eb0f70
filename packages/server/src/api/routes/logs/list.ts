import { z } from 'zod';
import { decodeCursor, encodeCursor } from '../../../query/cursor.ts';
import { countQuery, type EventRow, eventsQuery, keysetOf } from '../../../query/events-sql.ts';
import type { EventsPlan } from '../../../query/plan.ts';
import { PermanentError } from '../../../runtime/errors.ts';
import { eventParts } from '../../event-parts.ts';
import { type EventsQuestion, questionOf, rangeTexts, renderRow, renderRows } from '../../events.ts';
import { streamNdjson } from '../../ndjson.ts';
import { type Answer, defineRoute, type RouteContext, renderedJson, WRITTEN } from '../../route.ts';
import { allRows } from '../../store-rows.ts';
import { eventPageSchema } from '../../wire/event.ts';
import { filterParameters, rangeParameters } from '../../wire/filters.ts';
import { integerParameter } from '../../wire/parameters.ts';

const PAGE_SIZE_DEFAULT = 100;
export const PAGE_SIZE_MAX = 1000;
/** Events that pages by number may skip: each is read again. Cursors go on from there at any depth. */
export const PAGED_EVENTS_MAX = 100_000;

/** What of the parameters says which events, and in which order. */
export const eventsQuestionParameters = {
  ...filterParameters,
  ...rangeParameters,
  order: z.enum(['asc', 'desc']).default('desc').meta({ description: 'Newest first (desc) or oldest first.' }),
};

const querySchema = z.strictObject({
  ...eventsQuestionParameters,
  page_size: integerParameter(1, PAGE_SIZE_MAX)
    .optional()
    .meta({ description: `Events of a page, default ${PAGE_SIZE_DEFAULT}.` }),
  page: integerParameter(1, PAGED_EVENTS_MAX)
    .optional()
    .meta({
      description: `Page by number, from 1, as far as event ${PAGED_EVENTS_MAX}. Events that come in between shift pages; cursors do not.`,
    }),
  cursor: z.string().optional().meta({ description: '`next_cursor` of the page before, with the same parameters.' }),
  count: z.enum(['true', 'false']).optional().meta({ description: 'true: `total` says how many events match.' }),
});
type Query = z.output<typeof querySchema>;
type Context = RouteContext<typeof querySchema, undefined, undefined>;

export const listLogs = defineRoute({
  method: 'GET',
  path: '/api/logs',
  scope: 'query',
  resource: null,
  summary: 'Find events; with Accept: application/x-ndjson a stream of all that match',
  query: querySchema,
  answers: { 200: eventPageSchema },
  async handle(context): Promise<Answer> {
    const question = questionOf(context.query, context.nowMs);
    if (representation(context.request.headers.accept) === 'json') return listPage(context, question);
    refusePaging(context.query);
    return streamAll(context, question);
  },
});

async function listPage({ deps, identity, query, signal }: Context, question: EventsQuestion): Promise<Answer> {
  const { orgId } = identity;
  const pageSize = query.page_size ?? PAGE_SIZE_DEFAULT;
  const offset = query.page === undefined ? 0 : (query.page - 1) * pageSize;
  if (offset + pageSize > PAGED_EVENTS_MAX && offset > 0) {
    throw new PermanentError('invalid_parameter', `pages go as far as event ${PAGED_EVENTS_MAX}; use cursor`, 'page');
  }
  const binding = JSON.stringify([orgId, query.order, query.from, query.to, question.condition]);
  const place = query.cursor === undefined ? null : decodeCursor(query.cursor, binding);
  if (place !== null && query.page !== undefined) {
    throw new PermanentError('invalid_parameter', 'give either page or cursor', 'page');
  }
  const { condition } = question;
  const range = place?.range ?? question.range;
  const after = place?.after ?? null;
  // One more than the page, to know whether there is a next one.
  const plan: EventsPlan = { orgId, range, condition, order: query.order, limit: pageSize + 1, offset, after };
  const [rows, counted] = await Promise.all([
    allRows<EventRow>(deps.store, eventsQuery(plan), { signal }),
    query.count === 'true' ? allRows<{ events: string }>(deps.store, countQuery(plan), { signal }) : null,
  ]);
  const events = rows.slice(0, pageSize);
  const next = rows.length > pageSize ? encodeCursor({ after: keysetOf(events.at(-1)!), range }, binding) : null;
  const rest = {
    next_cursor: next,
    ...(query.page !== undefined && { page: query.page }),
    page_size: pageSize,
    ...(counted !== null && { total: Number(counted[0]!.events) }),
    ...rangeTexts(range),
  };
  return renderedJson(`{"events":${renderRows(events, orgId)},${JSON.stringify(rest).slice(1)}`);
}

function refusePaging(query: Query): void {
  for (const name of ['page', 'page_size', 'cursor', 'count'] as const) {
    if (query[name] !== undefined) {
      throw new PermanentError('invalid_parameter', `\`${name}\` has no meaning for a stream of all events`, name);
    }
  }
}

async function streamAll(context: Context, { condition, range }: EventsQuestion): Promise<Answer> {
  const { deps, identity, query, request, reply, signal } = context;
  const { orgId } = identity;
  const render = (row: EventRow) => renderRow(row, orgId);
  const parts = eventParts({ orgId, range, condition, order: query.order }, { store: deps.store, signal, render });
  await streamNdjson(reply, parts, { requestId: request.id, onFault: deps.onFault });
  return WRITTEN;
}

/** @throws PermanentError `not_acceptable` */
function representation(accept: string | undefined): 'json' | 'ndjson' {
  const types = (accept ?? '*/*').split(',').map((part) => part.split(';', 1)[0]!.trim().toLowerCase());
  if (types.includes('application/x-ndjson')) return 'ndjson';
  if (types.some((type) => ['application/json', 'application/*', '*/*', ''].includes(type))) return 'json';
  throw new PermanentError('not_acceptable', 'this path answers application/json and application/x-ndjson', 'Accept');
}
