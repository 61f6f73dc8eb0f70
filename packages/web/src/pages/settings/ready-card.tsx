import { useQuery } from '@tanstack/react-query';
import { Badge, Card } from '../../components/display.tsx';
import { plural } from '../../lib/format.ts';

interface Ready {
  status: string;
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
    queryFn: async ({ signal }): Promise<Ready | null> => {
      // Not ready is 503, with the same body.
      const response = await fetch('/readyz', { signal });
      const isJson = response.headers.get('content-type')?.startsWith('application/json') ?? false;
      return isJson ? ((await response.json()) as Ready) : null;
    },
    refetchInterval: REFRESH_MS,
  });
  if (ready.data === undefined || ready.data === null) return null;
  const { journal, store, control } = ready.data.parts;
  return (
    <Card title={ready.data.status === 'ready' ? 'The server is ready' : 'The server is not ready'}>
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
