import { z } from 'zod';
import { type HistogramRow, histogramQuery } from '../../../query/histogram-sql.ts';
import { type BucketGrid, bucketGrid, closedRange } from '../../../query/nice-interval.ts';
import { formatTime } from '../../../query/time.ts';
import { questionOf } from '../../events.ts';
import { formatMs } from '../../render-event.ts';
import { defineRoute, json } from '../../route.ts';
import { noSeverities } from '../../severity-counts.ts';
import { allRows } from '../../store-rows.ts';
import { histogramSchema } from '../../wire/charts.ts';
import { filterParameters, rangeParameters } from '../../wire/filters.ts';
import { integerParameter } from '../../wire/parameters.ts';

const BUCKETS_DEFAULT = 60;
const BUCKETS_MAX = 1_000;

export const getHistogram = defineRoute({
  method: 'GET',
  path: '/api/logs/histogram',
  scope: 'query',
  resource: null,
  summary: 'Events over time by severity, in buckets of a round length',
  query: z.strictObject({
    ...filterParameters,
    ...rangeParameters,
    buckets: integerParameter(1, BUCKETS_MAX)
      .default(BUCKETS_DEFAULT)
      .meta({ description: `About how many buckets; never more than one more. Default ${BUCKETS_DEFAULT}.` }),
  }),
  answers: { 200: histogramSchema },
  async handle({ deps, identity, query, signal, nowMs }) {
    const question = questionOf(query, nowMs);
    const range = closedRange(question.range, nowMs);
    const grid = bucketGrid(range, query.buckets);
    const scope = { orgId: identity.orgId, condition: question.condition, range };
    const rows = await allRows<HistogramRow>(deps.store, histogramQuery(scope, grid), { signal });
    return json({
      from: formatTime(range.fromNs),
      to: formatTime(range.toNs),
      interval_ms: grid.intervalS * 1000,
      ...bucketsOf(rows, grid),
    } satisfies z.output<typeof histogramSchema>);
  },
});

function bucketsOf(rows: readonly HistogramRow[], { firstS, intervalS, count }: BucketGrid) {
  const buckets = Array.from({ length: count }, (_, i) => ({
    time: formatMs((firstS + i * intervalS) * 1000),
    events: 0,
    by_severity: noSeverities(),
  }));
  let total = 0;
  for (const { start, severity, events } of rows) {
    const bucket = buckets[(Number(start) - firstS) / intervalS]!;
    bucket.by_severity[severity] += Number(events);
    bucket.events += Number(events);
    total += Number(events);
  }
  return { buckets, total };
}
