import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { answerOf, api } from '../../api/client.ts';
import { chosenOrg } from '../../api/org.ts';
import type { components } from '../../api/schema.gen.ts';
import { filterParams } from '../../lib/logs-link.ts';
import type { TimeRange } from '../../lib/time.ts';
import type { Granularity } from './breakdown.ts';

export type Histogram = components['schemas']['Histogram'];
export type Top = components['schemas']['Top'];
export type TopValue = Top['values'][number];
export type Operation = components['schemas']['Operations']['operations'][number];
export type Pattern = components['schemas']['Pattern'];
export type TopDimension = Top['by'];

/** What all numbers of the page speak of. */
export interface Scope {
  q: string;
  range: TimeRange;
}

/** Values that are counted one by one. */
export const TOP_VALUES_MAX = 1_000;
const VOLUME_BUCKETS = '60';
const ERRORS_MAX = '10';
const OPERATIONS_MAX = '20';

export function useHistogram({ q, range }: Scope, { enabled = true } = {}) {
  return useQuery({
    queryKey: ['stats', chosenOrg(), 'histogram', q, range],
    queryFn: ({ signal }) =>
      answerOf(
        api.GET('/api/logs/histogram', {
          params: { query: { ...filterParams(q, range), buckets: VOLUME_BUCKETS } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    enabled,
  });
}

export function useTop({ q, range }: Scope, by: TopDimension, { enabled = true } = {}) {
  return useQuery({
    queryKey: ['stats', chosenOrg(), 'top', by, q, range],
    queryFn: ({ signal }) =>
      answerOf(
        api.GET('/api/logs/top', {
          params: { query: { ...filterParams(q, range), by, limit: String(TOP_VALUES_MAX) } },
          signal,
        }),
      ),
    // The values of another dimension are no old answer to this question.
    placeholderData: (before) => (before?.by === by ? before : undefined),
    enabled,
  });
}

export type SplitDimension = 'log_type' | 'service' | 'event_type';

export function useSplit({ q, range }: Scope, granularity: Granularity, by: SplitDimension) {
  return useQuery({
    queryKey: ['stats', chosenOrg(), 'split', by, granularity, q, range],
    queryFn: ({ signal }) =>
      answerOf(
        api.GET('/api/logs/stats', {
          params: { query: { ...filterParams(q, range), granularity, group_by: by } },
          signal,
        }),
      ),
    placeholderData: (before) => (before?.group_by[0] === by ? before : undefined),
  });
}

export function useTopErrors({ q, range }: Scope) {
  return useQuery({
    queryKey: ['stats', chosenOrg(), 'errors', q, range],
    queryFn: ({ signal }) =>
      answerOf(
        api.GET('/api/logs/patterns', {
          params: { query: { ...filterParams(q, range), min_severity: 'error', limit: ERRORS_MAX } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });
}

export function useOperations({ q, range }: Scope) {
  return useQuery({
    queryKey: ['stats', chosenOrg(), 'operations', q, range],
    queryFn: ({ signal }) =>
      answerOf(
        api.GET('/api/logs/operations', {
          params: { query: { ...filterParams(q, range), limit: OPERATIONS_MAX } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });
}
