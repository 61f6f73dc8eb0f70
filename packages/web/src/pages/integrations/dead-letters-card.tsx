import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { answerOf, api } from '../../api/client.ts';
import { useTimeZone } from '../../app/time-zone.ts';
import { Card } from '../../components/display.tsx';
import { ErrorNotice } from '../../components/notice.tsx';
import { plural } from '../../lib/format.ts';
import { formatTime } from '../../lib/time.ts';

const ASKED_MAX = 100;
const SHOWN_MAX = 3;
const REFRESH_MS = 10_000;

/** Events that the destination refused for good: how many letters there are, and the newest. */
export function DeadLettersCard({ integrationId }: { integrationId: string }) {
  const [zone] = useTimeZone();
  const letters = useQuery({
    queryKey: ['dead-letters', integrationId],
    queryFn: async ({ signal }) => {
      const query = { receiver: integrationId, limit: String(ASKED_MAX) };
      return (await answerOf(api.GET('/api/dead-letters', { params: { query }, signal }))).dead_letters;
    },
    refetchInterval: REFRESH_MS,
    placeholderData: keepPreviousData,
  });
  const found = letters.data ?? [];
  const count = found.length === ASKED_MAX ? `${ASKED_MAX} or more dead letters` : plural(found.length, 'dead letter');
  return (
    <Card
      title="Dead letters"
      actions={
        <Link to="/ingest" search={{ tab: 'dead-letters' }} className="text-accent hover:underline">
          All dead letters
        </Link>
      }
    >
      {letters.error !== null && <ErrorNotice error={letters.error} onRetry={letters.refetch} />}
      {letters.data !== undefined && found.length === 0 && (
        <p className="text-muted">None. What the destination refuses for good is kept here with its reason.</p>
      )}
      {found.length > 0 && (
        <div className="flex flex-col gap-2">
          <p>{count}: events that the destination refused for good. They can be sent again once the reason is gone.</p>
          <ul className="flex flex-col gap-1.5">
            {found.slice(0, SHOWN_MAX).map(({ id, time, reason, rejected_events }) => (
              <li key={id} className="min-w-0">
                <Link
                  to="/ingest"
                  search={{ tab: 'dead-letters', letter: id }}
                  className="block truncate text-accent hover:underline"
                >
                  {reason}
                </Link>
                <span className="text-xs text-muted tabular-nums">
                  {formatTime(time, zone, 0)} · {plural(rejected_events ?? 1, 'event')}
                </span>
              </li>
            ))}
          </ul>
        </div>
      )}
    </Card>
  );
}
