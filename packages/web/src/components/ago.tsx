import { useTimeZone } from '../app/time-zone.ts';
import { formatAgo, formatTime } from '../lib/time.ts';

/** How long ago it was; the time itself is its tooltip. */
export function Ago({ time }: { time: string }) {
  const [zone] = useTimeZone();
  return (
    <time dateTime={time} title={formatTime(time, zone)} className="text-xs whitespace-nowrap text-muted">
      {formatAgo(time, Date.now())}
    </time>
  );
}
