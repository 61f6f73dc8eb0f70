import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo } from 'react';
import { RANGE_DEFAULT, type TimeRange, timeMs } from '../lib/time.ts';
import { type SearchParams, textParam } from './search-params.ts';

/** Changes of the page's search parameters; an empty or undefined one goes. */
export type SearchChange = Record<string, string | string[] | undefined>;

export interface PageSearch {
  search: SearchParams;
  /** One parameter as text, empty where it is not there. */
  text(name: string): string;
  /** Changes the URL. `replace` leaves no step to go back to: for what changes while somebody types. */
  change(changes: SearchChange, options?: { replace?: boolean }): void;
}

/** The search parameters of the page that is shown. The URL is where a page keeps what it shows. */
export function usePageSearch(): PageSearch {
  const search = useSearch({ strict: false }) as SearchParams;
  const navigate = useNavigate();
  const change = useCallback(
    (changes: SearchChange, { replace = false } = {}) => {
      const next = (before: SearchParams) => ({ ...before, ...changes });
      void navigate({ to: '.', search: next, replace });
    },
    [navigate],
  );
  const text = useCallback((name: string) => textParam(search, name), [search]);
  return { search, text, change };
}

/** The time range of the page: `from` and `to` in its URL; the initial one where they are not there or are no times. */
export function useRange(initial: TimeRange = RANGE_DEFAULT): [TimeRange, (range: TimeRange) => void] {
  const { text, change } = usePageSearch();
  const from = text('from');
  const to = text('to');
  const range = useMemo(() => {
    const isThere = from !== '' && timeMs(from, 0) !== null && timeMs(to, 0) !== null;
    return isThere ? { from, to } : initial;
  }, [from, to, initial]);
  const setRange = useCallback((next: TimeRange) => change({ from: next.from, to: next.to }), [change]);
  return [range, setRange];
}
