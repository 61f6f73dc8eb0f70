import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { answerOf, api } from '../../../api/client.ts';
import { chosenOrg } from '../../../api/org.ts';
import type { components } from '../../../api/schema.gen.ts';
import type { TimeRange } from '../../../lib/time.ts';
import { questionParams } from '../query/api-question.ts';

export type FieldList = components['schemas']['FieldList'];

const STALE_MS = 30_000;

/** The fields, attributes and labels of the events that the search finds. */
export function useFieldList(q: string, range: TimeRange, { isEnabled = true } = {}) {
  return useQuery({
    queryKey: ['fields', chosenOrg(), q, range.from, range.to],
    queryFn: ({ signal }) =>
      answerOf(api.GET('/api/logs/fields', { params: { query: questionParams({ q, range }) }, signal })),
    placeholderData: keepPreviousData,
    staleTime: STALE_MS,
    enabled: isEnabled,
  });
}

/** The most frequent values of a field, named as a term names it. */
export function useFieldValues(name: string, { q = '', prefix = '', range, limit, isEnabled = true }: ValuesQuestion) {
  return useQuery({
    queryKey: ['field-values', chosenOrg(), name, q, prefix, range.from, range.to, limit],
    queryFn: ({ signal }) =>
      answerOf(
        api.GET('/api/logs/fields/{name}/values', {
          params: {
            path: { name },
            query: { ...questionParams({ q, range }), limit: String(limit), ...(prefix !== '' && { prefix }) },
          },
          signal,
        }),
      ),
    // Only of the same field: another one's values would be wrong.
    placeholderData: (before, query) => (query?.queryKey[2] === name ? before : undefined),
    staleTime: STALE_MS,
    enabled: isEnabled,
  });
}

interface ValuesQuestion {
  q?: string;
  /** Only values that start so. */
  prefix?: string;
  range: TimeRange;
  limit: number;
  isEnabled?: boolean;
}
