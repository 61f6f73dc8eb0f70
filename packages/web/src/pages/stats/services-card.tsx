import { Link } from '@tanstack/react-router';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { ShareBar } from '../../components/share-bar.tsx';
import { formatBytes, formatCompact, formatCount, formatDuration, formatPercent } from '../../lib/format.ts';
import { logsLink } from '../../lib/logs-link.ts';
import { fieldTerm } from '../../lib/search-text.ts';
import { AnswerCard } from './answer-card.tsx';
import { changeOf } from './compare.ts';
import { ChangeText } from './figure-row.tsx';
import { type Scope, type TopValue, useTop } from './stats-queries.ts';

const SERVICES_SHOWN = 20;

interface ServicesCardProps {
  scope: Scope;
  /** The period before, when the page compares. */
  before: Scope | null;
  link: Scope;
  /** All events of the page, for shares. */
  total: number;
  sort: string;
  onSort(sort: string): void;
}

/** Who sends most. */
export function ServicesCard({ scope, before, link, total, sort, onSort }: ServicesCardProps) {
  const query = useTop(scope, 'service');
  const earlier = useTop(before ?? scope, 'service', { enabled: before !== null });
  const eventsBefore =
    before === null || earlier.data === undefined
      ? null
      : new Map(earlier.data.values.map(({ value, events }) => [value, events]));
  return (
    <AnswerCard
      title="Busiest services"
      query={query}
      isEmpty={({ values }) => values.length === 0}
      empty="No event in this time names its service."
    >
      {({ values }) => (
        <>
          <DataTable
            label="Busiest services"
            columns={columnsOf(link, total, eventsBefore)}
            rows={values.slice(0, SERVICES_SHOWN)}
            keyOf={({ value }) => value}
            {...{ sort, onSort }}
          />
          {values.length > SERVICES_SHOWN && (
            <p className="mt-2 text-xs text-muted">
              The {SERVICES_SHOWN} with the most events of {formatCount(values.length)}.
            </p>
          )}
        </>
      )}
    </AnswerCard>
  );
}

function columnsOf(link: Scope, total: number, before: ReadonlyMap<string, number> | null): Column<TopValue>[] {
  const linkOf = ({ value }: TopValue, ...more: string[]) =>
    logsLink(link.q, link.range, [fieldTerm('service', value), ...more]);
  const shareOf = ({ events }: TopValue) => (total === 0 ? 0 : Math.min(1, events / total));
  const change: Column<TopValue> = {
    id: 'change',
    label: 'Change',
    isNumber: true,
    sortValue: ({ value, events }) => events - (before?.get(value) ?? 0),
    cell: ({ value, events }) => <ChangeText change={changeOf(events, before?.get(value) ?? 0)} />,
  };
  return [
    {
      id: 'service',
      label: 'Service',
      isWide: true,
      sortValue: ({ value }) => value,
      cell: (row) => (
        <Link {...linkOf(row)} className="block truncate hover:underline">
          {row.value}
        </Link>
      ),
    },
    {
      id: 'events',
      label: 'Events',
      isNumber: true,
      sortValue: ({ events }) => events,
      cell: (row) => (
        <Link {...linkOf(row)} title={formatCount(row.events)} className="block hover:underline">
          {formatCompact(row.events)}
          <ShareBar share={shareOf(row)} />
        </Link>
      ),
    },
    { id: 'share', label: 'Share', isNumber: true, sortValue: shareOf, cell: (row) => formatPercent(shareOf(row)) },
    ...(before === null ? [] : [change]),
    {
      id: 'errors',
      label: 'Errors',
      isNumber: true,
      sortValue: ({ errors }) => errors,
      cell: (row) => (
        <Link
          {...linkOf(row, 'severity:>=error')}
          className={row.errors > 0 ? 'text-error hover:underline' : 'text-muted'}
        >
          {formatCompact(row.errors)}
          {row.errors > 0 && ` (${formatPercent(row.errors / row.events)})`}
        </Link>
      ),
    },
    {
      id: 'p95_ms',
      label: 'p95',
      isNumber: true,
      sortValue: ({ p95_ms }) => p95_ms,
      cell: ({ p95_ms }) => (p95_ms === null ? '–' : formatDuration(p95_ms)),
    },
    {
      id: 'bytes',
      label: 'Volume',
      isNumber: true,
      sortValue: ({ bytes }) => bytes,
      cell: ({ bytes }) => formatBytes(bytes),
    },
  ];
}
