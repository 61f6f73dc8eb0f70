import { Link } from '@tanstack/react-router';
import type { components } from '../../api/schema.gen.ts';
import { Ago } from '../../components/ago.tsx';
import type { Column } from '../../components/data-table.tsx';
import { SeverityMix } from '../../components/share-bar.tsx';
import { formatCount, formatDuration } from '../../lib/format.ts';
import { firstLine } from '../../lib/plain-text.ts';

type TraceSummary = components['schemas']['TraceList']['traces'][number];
const SERVICES_SHOWN = 3;

export function traceColumns(): Column<TraceSummary>[] {
  return [
    { id: 'root', label: 'First event', isWide: true, cell: (row) => <Root row={row} /> },
    {
      id: 'services',
      label: 'Services',
      isNumber: false,
      sortValue: ({ services }) => services.length,
      cell: ({ services }) => <Services services={services} />,
    },
    {
      id: 'duration',
      label: 'Duration',
      isNumber: true,
      sortValue: ({ duration_ms }) => duration_ms,
      cell: ({ duration_ms }) => formatDuration(duration_ms),
    },
    {
      id: 'events',
      label: 'Events',
      isNumber: true,
      sortValue: ({ events }) => events,
      cell: ({ events }) => formatCount(events),
    },
    {
      id: 'errors',
      label: 'Errors',
      isNumber: true,
      sortValue: ({ errors }) => errors,
      cell: ({ errors }) => <span className={errors > 0 ? 'text-error' : 'text-muted'}>{formatCount(errors)}</span>,
    },
    { id: 'severities', label: 'Severities', cell: ({ by_severity }) => <SeverityMix counts={by_severity} /> },
    { id: 'last', label: 'Last event', sortValue: ({ last }) => last, cell: ({ last }) => <Ago time={last} /> },
  ];
}

function Root({ row: { trace_id, root } }: { row: TraceSummary }) {
  const line = firstLine(root.message);
  const note = [root.service, root.event_type].filter((part) => part !== '').join(' · ');
  return (
    <Link to="/traces/$traceId" params={{ traceId: trace_id }} className="block min-w-0 hover:underline">
      <span dir="auto" className="block truncate font-mono text-xs leading-5">
        {line === '' ? '(empty message)' : line}
      </span>
      <span className="block truncate text-xs text-muted">
        {note !== '' && `${note} · `}
        <span className="font-mono">{trace_id}</span>
      </span>
    </Link>
  );
}

function Services({ services }: { services: readonly string[] }) {
  const others = services.slice(SERVICES_SHOWN);
  return (
    <span className="block max-w-64 truncate text-xs" title={services.join(', ')}>
      {services.slice(0, SERVICES_SHOWN).join(', ')}
      {others.length > 0 && ` +${others.length}`}
    </span>
  );
}
