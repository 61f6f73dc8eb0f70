import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { apiFetch } from '../../../api/client.ts';
import { chosenOrg } from '../../../api/org.ts';
import { stringifySearch } from '../../../app/search-params.ts';
import { resolveRange } from '../../../lib/time.ts';
import type { LogsQuestion } from '../logs-search.ts';
import { type LokiSeries, metricOf, stepSeconds } from './matrix.ts';

const POINTS_MAX = 160;
const LIVE_INTERVAL_MS = 5_000;

interface Steps {
  fromS: number;
  toS: number;
  stepS: number;
}

/** Round times over the range: the same points at each asking. */
export function stepsOf(range: LogsQuestion['range'], pointsMax: number): Steps {
  const { fromMs, toMs } = resolveRange(range, Date.now());
  const stepS = stepSeconds(fromMs, toMs, pointsMax);
  const round = (ms: number, to: (value: number) => number) => to(ms / 1000 / stepS) * stepS;
  return { fromS: round(fromMs, Math.floor), toS: round(toMs, Math.ceil), stepS };
}

export async function askMatrix(
  query: string,
  { fromS, toS, stepS }: Steps,
  signal: AbortSignal,
): Promise<LokiSeries[]> {
  const search = stringifySearch({ query, start: fromS, end: toS, step: stepS });
  const response = await apiFetch(`/loki/api/v1/query_range${search}`, { signal });
  const { data } = (await response.json()) as { data: { resultType: string; result: LokiSeries[] } };
  return data.resultType === 'matrix' ? data.result : [];
}

/** The numbers of a metric query over the range. */
export function useMetric({ q, range, isLive }: LogsQuestion, isEnabled: boolean) {
  return useQuery({
    queryKey: ['logql-metric', chosenOrg(), q, range.from, range.to],
    queryFn: async ({ signal }) => {
      const steps = stepsOf(range, POINTS_MAX);
      return {
        ...metricOf(await askMatrix(q, steps, signal), steps.fromS, steps.toS, steps.stepS),
        stepS: steps.stepS,
      };
    },
    enabled: isEnabled,
    placeholderData: keepPreviousData,
    refetchInterval: isLive ? LIVE_INTERVAL_MS : false,
  });
}
