import { Link } from '@tanstack/react-router';
import { classNames } from '../lib/class-names.ts';
import type { LogsLink } from '../lib/logs-link.ts';

export interface LegendEntry {
  name: string;
  colour: string;
  /** A number in words. */
  value: string;
  link: LogsLink;
  isDashed?: boolean;
}

/** What the colours of a chart mean, with the sums; each leads to its events. */
export function ChartLegend({ label, entries }: { label: string; entries: readonly LegendEntry[] }) {
  return (
    <ul aria-label={label} className="flex flex-wrap gap-x-1 gap-y-0.5 text-xs">
      {entries.map(({ name, colour, value, link, isDashed = false }) => (
        <li key={name} className="min-w-0">
          <Link {...link} className="flex max-w-72 items-center gap-1.5 rounded px-1.5 py-1 hover:bg-sunken">
            <span
              aria-hidden
              className={classNames('shrink-0', isDashed ? 'w-5 border-t-2 border-dashed' : 'h-2.5 w-3 rounded-sm')}
              style={isDashed ? { borderColor: colour } : { background: colour }}
            />
            <span className="truncate">{name === '' ? '(none)' : name}</span>
            <span className="text-muted tabular-nums">{value}</span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
