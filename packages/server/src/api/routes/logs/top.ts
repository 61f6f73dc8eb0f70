import { z } from 'zod';
import { TOP_DIMENSIONS, type TopRow, topQuery } from '../../../query/top-sql.ts';
import { questionOf } from '../../events.ts';
import { defineRoute, json } from '../../route.ts';
import { allRows } from '../../store-rows.ts';
import { topSchema } from '../../wire/charts.ts';
import { filterParameters, rangeParameters } from '../../wire/filters.ts';
import { integerParameter } from '../../wire/parameters.ts';

const VALUES_DEFAULT = 20;
const VALUES_MAX = 1_000;

export const listTop = defineRoute({
  method: 'GET',
  path: '/api/logs/top',
  scope: 'query',
  resource: null,
  summary: 'The busiest services, users, hosts, …: events, errors, bytes, cost and p95 of each',
  query: z.strictObject({
    ...filterParameters,
    ...rangeParameters,
    by: z.enum(TOP_DIMENSIONS),
    limit: integerParameter(1, VALUES_MAX).default(VALUES_DEFAULT).meta({ description: 'Most values.' }),
  }),
  answers: { 200: topSchema },
  async handle({ deps, identity, query, signal, nowMs }) {
    const scope = { orgId: identity.orgId, ...questionOf(query, nowMs) };
    const rows = await allRows<TopRow>(deps.store, topQuery(scope, query.by, query.limit), { signal });
    return json({
      by: query.by,
      values: rows.map(({ value, events, errors, bytes, cost, p95_ms }) => ({
        value,
        events: Number(events),
        errors: Number(errors),
        bytes: Number(bytes),
        cost,
        p95_ms,
      })),
    } satisfies z.output<typeof topSchema>);
  },
});
