import { Link } from '@tanstack/react-router';
import { useTimeZone } from '../../app/time-zone.ts';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { Badge, Sparkline } from '../../components/display.tsx';
import { TemplateText } from '../../components/template-text.tsx';
import { formatCompact, formatCount, plural } from '../../lib/format.ts';
import { logsLink } from '../../lib/logs-link.ts';
import { fieldTerm } from '../../lib/search-text.ts';
import { formatAgo, formatTime, type TimeZone } from '../../lib/time.ts';
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
  const [zone] = useTimeZone();
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
            columns={columnsOf(link, zone)}
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

function columnsOf(link: Scope, zone: TimeZone): Column<Pattern>[] {
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
      cell: (row) => <Services row={row} linkOf={(service) => linkOf(row, [fieldTerm('service', service)])} />,
    },
    {
      id: 'first',
      label: 'First',
      sortValue: ({ first }) => first,
      cell: ({ first }) => <Ago time={first} zone={zone} />,
    },
    { id: 'last', label: 'Last', sortValue: ({ last }) => last, cell: ({ last }) => <Ago time={last} zone={zone} /> },
  ];
}

const SERVICES_SHOWN = 2;

function Services({ row, linkOf }: { row: Pattern; linkOf(service: string): ReturnType<typeof logsLink> }) {
  const more = row.services.length - SERVICES_SHOWN;
  return (
    <span className="flex max-w-60 items-center gap-1.5 text-xs whitespace-nowrap">
      {row.services.slice(0, SERVICES_SHOWN).map((service) => (
        <Link key={service} {...linkOf(service)} className="truncate hover:underline">
          {service === '' ? '(none)' : service}
        </Link>
      ))}
      {more > 0 && (
        <span className="text-muted" title={row.services.slice(SERVICES_SHOWN).join(', ')}>
          and {more} more
        </span>
      )}
    </span>
  );
}

function Ago({ time, zone }: { time: string; zone: TimeZone }) {
  return (
    <time dateTime={time} title={formatTime(time, zone)} className="text-xs whitespace-nowrap text-muted">
      {formatAgo(time, Date.now())}
    </time>
  );
}
