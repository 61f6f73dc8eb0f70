import { useMemo } from 'react';
import { usePageSearch } from '../../app/use-search.ts';
import { withTerm } from '../../lib/search-text.ts';
import { RANGE_DEFAULT, type TimeRange } from '../../lib/time.ts';
import { narrowLogql } from './logql/from-search.ts';

export const DETAILS_TABS = ['fields', 'json', 'raw', 'context', 'trace', 'why'] as const;
export type DetailsTab = (typeof DETAILS_TABS)[number];

const isDetailsTab = (text: string): text is DetailsTab => (DETAILS_TABS as readonly string[]).includes(text);

/** What the logs page shows, all of it from its URL. */
export interface LogsQuestion {
  /** The search text, or the LogQL query. */
  q: string;
  isLogql: boolean;
  range: TimeRange;
  /** New events come in by themselves. */
  isLive: boolean;
  /** Newest first, or oldest first. */
  order: 'desc' | 'asc';
  /** Columns between severity and message, as search terms name them: `service`, `attr.status`, `label.app`. */
  columns: readonly string[];
  /** The event that is open, or empty. */
  eventId: string;
  /** What is shown of it. */
  eventTab: DetailsTab;
}

/** Parameters of the URL by what they hold. */
export interface LogsChange {
  q?: string;
  isLogql?: boolean;
  range?: TimeRange;
  isLive?: boolean;
  order?: 'desc' | 'asc';
  columns?: readonly string[];
  eventId?: string;
  eventTab?: DetailsTab;
}

const COLUMNS_DEFAULT = 'service';

export function useLogsSearch() {
  const { text, change: changeUrl } = usePageSearch();
  const q = text('q');
  const mode = text('mode');
  const from = text('from');
  const to = text('to');
  const live = text('live');
  const order = text('order');
  const cols = text('cols');
  const eventId = text('event');
  const tab = text('tab');
  const question = useMemo(
    (): LogsQuestion => ({
      q,
      isLogql: mode === 'logql',
      range: from === '' ? RANGE_DEFAULT : { from, to },
      isLive: live === '1',
      order: order === 'asc' ? 'asc' : 'desc',
      columns: (cols === '' ? COLUMNS_DEFAULT : cols === '-' ? '' : cols).split(',').filter((name) => name !== ''),
      eventId,
      eventTab: isDetailsTab(tab) ? tab : 'fields',
    }),
    [q, mode, from, to, live, order, cols, eventId, tab],
  );
  const change = (changes: LogsChange, options: { replace?: boolean } = {}) =>
    changeUrl(
      {
        ...(changes.q !== undefined && { q: changes.q }),
        ...(changes.isLogql !== undefined && { mode: changes.isLogql ? 'logql' : '' }),
        ...(changes.range !== undefined && { from: changes.range.from, to: changes.range.to }),
        ...(changes.isLive !== undefined && { live: changes.isLive ? '1' : '' }),
        ...(changes.order !== undefined && { order: changes.order === 'asc' ? 'asc' : '' }),
        ...(changes.columns !== undefined && { cols: changes.columns.length === 0 ? '-' : changes.columns.join(',') }),
        ...(changes.eventId !== undefined && { event: changes.eventId }),
        ...(changes.eventTab !== undefined && { tab: changes.eventTab === 'fields' ? '' : changes.eventTab }),
      },
      options,
    );
  return {
    question,
    change,
    /** Narrows the query by terms more, all of which must hold: `service:gateway`, `-attr.status:500`. */
    addTerms: (terms: readonly string[]) =>
      change({
        q: terms.reduce((text, term) => (question.isLogql ? narrowLogql(text, term) : withTerm(text, term)), q),
      }),
  };
}
