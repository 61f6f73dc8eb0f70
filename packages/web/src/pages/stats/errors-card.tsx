import { Link } from '@tanstack/react-router';
import { Ago } from '../../components/ago.tsx';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { Badge, Sparkline } from '../../components/display.tsx';
import { ServiceLinks } from '../../components/service-links.tsx';
import { TemplateText } from '../../components/template-text.tsx';
import { formatCompact, formatCount, plural } from '../../lib/format.ts';
import { logsLink } from '../../lib/logs-link.ts';
import { fieldTerm } from '../../lib/search-text.ts';
import { AnswerCard } from './answer-card.tsx';
import { type Pattern, type Scope, useTopErrors } from './stats-queries.ts';

const ERRORS = 'severity:>=error';

interface ErrorsCardProps {
  scope: Scope;
  link: Scope;
  sort: string;
  onSort(sort: string): void;
}

/** The most frequent errors, grouped by what their messages have in common. */
export function ErrorsCard({ scope, link, sort, onSort }: ErrorsCardProps) {
  const query = useTopErrors(scope);
  return (
    <AnswerCard
      title="Top errors"
      query={query}
      isEmpty={({ patterns }) => patterns.length === 0}
      empty="No event of severity error or critical in this time. That is good news, or the range is too short."
    >
      {({ patterns, complete, events_read }) => (
        <>
          <DataTable
            label="Top errors"
            columns={columnsOf(link)}
            rows={patterns}
            keyOf={({ id }) => id}
            {...{ sort, onSort }}
          />
          {!complete && (
            <p className="mt-2 text-xs text-muted">
              Estimated from {plural(events_read, 'event')}: there are more errors than are read at once.
            </p>
          )}
        </>
      )}
    </AnswerCard>
  );
}

function columnsOf(link: Scope): Column<Pattern>[] {
  const linkOf = (row: Pattern, more: string[] = []) => logsLink(link.q, link.range, [ERRORS, row.q, ...more]);
  return [
    {
      id: 'message',
      label: 'Message',
      isWide: true,
      sortValue: ({ template }) => template,
      cell: (row) => (
        <Link {...linkOf(row)} className="block min-w-0 hover:underline" title={row.example_message.slice(0, 1000)}>
          <TemplateText template={row.template} />
        </Link>
      ),
    },
    {
      id: 'events',
      label: 'Events',
      isNumber: true,
      sortValue: ({ events }) => events,
      cell: (row) => (
        <Link {...linkOf(row)} title={formatCount(row.events)} className="hover:underline">
          {formatCompact(row.events)}
        </Link>
      ),
    },
    {
      id: 'trend',
      label: 'Trend',
      cell: ({ trend, is_new }) => (
        <span className="flex items-center gap-2 text-error">
          <Sparkline values={trend} label={`Over time: ${trend.join(', ')}`} className="text-error" />
          {is_new && <Badge kind="warn">new</Badge>}
        </span>
      ),
    },
    {
      id: 'services',
      label: 'Services',
      cell: (row) => (
        <ServiceLinks services={row.services} linkOf={(service) => linkOf(row, [fieldTerm('service', service)])} />
      ),
    },
    {
      id: 'first',
      label: 'First',
      sortValue: ({ first }) => first,
      cell: ({ first }) => <Ago time={first} />,
    },
    { id: 'last', label: 'Last', sortValue: ({ last }) => last, cell: ({ last }) => <Ago time={last} /> },
  ];
}
