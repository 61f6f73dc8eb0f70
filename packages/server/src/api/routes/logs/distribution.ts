import { z } from 'zod';
import {
  binEdges,
  binsQuery,
  DISTRIBUTION_EVENTS_MAX,
  type DistributionRow,
  distributionQuery,
  type NumericField,
} from '../../../query/distribution-sql.ts';
import { fieldKind } from '../../../query/fields-sql.ts';
import { PermanentError } from '../../../runtime/errors.ts';
import { questionOf } from '../../events.ts';
import { defineRoute, json } from '../../route.ts';
import { allRows } from '../../store-rows.ts';
import { distributionSchema } from '../../wire/charts.ts';
import { filterParameters, rangeParameters } from '../../wire/filters.ts';
import { integerParameter } from '../../wire/parameters.ts';

const BINS_DEFAULT = 24;
const BINS_MAX = 200;
const NUMERIC_FIELDS = ['duration_ms', 'cost'] as const;
/** Fields that fieldKind takes for attributes. */
const OTHER_FIELDS = ['timestamp', 'received_at', 'message', 'event_id', 'severity_number'];

export const getDistribution = defineRoute({
  method: 'GET',
  path: '/api/logs/fields/:name/distribution',
  scope: 'query',
  resource: null,
  summary: 'How the numbers of duration_ms, cost or an attribute are spread',
  params: z.strictObject({ name: z.string() }),
  query: z.strictObject({
    ...filterParameters,
    ...rangeParameters,
    bins: integerParameter(1, BINS_MAX)
      .default(BINS_DEFAULT)
      .meta({ description: `Default ${BINS_DEFAULT}.` }),
  }),
  answers: { 200: distributionSchema },
  async handle({ deps, identity, params, query, signal, nowMs }) {
    const field = numericField(params.name.toWellFormed());
    const scope = { orgId: identity.orgId, ...questionOf(query, nowMs) };
    const [row] = await allRows<DistributionRow>(deps.store, distributionQuery(scope, field), { signal });
    const events = Number(row!.events);
    if (events === 0 && Number(row!.present) > 0) refuse(field.name);
    const rest = { events_read: Number(row!.read), complete: Number(row!.read) < DISTRIBUTION_EVENTS_MAX };
    const head = { ...field, events };
    if (events === 0) {
      const none = { min: null, max: null, avg: null, p50: null, p95: null, p99: null };
      return json({ ...head, ...none, scale: 'linear', bins: [], ...rest });
    }
    const { min, max, avg, quantiles } = row!;
    const [p50, p95, p99] = quantiles;
    const { scale, edges } = binEdges(min!, max!, query.bins);
    const bins = await allRows<{ bin: number; events: string }>(deps.store, binsQuery(scope, field, edges), { signal });
    return json({ ...head, min, max, avg, p50, p95, p99, scale, bins: binsOf(bins, edges), ...rest });
  },
});

function numericField(name: string): NumericField {
  const own = NUMERIC_FIELDS.find((field) => field === name);
  if (own !== undefined) return { kind: 'field', name: own };
  const field = fieldKind(name);
  if (field.kind !== 'attribute' || OTHER_FIELDS.includes(name)) refuse(name);
  return { kind: 'attribute', name: field.name };
}

/** The largest number stands on the last edge, which is the end of the last bin. Newer events may lie beyond. */
function binsOf(rows: readonly { bin: number; events: string }[], edges: readonly number[]) {
  const bins = edges.slice(0, -1).map((from, i) => ({ from, to: edges[i + 1]!, events: 0 }));
  for (const { bin, events } of rows) bins[Math.min(Number(bin), bins.length) - 1]!.events += Number(events);
  return bins;
}

function refuse(name: string): never {
  throw new PermanentError('invalid_parameter', `\`${name}\` holds no numbers here`, 'name');
}
