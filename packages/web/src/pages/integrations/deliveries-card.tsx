import { useQuery } from '@tanstack/react-query';
import { useTimeZone } from '../../app/time-zone.ts';
import { usePageSearch } from '../../app/use-search.ts';
import { Button } from '../../components/button.tsx';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { Badge, Card } from '../../components/display.tsx';
import { ErrorNotice, Loading } from '../../components/notice.tsx';
import { formatBytes, formatCount, formatDuration, plural } from '../../lib/format.ts';
import { formatClock, formatDate, formatTime, type TimeZone } from '../../lib/time.ts';
import { type Delivery, deliveriesQuery } from './integration-queries.ts';

/** The last batches, newest first, as bars and as a table. */
export function DeliveriesCard({ integrationId }: { integrationId: string }) {
  const deliveries = useQuery(deliveriesQuery(integrationId));
  return (
    <Card title="Deliveries">
      {deliveries.error !== null && <ErrorNotice error={deliveries.error} onRetry={deliveries.refetch} />}
      {deliveries.data === undefined ? (
        deliveries.isPending && <Loading label="Loading deliveries" />
      ) : deliveries.data.length === 0 ? (
        <p className="text-muted">
          No batch was sent since the server started. The next event that the filter selects makes one.
        </p>
      ) : (
        <Deliveries deliveries={deliveries.data} />
      )}
    </Card>
  );
}

/** Without being asked for more. */
const SHOWN_MAX = 15;

function Deliveries({ deliveries }: { deliveries: readonly Delivery[] }) {
  const { text, change } = usePageSearch();
  const [zone] = useTimeZone();
  const failed = deliveries.filter(({ error }) => error !== null).length;
  const words = `The last ${plural(deliveries.length, 'batch', 'batches')}: ${formatCount(deliveries.length - failed)} delivered, ${formatCount(failed)} failed`;
  const isAll = text('all') !== '' || deliveries.length <= SHOWN_MAX;
  return (
    <div className="flex flex-col gap-3">
      <figure>
        <Bars deliveries={deliveries} label={words} />
        <figcaption className="mt-1 text-xs text-muted">
          {words}. A bar is a batch, as high as it took long; failed ones are red and reach lower.
        </figcaption>
      </figure>
      <DataTable
        label="Deliveries"
        columns={columnsOf(zone)}
        rows={(isAll ? deliveries : deliveries.slice(0, SHOWN_MAX)).map((delivery, index) => ({
          ...delivery,
          key: `${delivery.time} ${deliveries.length - index}`,
        }))}
        keyOf={({ key }) => key}
        sort={text('sort')}
        onSort={(sort) => change({ sort }, { replace: true })}
      />
      {!isAll && (
        <Button size="small" className="self-start" onClick={() => change({ all: '1' })}>
          Show all {deliveries.length}
        </Button>
      )}
    </div>
  );
}

const BAR_HEIGHT = 40;
const BARS_MAX = 100;

function Bars({ deliveries, label }: { deliveries: readonly Delivery[]; label: string }) {
  const most = Math.max(1, ...deliveries.map(({ latency_ms }) => latency_ms));
  const width = 100 / BARS_MAX;
  return (
    <svg
      viewBox={`0 0 100 ${BAR_HEIGHT + 4}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
      className="h-12 w-full rounded bg-sunken"
    >
      {deliveries.toReversed().map(({ latency_ms, error }, index) => {
        const height = Math.max(2, (latency_ms / most) * BAR_HEIGHT);
        const left = (BARS_MAX - deliveries.length + index) * width;
        const isFailed = error !== null;
        return (
          <rect
            key={left}
            x={left}
            y={BAR_HEIGHT - height}
            width={width * 0.75}
            height={isFailed ? height + 4 : height}
            className={isFailed ? 'text-error' : 'text-accent'}
            fill="currentColor"
          />
        );
      })}
    </svg>
  );
}

/** The date where it is not today's. */
const shortTime = (time: string, zone: TimeZone): string =>
  formatDate(time, zone) === formatDate(Date.now(), zone) ? formatClock(time, zone) : formatTime(time, zone, 0);

const columnsOf = (zone: TimeZone): Column<Delivery & { key: string }>[] => [
  {
    id: 'time',
    label: 'Time',
    cell: ({ time }) => <span className="whitespace-nowrap tabular-nums">{shortTime(time, zone)}</span>,
    sortValue: ({ time }) => time,
  },
  {
    id: 'status',
    label: 'Status',
    cell: ({ status, error, replay }) => (
      <span className="flex gap-1">
        <Badge kind={error === null ? 'good' : 'bad'}>{status}</Badge>
        {replay && <Badge>history</Badge>}
      </span>
    ),
    sortValue: ({ status }) => status,
  },
  {
    id: 'events',
    label: 'Events',
    isNumber: true,
    cell: (row) => formatCount(row.events),
    sortValue: (row) => row.events,
  },
  {
    id: 'bytes',
    label: 'Sent',
    isNumber: true,
    cell: ({ bytes_sent }) => formatBytes(bytes_sent),
    sortValue: ({ bytes_sent }) => bytes_sent,
  },
  {
    id: 'took',
    label: 'Took',
    isNumber: true,
    cell: ({ latency_ms }) => formatDuration(latency_ms),
    sortValue: ({ latency_ms }) => latency_ms,
  },
  { id: 'attempt', label: 'Attempt', isNumber: true, cell: (row) => row.attempt, sortValue: (row) => row.attempt },
  {
    id: 'error',
    label: 'What it said',
    isWide: true,
    cell: ({ error }) => (
      <span className="block truncate" title={error ?? undefined}>
        {error ?? ''}
      </span>
    ),
  },
];
