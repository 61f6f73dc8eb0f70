import { keepPreviousData, useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useMemo, useRef } from 'react';
import { apiFetch } from '../../api/client.ts';
import { chosenOrg } from '../../api/org.ts';
import { stringifySearch } from '../../app/search-params.ts';
import { parseExact } from '../../lib/exact-json.ts';
import { linesPage } from './lines-page.ts';
import type { LogsQuestion } from './logs-search.ts';
import { type ApiEvent, type LogRow, rowOfEvent } from './table/row.ts';

/** A few screens: they are there the sooner, and the table asks for more before their end. */
const FIRST_PAGE_SIZE = 200;
const PAGE_SIZE = 500;
const NO_ROWS: readonly LogRow[] = [];

/** One answer: its rows, and where the next begins; null when there is none. */
export interface EventsPage {
  rows: readonly LogRow[];
  next: string | null;
}

export interface Events {
  rows: readonly LogRow[];
  error: Error | null;
  /** Nothing of this question has been answered yet; the rows are those of the one before, or none. */
  isLoading: boolean;
  /** A further page is under way. */
  isLoadingMore: boolean;
  hasMore: boolean;
  loadMore(): void;
  /** Asks again from the start: a relative range has moved on. */
  refresh(): void;
}

/** The events that the question finds, a page at a time. Not asked while the page is live, or for a metric of LogQL. */
export function useEvents(question: LogsQuestion, { isEnabled = !question.isLive } = {}): Events {
  const { q, isLogql, range, order } = question;
  const queries = useQueryClient();
  const org = chosenOrg();
  const queryKey = useMemo(() => ['events', org, { q, isLogql, range, order }], [org, q, isLogql, range, order]);
  const query = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam, signal }) =>
      isLogql ? linesPage(question, pageParam, signal) : eventsPage(question, pageParam, signal),
    initialPageParam: '',
    getNextPageParam: (page: EventsPage) => page.next,
    enabled: isEnabled && !(isLogql && q.trim() === ''),
    placeholderData: keepPreviousData,
    // A hundred pages are neither compared nor asked for again by themselves.
    structuralSharing: false,
    staleTime: ({ state }) => (state.data === undefined ? 0 : 'static'),
    gcTime: 0,
  });
  const pages = query.data?.pages;
  const answered = useMemo(() => pages?.flatMap(({ rows }) => rows), [pages]);
  // What was there stays on the page while it is asked again, and when nobody answers.
  const last = useRef<readonly LogRow[]>(NO_ROWS);
  if (answered !== undefined) last.current = answered;
  const rows = answered ?? last.current;
  const { fetchNextPage, hasNextPage, isFetchingNextPage, isPlaceholderData, isLoading, error } = query;
  const loadMore = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage && !isPlaceholderData) void fetchNextPage();
  }, [fetchNextPage, hasNextPage, isFetchingNextPage, isPlaceholderData]);
  const refresh = useCallback(() => void queries.resetQueries({ queryKey }), [queries, queryKey]);
  return {
    rows,
    error,
    isLoading: isLoading || isPlaceholderData,
    isLoadingMore: isFetchingNextPage,
    hasMore: hasNextPage && !isPlaceholderData,
    loadMore,
    refresh,
  };
}

async function eventsPage({ q, range, order }: LogsQuestion, cursor: string, signal: AbortSignal): Promise<EventsPage> {
  const search = stringifySearch({
    q,
    from: range.from,
    to: range.to === 'now' ? '' : range.to,
    order: order === 'asc' ? 'asc' : '',
    page_size: cursor === '' ? FIRST_PAGE_SIZE : PAGE_SIZE,
    cursor,
  });
  const response = await apiFetch(`/api/logs${search}`, { signal });
  const page = parseExact(await response.text()) as { events: ApiEvent[]; next_cursor: string | null };
  return { rows: page.events.map(rowOfEvent), next: page.next_cursor };
}
