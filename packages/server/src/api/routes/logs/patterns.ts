import { z } from 'zod';
import { logqlSettingsOf } from '../../../control/logql-settings.ts';
import { closedRange } from '../../../query/nice-interval.ts';
import { questionOf } from '../../events.ts';
import { type Answer, defineRoute } from '../../route.ts';
import { filterParameters, rangeParameters } from '../../wire/filters.ts';
import { integerParameter } from '../../wire/parameters.ts';
import { patternsSchema } from '../../wire/patterns.ts';

const PATTERNS_DEFAULT = 50;
const PATTERNS_MAX = 300;
const TREND_DEFAULT = 24;
const TREND_MAX = 200;

export const listPatterns = defineRoute({
  method: 'GET',
  path: '/api/logs/patterns',
  scope: 'query',
  resource: null,
  summary: 'Messages grouped by what they have in common, with counts, trend and whether they are new',
  query: z.strictObject({
    ...filterParameters,
    ...rangeParameters,
    limit: integerParameter(1, PATTERNS_MAX).default(PATTERNS_DEFAULT).meta({ description: 'Most patterns.' }),
    trend_buckets: integerParameter(1, TREND_MAX)
      .default(TREND_DEFAULT)
      .meta({ description: `About how many intervals \`trend\` has. Default ${TREND_DEFAULT}.` }),
  }),
  answers: { 200: patternsSchema },
  async handle({ deps, identity, query, signal, nowMs }): Promise<Answer> {
    const { orgId } = identity;
    const { condition, range } = questionOf(query, nowMs);
    const settings = await logqlSettingsOf(deps.orgs, orgId);
    const bytes = await deps.logql.run(
      {
        kind: 'event-patterns',
        ...{ orgId, settings, condition, limit: query.limit, trendBuckets: query.trend_buckets },
        range: closedRange(range, nowMs),
      },
      signal,
    );
    return { kind: 'bytes', status: 200, contentType: 'application/json; charset=utf-8', bytes };
  },
});
