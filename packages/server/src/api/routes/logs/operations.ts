import { eventIdOf } from '@tailwater/schema';
import { z } from 'zod';
import { placeOfFrame } from '../../../query/events-sql.ts';
import { type OperationRow, operationsQuery } from '../../../query/top-sql.ts';
import { questionOf } from '../../events.ts';
import { defineRoute, json } from '../../route.ts';
import { allRows } from '../../store-rows.ts';
import { operationsSchema } from '../../wire/charts.ts';
import { filterParameters, rangeParameters } from '../../wire/filters.ts';
import { integerParameter } from '../../wire/parameters.ts';

const OPERATIONS_DEFAULT = 20;
const OPERATIONS_MAX = 1_000;

export const listOperations = defineRoute({
  method: 'GET',
  path: '/api/logs/operations',
  scope: 'query',
  resource: null,
  summary: 'The slowest operations: p50, p95 and p99 of duration_ms by service and kind of event',
  query: z.strictObject({
    ...filterParameters,
    ...rangeParameters,
    limit: integerParameter(1, OPERATIONS_MAX).default(OPERATIONS_DEFAULT).meta({ description: 'Most operations.' }),
  }),
  answers: { 200: operationsSchema },
  async handle({ deps, identity, query, signal, nowMs }) {
    const scope = { orgId: identity.orgId, ...questionOf(query, nowMs) };
    const rows = await allRows<OperationRow>(deps.store, operationsQuery(scope, query.limit), { signal });
    return json({ operations: rows.map(operationOf) } satisfies z.output<typeof operationsSchema>);
  },
});

function operationOf({ service, log_type, event_type, action, max_ms, ...row }: OperationRow) {
  const [p50_ms, p95_ms, p99_ms] = row.quantiles as [number, number, number];
  return {
    ...{ service, log_type, event_type, action },
    events: Number(row.events),
    errors: Number(row.errors),
    ...{ p50_ms, p95_ms, p99_ms, max_ms },
    slowest_event_id: eventIdOf({ ...placeOfFrame(row.slowest_frame), index: row.slowest_index }),
  };
}
