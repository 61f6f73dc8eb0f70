import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { answerOf, api } from '../../../api/client.ts';
import { chosenOrg } from '../../../api/org.ts';
import type { LogsQuestion } from '../logs-search.ts';
import { questionParams } from '../query/api-question.ts';

const BUCKETS = 80;
const LIVE_INTERVAL_MS = 2_000;

/** Events over time of the question; in live mode it moves with the clock. */
export function useHistogram({ q, isLogql, isLive, range }: LogsQuestion) {
  return useQuery({
    queryKey: ['histogram', chosenOrg(), q, range.from, range.to],
    queryFn: async ({ signal }) => {
      const startedAt = performance.now();
      const query = { ...questionParams({ q, range }), buckets: String(BUCKETS) };
      const histogram = await answerOf(api.GET('/api/logs/histogram', { params: { query }, signal }));
      return { histogram, tookMs: performance.now() - startedAt };
    },
    enabled: !isLogql,
    placeholderData: keepPreviousData,
    refetchInterval: isLive ? LIVE_INTERVAL_MS : false,
  });
}
