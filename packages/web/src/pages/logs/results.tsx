import { lazy, type ReactNode, Suspense, useMemo } from 'react';
import { ApiError } from '../../api/error.ts';
import { persistently } from '../../api/persistently.ts';
import { useTimeZone } from '../../app/time-zone.ts';
import { EmptyNotice, ErrorNotice } from '../../components/notice.tsx';
import { useMedia } from '../../lib/use-media.ts';
import { useLiveTail } from './live/use-live-tail.ts';
import type { LogsChange, LogsQuestion } from './logs-search.ts';
import { EventTable } from './table/event-table.tsx';
import { neighboursOf, type RowList } from './table/row.ts';
import { useEvents } from './use-events.ts';

const NO_COLUMNS: readonly string[] = [];

const EventDetails = lazy(
  persistently(async () => ({ default: (await import('./event/event-details.tsx')).EventDetails })),
);

interface ResultsProps {
  question: LogsQuestion;
  change(changes: LogsChange, options?: { replace?: boolean }): void;
  /** Narrows the search by a term. */
  onTerm(term: string): void;
  /** Words that were searched for. */
  highlight: readonly string[];
  /** What stands where no event was found. */
  empty?: ReactNode;
}

/** What is wrong with the search text stands below the box that it is in. */
const isOfQuery = (error: Error): boolean => error instanceof ApiError && error.code === 'invalid_query';

/** The events that the question finds, or those that come in, and the one that is open beside them. */
export function Results({ question, change, onTerm, highlight, empty }: ResultsProps) {
  const [zone] = useTimeZone();
  const events = useEvents(question);
  const tail = useLiveTail(question);
  const live = question.isLive ? tail : null;
  const rows: RowList = live?.rows ?? events.rows;
  const { columns, eventId, eventTab } = question;
  const neighbours = useMemo(() => neighboursOf(rows, eventId), [rows, eventId]);
  // The event that is open stays one step in the history, however many one looks at.
  const open = (id: string, tab = eventTab) => change({ eventId: id, eventTab: tab }, { replace: eventId !== '' });
  // Beside an open event the message needs the room; the event has the rest.
  const isCrowded = useMedia('(width < 96rem)') && eventId !== '';
  const onColumns = (next: readonly string[]) => change({ columns: next }, { replace: true });
  return (
    <div className="flex min-h-0 min-w-0 flex-1">
      <div className="flex min-h-0 min-w-0 flex-1 flex-col">
        {live === null && events.error !== null && !isOfQuery(events.error) && (
          <ErrorNotice error={events.error} onRetry={events.refresh} className="m-2" />
        )}
        <EventTable
          rows={rows}
          columns={isCrowded ? NO_COLUMNS : columns}
          onColumns={onColumns}
          zone={zone}
          order={question.order}
          onOrder={(order) => change({ order })}
          openId={eventId}
          onOpen={(row) => (row === null ? open('', 'fields') : open(row.id))}
          onContext={(row) => open(row.id, 'context')}
          highlight={highlight}
          isLoading={live === null && events.isLoading}
          isLoadingMore={events.isLoadingMore}
          hasMore={live === null && events.hasMore}
          onMore={events.loadMore}
          live={live}
          empty={events.error === null ? empty : <EmptyNotice title="The query was not answered" />}
        />
      </div>
      {eventId !== '' && (
        <Suspense>
          <EventDetails
            eventId={eventId}
            {...neighbours}
            tab={eventTab}
            onTab={(tab) => change({ eventTab: tab }, { replace: true })}
            onClose={() => open('', 'fields')}
            onOpen={(id) => open(id)}
            onTerm={onTerm}
            columns={columns}
            onColumns={onColumns}
            highlight={highlight}
          />
        </Suspense>
      )}
    </div>
  );
}
