import { Link } from '@tanstack/react-router';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { ShareBar } from '../../components/share-bar.tsx';
import { formatCompact, formatCount, formatDuration } from '../../lib/format.ts';
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

/** Events of the operation, those that took at least so long. */
function linkOf(link: Scope, row: Operation, ms = 0) {
  return logsLink(link.q, link.range, [
    fieldTerm('service', row.service),
    fieldTerm('log_type', row.log_type),
    fieldTerm('event_type', row.event_type),
    fieldTerm('action', row.action),
    // Rounded down: the event itself is to be among those that are found.
    `duration_ms:>=${Math.floor(ms * 1000) / 1000}`,
  ]);
}

function columnsOf(link: Scope, slowestMs: number): Column<Operation>[] {
  return [
    {
      id: 'operation',
      label: 'Operation',
      isWide: true,
      sortValue: nameOf,
      cell: (row) => (
        <Link {...linkOf(link, row)} className="flex min-w-0 items-baseline gap-2 hover:underline">
          <span className="truncate">{nameOf(row)}</span>
          <span className="truncate text-xs text-muted">{row.service === '' ? '(no service)' : row.service}</span>
        </Link>
      ),
    },
    quantileColumn(link, 'p50_ms', 'p50'),
    quantileColumn(link, 'p95_ms', 'p95', slowestMs),
    quantileColumn(link, 'p99_ms', 'p99'),
    {
      id: 'max_ms',
      label: 'Max',
      isNumber: true,
      sortValue: ({ max_ms }) => max_ms,
      cell: (row) => <Slowest link={link} row={row} />,
    },
    {
      id: 'events',
      label: 'Events',
      isNumber: true,
      sortValue: ({ events }) => events,
      cell: (row) => (
        <Link {...linkOf(link, row)} title={`${formatCount(row.events)} events`} className="hover:underline">
          {formatCompact(row.events)}
        </Link>
      ),
    },
    {
      id: 'errors',
      label: 'Errors',
      isNumber: true,
      sortValue: ({ errors }) => errors,
      cell: (row) => <Errors link={link} row={row} />,
    },
  ];
}

/** How long so many of the events took at most; the link finds those that took longer. */
function quantileColumn(
  link: Scope,
  id: 'p50_ms' | 'p95_ms' | 'p99_ms',
  label: string,
  slowestMs = 0,
): Column<Operation> {
  return {
    id,
    label,
    isNumber: true,
    sortValue: (row) => row[id],
    cell: (row) => (
      <Link
        {...linkOf(link, row, row[id])}
        title="Events that took as long or longer"
        className="block hover:underline"
      >
        {formatDuration(row[id])}
        {slowestMs > 0 && <ShareBar share={row[id] / slowestMs} />}
      </Link>
    ),
  };
}

function Slowest({ link, row }: { link: Scope; row: Operation }) {
  const { to, search } = linkOf(link, row, row.max_ms);
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
}

function Errors({ link, row }: { link: Scope; row: Operation }) {
  if (row.errors === 0) return <span className="text-muted">0</span>;
  const { to, search } = linkOf(link, row);
  return (
    <Link to={to} search={{ ...search, q: `${search.q} severity:>=error` }} className="text-error hover:underline">
      {formatCompact(row.errors)}
    </Link>
  );
}
