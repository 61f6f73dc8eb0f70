import { z } from 'zod';
import { eventsReadQuery, FIELD_EVENTS_MAX, fieldKind, fieldValuesQuery } from '../../../query/fields-sql.ts';
import { PermanentError } from '../../../runtime/errors.ts';
import { questionOf } from '../../events.ts';
import { defineRoute, json } from '../../route.ts';
import { allRows } from '../../store-rows.ts';
import { filterParameters, rangeParameters } from '../../wire/filters.ts';
import { integerParameter } from '../../wire/parameters.ts';
import { fieldValuesSchema } from '../../wire/stats.ts';

const VALUES_DEFAULT = 20;
const VALUES_MAX = 1000;
/** Fields whose values are as many as events. */
const WITHOUT_VALUES = ['timestamp', 'received_at', 'message', 'duration_ms', 'cost', 'event_id'];

export const listFieldValues = defineRoute({
  method: 'GET',
  path: '/api/logs/fields/:name/values',
  scope: 'query',
  resource: null,
  summary: 'The most frequent values of a field, `attr.NAME`, `label.NAME` or NAME of an attribute',
  params: z.strictObject({ name: z.string() }),
  query: z.strictObject({
    ...filterParameters,
    ...rangeParameters,
    prefix: z.string().default('').meta({ description: 'Only values that start so.' }),
    limit: integerParameter(1, VALUES_MAX).default(VALUES_DEFAULT).meta({ description: 'Most values.' }),
  }),
  answers: { 200: fieldValuesSchema },
  async handle({ deps, identity, params, query, signal, nowMs }) {
    if (WITHOUT_VALUES.includes(params.name)) {
      throw new PermanentError('not_found', `the values of \`${params.name}\` are not listed`, 'name');
    }
    const scope = { orgId: identity.orgId, ...questionOf(query, nowMs) };
    const field = fieldKind(params.name.toWellFormed());
    const page = { prefix: query.prefix.toWellFormed(), limit: query.limit };
    const [rows, read] = await Promise.all([
      allRows<{ value: string; events: string }>(deps.store, fieldValuesQuery(scope, field, page), { signal }),
      allRows<{ events: string }>(deps.store, eventsReadQuery(scope), { signal }),
    ]);
    const eventsRead = Number(read[0]!.events);
    return json({
      ...field,
      values: rows.map(({ value, events }) => ({ value, events: Number(events) })),
      events_read: eventsRead,
      complete: eventsRead < FIELD_EVENTS_MAX,
    });
  },
});
