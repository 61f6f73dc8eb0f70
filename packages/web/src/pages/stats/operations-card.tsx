import { Link } from '@tanstack/react-router';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { ShareBar } from '../../components/share-bar.tsx';
import { formatCompact, formatDuration } from '../../lib/format.ts';
import { logsLink } from '../../lib/logs-link.ts';
import { fieldTerm } from '../../lib/search-text.ts';
import { AnswerCard } from './answer-card.tsx';
import { type Operation, type Scope, useOperations } from './stats-queries.ts';

interface OperationsCardProps {
  scope: Scope;
  link: Scope;
  sort: string;
  onSort(sort: string): void;
}

/** What takes longest: kinds of events with a duration. */
export function OperationsCard({ scope, link, sort, onSort }: OperationsCardProps) {
  return (
    <AnswerCard
      title="Slowest operations"
      query={useOperations(scope)}
      isEmpty={({ operations }) => operations.length === 0}
      empty="No event in this time has duration_ms. Events that carry one show here what takes longest."
    >
      {({ operations }) => (
        <DataTable
          label="Slowest operations"
          columns={columnsOf(link, Math.max(...operations.map(({ p95_ms }) => p95_ms)))}
          rows={operations}
          keyOf={keyOf}
          {...{ sort, onSort }}
        />
      )}
    </AnswerCard>
  );
}

const keyOf = ({ service, log_type, event_type, action }: Operation) =>
  JSON.stringify([service, log_type, event_type, action]);

const nameOf = ({ event_type, action, log_type }: Operation) =>
  [event_type, action].filter((part) => part !== '').join(' · ') || log_type;

function columnsOf(link: Scope, slowestMs: number): Column<Operation>[] {
  const linkOf = (row: Operation, ms = 0) =>
    logsLink(link.q, link.range, [
      fieldTerm('service', row.service),
      fieldTerm('log_type', row.log_type),
      fieldTerm('event_type', row.event_type),
      fieldTerm('action', row.action),
      `duration_ms:>=${ms}`,
    ]);
  const quantile = (id: 'p50_ms' | 'p99_ms', label: string): Column<Operation> => ({
    id,
    label,
    isNumber: true,
    sortValue: (row) => row[id],
    cell: (row) => (
      <Link {...linkOf(row, row[id])} title="Events that took as long or longer" className="hover:underline">
        {formatDuration(row[id])}
      </Link>
    ),
  });
  return [
    {
      id: 'operation',
      label: 'Operation',
      isWide: true,
      sortValue: nameOf,
      cell: (row) => (
        <Link {...linkOf(row)} className="flex min-w-0 items-baseline gap-2 hover:underline">
          <span className="truncate">{nameOf(row)}</span>
          <span className="truncate text-xs text-muted">{row.service === '' ? '(no service)' : row.service}</span>
        </Link>
      ),
    },
    quantile('p50_ms', 'p50'),
    {
      id: 'p95_ms',
      label: 'p95',
      isNumber: true,
      sortValue: ({ p95_ms }) => p95_ms,
      cell: (row) => (
        <Link {...linkOf(row, row.p95_ms)} title="Events that took as long or longer" className="block hover:underline">
          {formatDuration(row.p95_ms)}
          <ShareBar share={slowestMs === 0 ? 0 : row.p95_ms / slowestMs} />
        </Link>
      ),
    },
    quantile('p99_ms', 'p99'),
    {
      id: 'max_ms',
      label: 'Max',
      isNumber: true,
      sortValue: ({ max_ms }) => max_ms,
      cell: (row) => {
        const { to, search } = linkOf(row, row.max_ms);
        return (
          <Link
            to={to}
            search={{ ...search, event: row.slowest_event_id }}
            title="The slowest event"
            className="hover:underline"
          >
            {formatDuration(row.max_ms)}
          </Link>
        );
      },
    },
    {
      id: 'events',
      label: 'Events',
      isNumber: true,
      sortValue: ({ events }) => events,
      cell: ({ events }) => formatCompact(events),
    },
    {
      id: 'errors',
      label: 'Errors',
      isNumber: true,
      sortValue: ({ errors }) => errors,
      cell: ({ errors }) => formatCompact(errors),
    },
  ];
}
