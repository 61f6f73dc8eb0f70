import { Link } from '@tanstack/react-router';
import { CircleCheck, CircleX, LoaderCircle } from 'lucide-react';
import { useState } from 'react';
import { useTimeZone } from '../../../app/time-zone.ts';
import { Card, SeverityBadge } from '../../../components/display.tsx';
import { ErrorNotice } from '../../../components/notice.tsx';
import { classNames } from '../../../lib/class-names.ts';
import { plural } from '../../../lib/format.ts';
import { firstLine } from '../../../lib/plain-text.ts';
import { formatClock } from '../../../lib/time.ts';
import { useArrivals, useRefusals } from './use-arrivals.ts';

/** Turns green at the first event by the receiver, and says of each attempt that was refused why. */
export function WatchPanel({ receiver }: { receiver: string }) {
  const [sinceMs] = useState(() => Date.now());
  const { count, newest, isWatching } = useArrivals(receiver);
  const refusals = useRefusals(receiver, sinceMs);
  return (
    <Card title="What arrives" className={classNames(count > 0 && 'border-good!')}>
      <div className="flex flex-col gap-4" aria-live="polite">
        <Verdict receiver={receiver} count={count} refused={refusals.data?.length ?? 0} isWatching={isWatching} />
        {newest.length > 0 && <Arrivals newest={newest} receiver={receiver} />}
        {refusals.isError && <ErrorNotice error={refusals.error} />}
        {refusals.data !== undefined && refusals.data.length > 0 && <Refusals attempts={refusals.data} />}
      </div>
    </Card>
  );
}

interface VerdictProps {
  receiver: string;
  count: number;
  refused: number;
  isWatching: boolean;
}

function Verdict({ receiver, count, refused, isWatching }: VerdictProps) {
  if (count > 0) {
    return (
      <p className="flex items-center gap-2 font-medium text-good">
        <CircleCheck size={20} aria-hidden />
        It works: {plural(count, 'event')} by the receiver {receiver}.
      </p>
    );
  }
  if (refused > 0) {
    return (
      <p className="flex items-center gap-2 font-medium text-error">
        <CircleX size={20} aria-hidden />
        Something came and was refused. What is wrong stands below.
      </p>
    );
  }
  return (
    <p className="flex items-center gap-2 text-muted">
      <LoaderCircle size={20} className="animate-spin" aria-hidden />
      {isWatching ? `Waiting for the first event by the receiver ${receiver}.` : 'Connecting to the live tail.'}
    </p>
  );
}

function Arrivals({ newest, receiver }: { newest: ReturnType<typeof useArrivals>['newest']; receiver: string }) {
  const [zone] = useTimeZone();
  return (
    <div>
      <ul className="divide-y divide-line">
        {newest.map((event) => (
          <li key={event.event_id} className="flex items-baseline gap-2 py-1.5">
            <span className="shrink-0 font-mono text-xs text-muted">{formatClock(event.timestamp, zone)}</span>
            <SeverityBadge severity={event.severity} />
            <span className="min-w-0 truncate font-mono text-xs">{firstLine(event.message)}</span>
          </li>
        ))}
      </ul>
      <Link
        to="/logs"
        search={{ q: `receiver:${receiver}`, from: '-15m', live: '1' }}
        className="mt-2 inline-block text-accent underline"
      >
        See them in Logs
      </Link>
    </div>
  );
}

type Attempts = NonNullable<ReturnType<typeof useRefusals>['data']>;

function Refusals({ attempts }: { attempts: Attempts }) {
  const [zone] = useTimeZone();
  return (
    <section>
      <h3 className="mb-1 font-medium">Refused attempts</h3>
      <ul className="flex flex-col gap-2">
        {attempts.map((attempt) => (
          <li
            key={`${attempt.time} ${attempt.remote} ${attempt.first_bytes}`}
            className="rounded-md border border-error bg-error-soft p-2"
          >
            <p className="font-medium break-words">{attempt.reason}</p>
            <p className="text-xs">
              {formatClock(attempt.time, zone, 0)} · {attempt.path}
              {attempt.status !== null && ` · answered ${attempt.status}`} · from {attempt.remote}
            </p>
            {attempt.first_bytes !== '' && (
              <pre className="mt-1 max-h-20 overflow-auto font-mono text-xs break-all whitespace-pre-wrap">
                {attempt.first_bytes}
              </pre>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
