import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { answerOf, api } from '../../../api/client.ts';
import { chosenOrg } from '../../../api/org.ts';
import type { TimeRange } from '../../../lib/time.ts';
import { isMetricQuery } from '../logql/kind.ts';
import { histogramOf } from '../logql/matrix.ts';
import { askMatrix, stepsOf } from '../logql/use-metric.ts';
import type { LogsQuestion } from '../logs-search.ts';
import { questionParams } from '../query/api-question.ts';
import type { Histogram } from './series.ts';

const BUCKETS = 80;
const LIVE_INTERVAL_MS = 2_000;

/** Events over time of the question; in live mode it moves with the clock. None of a metric of LogQL. */
export function useHistogram({ q, isLogql, isLive, range }: LogsQuestion) {
  return useQuery({
    queryKey: ['histogram', chosenOrg(), isLogql, q, range.from, range.to],
    queryFn: async ({ signal }) => {
      const startedAt = performance.now();
      const histogram = await (isLogql ? askLogql(q, range, signal) : askSearch(q, range, signal));
      return { histogram, tookMs: performance.now() - startedAt };
    },
    enabled: !isLogql || (q.trim() !== '' && !isMetricQuery(q)),
    placeholderData: keepPreviousData,
    refetchInterval: isLive ? LIVE_INTERVAL_MS : false,
  });
}

function askSearch(q: string, range: TimeRange, signal: AbortSignal): Promise<Histogram> {
  const query = { ...questionParams({ q, range }), buckets: String(BUCKETS) };
  return answerOf(api.GET('/api/logs/histogram', { params: { query }, signal }));
}

/** The lines of a log query, counted. Its text stands on lines of its own: it may end in a comment. */
async function askLogql(q: string, range: TimeRange, signal: AbortSignal): Promise<Histogram> {
  const { fromS, toS, stepS } = stepsOf(range, BUCKETS);
  const query = `sum by (severity) (count_over_time(\n${q}\n[${stepS}s]))`;
  const answer = await askMatrix(query, { fromS: fromS + stepS, toS, stepS }, signal);
  return histogramOf(answer, fromS, toS, stepS);
}
