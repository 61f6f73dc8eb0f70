import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { apiFetch } from '../../../api/client.ts';
import { chosenOrg } from '../../../api/org.ts';
import { parseExact } from '../../../lib/exact-json.ts';
import { type ApiEvent, type LogRow, rowOfEvent } from '../table/row.ts';

/** Events do not change. */
const FRESH = { staleTime: 'static' } as const;

/** The event by its id, asked for when it is not among the rows of the page. */
export function useEvent(eventId: string, row: LogRow | null) {
  const query = useQuery({
    queryKey: ['event', chosenOrg(), eventId],
    queryFn: async ({ signal }) =>
      rowOfEvent((await get(`/api/logs/${encodeURIComponent(eventId)}`, signal)) as ApiEvent),
    enabled: row === null && eventId !== '',
    structuralSharing: false,
    ...FRESH,
  });
  return { ...query, row: row ?? query.data ?? null };
}

export interface EventContext {
  before: readonly LogRow[];
  event: LogRow;
  after: readonly LogRow[];
}

/** The events around one, of the same service and host. */
export function useContextOf(eventId: string, around: { before: number; after: number }) {
  return useQuery({
    queryKey: ['event context', chosenOrg(), eventId, around],
    queryFn: async ({ signal }): Promise<EventContext> => {
      const path = `/api/logs/${encodeURIComponent(eventId)}/context?before=${around.before}&after=${around.after}`;
      const { before, event, after } = (await get(path, signal)) as Record<'before' | 'after', ApiEvent[]> & {
        event: ApiEvent;
      };
      return { before: before.map(rowOfEvent), event: rowOfEvent(event), after: after.map(rowOfEvent) };
    },
    structuralSharing: false,
    placeholderData: (before, query) => (query?.queryKey[2] === eventId ? keepPreviousData(before) : undefined),
  });
}

async function get(path: string, signal: AbortSignal): Promise<unknown> {
  const response = await apiFetch(path, { signal });
  return parseExact(await response.text());
}
