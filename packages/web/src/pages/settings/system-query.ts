import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { answerOf, api } from '../../api/client.ts';
import type { components } from '../../api/schema.gen.ts';

/** How the server is. */
export type System = components['schemas']['System'];
export type SystemPoint = components['schemas']['SystemPoint'];

const REFRESH_MS = 10_000;

export const systemQuery = queryOptions({
  queryKey: ['system'],
  queryFn: ({ signal }) => answerOf(api.GET('/api/system', { signal })),
  refetchInterval: REFRESH_MS,
  placeholderData: keepPreviousData,
});
