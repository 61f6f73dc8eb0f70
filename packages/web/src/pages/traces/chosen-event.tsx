import { Link } from '@tanstack/react-router';
import { useTimeZone } from '../../app/time-zone.ts';
import { SeverityBadge } from '../../components/display.tsx';
import { stripAnsi } from '../../lib/ansi.ts';
import { formatCount, formatDuration } from '../../lib/format.ts';
import type { LogsLink } from '../../lib/logs-link.ts';
import { formatTime } from '../../lib/time.ts';
import type { TraceEvent } from './trace-layout.ts';

interface ChosenEventProps {
  event: TraceEvent | undefined;
  index: number;
  count: number;
  offsetMs: number;
  link: LogsLink;
}

/** The event that is chosen, with its whole message; read out as the choice moves. */
export function ChosenEvent({ event, index, count, offsetMs, link }: ChosenEventProps) {
  const [zone] = useTimeZone();
  return (
    <div role="status" className="min-h-16 rounded-lg border border-line bg-raised px-4 py-2.5">
      {event === undefined ? (
        <p className="text-muted">
          Choose an event in the time line or in the table. j and k go through all, n and N through the errors, Enter
          opens one.
        </p>
      ) : (
        <>
          <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-xs tabular-nums">
            <SeverityBadge severity={event.severity} />
            <span className="font-medium">+{formatDuration(offsetMs)}</span>
            <span>{event.service === '' ? '(no service)' : event.service}</span>
            {event.duration_ms !== null && <span>took {formatDuration(event.duration_ms)}</span>}
            <span className="text-muted">{formatTime(event.timestamp, zone, 6)}</span>
            <span className="text-muted">
              event {formatCount(index + 1)} of {formatCount(count)}
            </span>
            <Link
              to={link.to}
              search={{ ...link.search, event: event.event_id }}
              className="ml-auto text-accent hover:underline"
            >
              Open event
            </Link>
          </p>
          <p
            dir="auto"
            className="mt-1.5 max-h-32 overflow-y-auto font-mono text-xs leading-5 break-words whitespace-pre-wrap"
          >
            {event.message === '' ? '(empty message)' : stripAnsi(event.message.slice(0, 4_000))}
          </p>
        </>
      )}
    </div>
  );
}
