import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTimeZone } from '../../app/time-zone.ts';
import { type ChartSeries, TimeChart } from '../../components/time-chart.tsx';
import { formatCount, plural } from '../../lib/format.ts';
import type { LogsLink } from '../../lib/logs-link.ts';
import { formatClock, formatTime, type TimeRange, type TimeZone } from '../../lib/time.ts';

export interface BucketChartProps {
  label: string;
  times: readonly number[];
  intervalMs: number;
  series: readonly ChartSeries[];
  overlay?: readonly ChartSeries[];
  kind: 'bars' | 'line';
  height?: number;
  /** The events of a bucket, of one series or of all. */
  linkOf(index: number, series: string | null): LogsLink;
  onZoom(range: TimeRange): void;
}

/** Events over time in buckets: a click leads to the events of one, a stretch that is drawn becomes the page's range. */
export function BucketChart({ label, linkOf, onZoom, ...shown }: BucketChartProps) {
  const [zone] = useTimeZone();
  const navigate = useNavigate();
  const [hovered, setHovered] = useState<number | null>(null);
  const zoom = (fromMs: number, toMs: number) =>
    onZoom({ from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() });
  return (
    <div className="flex flex-col gap-1">
      <p className="h-5 truncate text-xs text-muted tabular-nums" aria-hidden>
        {hovered === null ? 'Click a time for its events, draw a stretch to zoom.' : bucketText(shown, hovered, zone)}
      </p>
      <TimeChart
        {...shown}
        label={label}
        zone={zone}
        height={shown.height ?? 180}
        isStacked={shown.kind === 'bars'}
        onHover={setHovered}
        onSelect={(index, series) => void navigate(linkOf(index, series))}
        onBrush={zoom}
      />
      <Numbers {...shown} label={label} linkOf={linkOf} zone={zone} />
    </div>
  );
}

type Shown = Pick<BucketChartProps, 'times' | 'intervalMs' | 'series' | 'overlay'>;

function bucketText({ times, intervalMs, series, overlay = [] }: Shown, index: number, zone: TimeZone): string {
  const start = times[index];
  if (start === undefined) return '';
  const total = series.reduce((sum, { values }) => sum + (values[index] ?? 0), 0);
  const parts = series
    .filter(({ values }) => (values[index] ?? 0) > 0)
    .map(({ name, values }) => `${name} ${formatCount(values[index]!)}`);
  const before = overlay.reduce((sum, { values }) => sum + (values[index] ?? 0), 0);
  const beforeText = overlay.length === 0 ? '' : ` · before: ${formatCount(before)}`;
  const time = `${formatTime(start, zone, 0)} – ${formatClock(start + intervalMs, zone, 0)}`;
  return `${time} · ${plural(total, 'event')}${beforeText}${parts.length > 1 ? ` · ${parts.join(', ')}` : ''}`;
}

type NumbersProps = Shown & Pick<BucketChartProps, 'label' | 'linkOf'> & { zone: TimeZone };

/** The chart as a table, for who does not see it or works without a mouse. */
function Numbers({ label, times, series, linkOf, zone }: NumbersProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className="w-fit cursor-pointer rounded text-xs text-muted hover:text-text">Show as a table</summary>
      {isOpen && (
        <section tabIndex={0} aria-label={`${label}, as a table`} className="mt-1 max-h-72 overflow-auto">
          <table className="text-xs tabular-nums">
            <thead>
              <tr className="sticky top-0 bg-raised text-right text-muted">
                <th scope="col" className="px-2 py-1 text-left font-medium">
                  Time
                </th>
                {series.map(({ name }) => (
                  <th key={name} scope="col" className="max-w-40 truncate px-2 py-1 font-medium">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {times.map((time, index) => (
                <tr key={time} className="text-right">
                  <th scope="row" className="px-2 py-0.5 text-left font-normal whitespace-nowrap">
                    <Link {...linkOf(index, null)} preload={false} className="hover:underline">
                      {formatTime(time, zone, 0)}
                    </Link>
                  </th>
                  {series.map(({ name, values }) => (
                    <td key={name} className="px-2 py-0.5">
                      <Link {...linkOf(index, name)} preload={false} className="hover:underline">
                        {formatCount(values[index] ?? 0)}
                      </Link>
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </details>
  );
}
