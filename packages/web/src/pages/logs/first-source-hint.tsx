import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Plug, X } from 'lucide-react';
import { answerOf, api } from '../../api/client.ts';
import { chosenOrg } from '../../api/org.ts';
import { stored, useStored } from '../../app/stored.ts';
import { IconButton } from '../../components/button.tsx';

const isYesNo = (text: string): text is 'yes' | 'no' => text === 'yes' || text === 'no';
const dismissed = stored<'yes' | 'no'>('firstSourceHint.dismissed', 'no', isYesNo);

/** How far back it looks for an event that is not Tailwater's own. */
const LOOK_BACK = '-7d';
/** The receiver of Tailwater's own events. */
const OWN = 'tailwater';

/** Where to go while there is nothing here but Tailwater's own events. */
export function FirstSourceHint() {
  const [isDismissed, setDismissed] = useStored(dismissed);
  const { data } = useQuery({
    queryKey: ['receivers-seen', chosenOrg()],
    queryFn: ({ signal }) =>
      answerOf(
        api.GET('/api/logs/top', { params: { query: { by: 'receiver', from: LOOK_BACK, limit: '2' } }, signal }),
      ),
    enabled: isDismissed === 'no',
    staleTime: 60_000,
    // The first own event ends it.
    refetchInterval: ({ state }) => (state.data !== undefined && isOwnOnly(state.data.values) ? 10_000 : false),
  });
  if (isDismissed === 'yes' || data === undefined || !isOwnOnly(data.values)) return null;
  return (
    <aside className="flex items-center gap-2 rounded-md border border-accent bg-accent-soft py-1 pr-1 pl-3">
      <Plug size={15} aria-hidden className="shrink-0 text-accent-strong" />
      <p className="min-w-0 flex-1">
        Only Tailwater's own events are here.{' '}
        <Link to="/ingest" className="font-medium text-accent-strong underline">
          Connect your first source
        </Link>
      </p>
      <IconButton label="Dismiss this hint" size="small" onClick={() => setDismissed('yes')}>
        <X size={15} aria-hidden />
      </IconButton>
    </aside>
  );
}

const isOwnOnly = (values: readonly { value: string }[]): boolean => values.every(({ value }) => value === OWN);
