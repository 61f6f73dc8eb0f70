import { queryOptions, useSuspenseQuery } from '@tanstack/react-query';
import { answerOf, api } from './client.ts';

/** Who the page acts as, and where. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: ({ signal }) => answerOf(api.GET('/api/sessions/current', { signal })),
  staleTime: 60_000,
});

/** The session: everything below the shell has one. */
export function useSession() {
  return useSuspenseQuery(sessionQuery).data;
}
