import { Link } from '@tanstack/react-router';
import { formatCompact, formatCount, formatPercent } from '../lib/format.ts';
import type { LogsLink } from '../lib/logs-link.ts';
import { donutArcs } from './donut-arcs.ts';

export interface Slice {
  name: string;
  colour: string;
  value: number;
  link: LogsLink;
}

/** Shares of a whole as a ring, with the same in text beside it. Every slice and every line leads to its events. */
export function Donut({ label, slices }: { label: string; slices: readonly Slice[] }) {
  const total = slices.reduce((sum, { value }) => sum + value, 0);
  const arcs = donutArcs(slices.map(({ value }) => value));
  return (
    <div className="flex flex-wrap items-center justify-center gap-x-6 gap-y-3">
      <div className="relative size-40 shrink-0">
        {/* The list says the same, and is what the keyboard reaches. */}
        <svg viewBox="0 0 100 100" aria-hidden="true" className="size-full">
          {slices.map(({ name, colour, link, value }, index) => {
            const path = arcs[index];
            if (path === null) return null;
            return (
              <Link key={name} {...link} tabIndex={-1} className="hover:opacity-80">
                <path d={path} fill={colour} stroke="var(--raised)" strokeWidth={0.8}>
                  <title>{`${name}: ${formatCount(value)} (${formatPercent(value / total)})`}</title>
                </path>
              </Link>
            );
          })}
        </svg>
        <div className="pointer-events-none absolute inset-0 flex flex-col items-center justify-center">
          <span className="text-lg font-semibold tabular-nums">{formatCompact(total)}</span>
          <span className="text-xs text-muted">{total === 1 ? 'event' : 'events'}</span>
        </div>
      </div>
      <ul aria-label={label} className="min-w-44 flex-1">
        {slices.map(({ name, colour, value, link }) => (
          <li key={name}>
            <Link {...link} className="flex items-center gap-2 rounded px-2 py-1 hover:bg-sunken">
              <span aria-hidden className="size-2.5 shrink-0 rounded-sm" style={{ background: colour }} />
              <span className="min-w-0 flex-1 truncate">{name}</span>
              <span className="tabular-nums">{formatCount(value)}</span>
              <span className="w-14 text-right text-muted tabular-nums">
                {formatPercent(total === 0 ? 0 : value / total)}
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </div>
  );
}
