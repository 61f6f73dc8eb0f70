import { useQuery } from '@tanstack/react-query';
import { useTimeZone } from '../../app/time-zone.ts';
import { Card, Figure } from '../../components/display.tsx';
import { ErrorNotice, Loading } from '../../components/notice.tsx';
import { ShareBar } from '../../components/share-bar.tsx';
import { formatBytes, formatCompact, formatCount } from '../../lib/format.ts';
import { formatTime } from '../../lib/time.ts';
import { type Storage, storageQuery } from './org-queries.ts';

/** How many events are stored, since when, and what they take. */
export function StorageCard() {
  const storage = useQuery(storageQuery);
  return (
    <Card title="Stored">
      {storage.error !== null && <ErrorNotice error={storage.error} onRetry={storage.refetch} />}
      {storage.data === undefined ? storage.isPending && <Loading rows={3} /> : <Stored storage={storage.data} />}
    </Card>
  );
}

function Stored({ storage }: { storage: Storage }) {
  const [zone] = useTimeZone();
  const { events, oldest, newest, by_retention, bytes_per_event, store } = storage;
  return (
    <div className="flex flex-col gap-4">
      <dl className="grid grid-cols-2 gap-3 sm:grid-cols-3">
        <Figure label="Events" value={<span title={formatCount(events)}>{formatCompact(events)}</span>} />
        <Figure
          label="On disk, an event"
          value={bytes_per_event === null ? '–' : `${formatCount(bytes_per_event)} B`}
          note="indexes included"
        />
        <Figure
          label="On disk, about"
          value={bytes_per_event === null ? '–' : formatBytes(events * bytes_per_event)}
          note={store === null ? 'of this org' : `${formatBytes(store.bytes)} of all orgs`}
        />
      </dl>
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 tabular-nums">
        <dt className="text-muted">Oldest arrived</dt>
        <dd>{oldest === null ? 'nothing is stored yet' : formatTime(oldest, zone, 0)}</dd>
        <dt className="text-muted">Newest arrived</dt>
        <dd>{newest === null ? 'nothing is stored yet' : formatTime(newest, zone, 0)}</dd>
        {by_retention.length === 1 && (
          <>
            <dt className="text-muted">Kept for</dt>
            <dd>{formatCount(by_retention[0]!.retention_days)} days</dd>
          </>
        )}
      </dl>
      {by_retention.length > 1 && (
        <ul aria-label="Events by retention" className="flex flex-col gap-2">
          {by_retention.map(({ retention_days, events: kept }) => (
            <li key={retention_days}>
              <span className="flex justify-between gap-3 tabular-nums">
                <span className="text-muted">Kept for {formatCount(retention_days)} days</span>
                <span>{formatCount(kept)} events</span>
              </span>
              <ShareBar share={events === 0 ? 0 : kept / events} />
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
