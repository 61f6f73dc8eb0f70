import { useTimeZone } from '../../app/time-zone.ts';
import { formatDuration, plural } from '../../lib/format.ts';
import { describeRange, type TimeRange } from '../../lib/time.ts';

interface SummaryProps {
  total: number | undefined;
  range: TimeRange;
  /** How long the server took. */
  tookMs: number | undefined;
  isLogql: boolean;
}

/** How many there are, told again when it changes. */
export function Summary({ total, range, tookMs, isLogql }: SummaryProps) {
  const [zone] = useTimeZone();
  if (total === undefined) return null;
  const said = describeRange(range, zone);
  const where = said.startsWith('Last ') ? `in the l${said.slice(1)}` : said;
  return (
    <p className="truncate text-xs text-muted tabular-nums" role="status">
      <span className="font-semibold text-text">{plural(total, isLogql ? 'line' : 'event')}</span> {where}
      {tookMs !== undefined && ` · ${formatDuration(Math.round(tookMs))}`}
    </p>
  );
}
