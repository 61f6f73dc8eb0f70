import { useQuery } from '@tanstack/react-query';
import { apiFetch } from '../../api/client.ts';
import { ApiError } from '../../api/error.ts';
import { Badge, Card } from '../../components/display.tsx';
import { plural } from '../../lib/format.ts';

interface Ready {
  parts: {
    journal: { ready: boolean; fault: string | null };
    store: { ready: boolean; detail: string; restarts: number; backlog_frames: number };
    control: { ready: boolean };
  };
}

const REFRESH_MS = 10_000;

/** What `/readyz` says to anybody, for those who may not see more, or when there is no more. */
export function ReadyCard() {
  const ready = useQuery({
    queryKey: ['readyz'],
    queryFn: async ({ signal }) => (await (await apiFetch('/readyz', { signal })).json()) as Ready,
    refetchInterval: REFRESH_MS,
    retry: false,
  });
  if (ready.error instanceof ApiError && ready.error.status === 503) {
    return (
      <Card title="The server is not ready">
        Either the journal takes no events, and senders are told to come back; or the event store is away, and events
        wait in the journal for it. It is asked again every 10 s.
      </Card>
    );
  }
  if (ready.data === undefined) return null;
  const { journal, store, control } = ready.data.parts;
  return (
    <Card title="The server is ready">
      <ul className="flex flex-col gap-2">
        <Part name="Journal" isReady={journal.ready} detail={journal.fault ?? 'takes events'} />
        <Part
          name="Event store"
          isReady={store.ready}
          detail={
            store.detail ||
            `${plural(store.backlog_frames, 'batch waits', 'batches wait')} in the journal; nothing is lost`
          }
        />
        <Part name="Settings and keys" isReady={control.ready} detail="can be read and changed" />
      </ul>
    </Card>
  );
}

function Part({ name, isReady, detail }: { name: string; isReady: boolean; detail: string }) {
  return (
    <li className="flex flex-wrap items-center gap-2">
      <Badge kind={isReady ? 'good' : 'bad'}>{isReady ? 'ready' : 'not ready'}</Badge>
      <span className="font-medium">{name}</span>
      <span className="text-muted">{detail}</span>
    </li>
  );
}
