import { z } from 'zod';
import { closedRange } from '../../../query/nice-interval.ts';
import { TOP_DIMENSIONS, type TopRow, topBytesQuery, topQuery } from '../../../query/top-sql.ts';
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
    const { condition, range } = questionOf(query, nowMs);
    const scope = { orgId: identity.orgId, condition, range: closedRange(range, nowMs) };
    const rows = await allRows<TopRow>(deps.store, topQuery(scope, query.by, query.limit), { signal });
    const values = rows.map(({ value }) => value);
    const sizes = await allRows<{ value: string; bytes: string }>(deps.store, topBytesQuery(scope, query.by, values), {
      signal,
    });
    const bytesOf = new Map(sizes.map(({ value, bytes }) => [value, Number(bytes)]));
    return json({
      by: query.by,
      values: rows.map(({ value, events, errors, cost, p95_ms }) => ({
        value,
        events: Number(events),
        errors: Number(errors),
        bytes: bytesOf.get(value) ?? 0,
        cost,
        p95_ms,
      })),
    } satisfies z.output<typeof topSchema>);
  },
});
