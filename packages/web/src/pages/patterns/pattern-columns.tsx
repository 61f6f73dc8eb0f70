import { Link } from '@tanstack/react-router';
import { ChevronDown, ChevronRight, CircleMinus, Search } from 'lucide-react';
import { Ago } from '../../components/ago.tsx';
import { IconButton } from '../../components/button.tsx';
import { Badge, Sparkline } from '../../components/display.tsx';
import { ServiceLinks } from '../../components/service-links.tsx';
import { SeverityMix, ShareBar } from '../../components/share-bar.tsx';
import { TemplateText } from '../../components/template-text.tsx';
import { formatCompact, formatCount, formatPercent } from '../../lib/format.ts';
import { logsLink } from '../../lib/logs-link.ts';
import { fieldTerm } from '../../lib/search-text.ts';
import type { TimeRange } from '../../lib/time.ts';
import { errorsOf, type Pattern, type PatternColumn } from './pattern-rows.ts';

export interface PatternActions {
  q: string;
  range: TimeRange;
  /** Id of the pattern whose detail is shown, or empty. */
  openId: string;
  onToggle(pattern: Pattern): void;
  onExclude(pattern: Pattern): void;
}

export function patternColumns(actions: PatternActions): PatternColumn[] {
  const { q, range } = actions;
  const linkOf = (row: Pattern, ...terms: string[]) => logsLink(q, range, [row.q, ...terms]);
  return [
    {
      id: 'template',
      label: 'Message',
      isWide: true,
      sortValue: ({ template }) => template,
      cell: (row) => <Template row={row} {...actions} />,
    },
    {
      id: 'events',
      label: 'Events',
      isNumber: true,
      sortValue: ({ events }) => events,
      cell: (row) => (
        <Link {...linkOf(row)} title={`${formatCount(row.events)} events`} className="block hover:underline">
          {formatCompact(row.events)} <span className="text-xs text-muted">{formatPercent(row.share)}</span>
          <ShareBar share={row.share} />
        </Link>
      ),
    },
    {
      id: 'errors',
      label: 'Errors',
      isNumber: true,
      sortValue: errorsOf,
      cell: (row) =>
        errorsOf(row) === 0 ? (
          <span className="text-muted">0</span>
        ) : (
          <Link {...linkOf(row, 'severity:>=error')} className="text-error hover:underline">
            {formatCompact(errorsOf(row))}
          </Link>
        ),
    },
    { id: 'severities', label: 'Severities', cell: ({ by_severity }) => <SeverityMix counts={by_severity} /> },
    {
      id: 'trend',
      label: 'Trend',
      cell: ({ trend }) => <Sparkline values={trend} label={`Over time: ${trend.join(', ')}`} />,
    },
    {
      id: 'services',
      label: 'Services',
      cell: (row) => (
        <ServiceLinks services={row.services} shown={1} linkOf={(name) => linkOf(row, fieldTerm('service', name))} />
      ),
    },
    { id: 'first', label: 'First', sortValue: ({ first }) => first, cell: ({ first }) => <Ago time={first} /> },
    { id: 'last', label: 'Last', sortValue: ({ last }) => last, cell: ({ last }) => <Ago time={last} /> },
    { id: 'actions', label: 'Actions', cell: (row) => <RowActions row={row} {...actions} /> },
  ];
}

function Template({ row, openId, onToggle }: { row: Pattern } & PatternActions) {
  const isOpen = openId === row.id;
  const Chevron = isOpen ? ChevronDown : ChevronRight;
  return (
    <button
      type="button"
      aria-expanded={isOpen}
      className="flex w-full min-w-0 items-center gap-1.5 text-left"
      onClick={() => onToggle(row)}
    >
      <Chevron size={14} aria-hidden className="shrink-0 text-muted" />
      <TemplateText template={row.template} />
      {row.is_new && <Badge kind="warn">new</Badge>}
    </button>
  );
}

function RowActions({ row, q, range, onExclude }: { row: Pattern } & PatternActions) {
  return (
    <span className="flex">
      <Link
        {...logsLink(q, range, [row.q])}
        aria-label="Search these events"
        title="Search these events"
        className="inline-flex size-7 items-center justify-center rounded-md text-muted hover:bg-raised hover:text-text"
      >
        <Search size={14} aria-hidden />
      </Link>
      <IconButton
        size="small"
        label={row.exclude_q === '' ? 'These events share no text to leave out' : `Leave out: ${row.exclude_q}`}
        disabled={row.exclude_q === ''}
        onClick={() => onExclude(row)}
      >
        <CircleMinus size={14} aria-hidden />
      </IconButton>
    </span>
  );
}
