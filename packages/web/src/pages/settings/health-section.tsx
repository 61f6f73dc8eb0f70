import { useQuery } from '@tanstack/react-query';
import { CircleAlert, CircleCheck, CircleX } from 'lucide-react';
import { useSyncExternalStore } from 'react';
import { reachable } from '../../api/reachable.ts';
import { useTimeZone } from '../../app/time-zone.ts';
import { ErrorNotice, Loading } from '../../components/notice.tsx';
import { formatAgo, formatTime } from '../../lib/time.ts';
import { DiskCard } from './disk-card.tsx';
import { HealthCard } from './health-card.tsx';
import { type HealthState, healthOf, overallHealth } from './health-words.ts';
import { ReadyCard } from './ready-card.tsx';
import { ScopeNotice, useMay } from './scope-notice.tsx';
import { type System, systemQuery } from './system-query.ts';

/** How the server itself is, as pictures of the last hour and in plain words. */
export default function HealthSection() {
  const isAllowed = useMay('admin');
  const system = useQuery({ ...systemQuery, enabled: isAllowed });
  return (
    <div className="flex flex-col gap-4 pb-16">
      <ScopeNotice scope="admin" to="see how the server is" />
      {system.error !== null && <ErrorNotice error={system.error} onRetry={system.refetch} />}
      {system.data !== undefined ? (
        <Health system={system.data} updatedAtMs={system.dataUpdatedAt} />
      ) : (
        isAllowed && system.isPending && <Loading rows={8} label="Loading the health" />
      )}
      {(!isAllowed || system.error !== null) && <ReadyCard />}
    </div>
  );
}

const LOOKS: Readonly<Record<HealthState, { icon: typeof CircleCheck; box: string; text: string; word: string }>> = {
  good: { icon: CircleCheck, box: 'bg-good-soft', text: 'text-good', word: 'Well' },
  warn: { icon: CircleAlert, box: 'bg-warn-soft', text: 'text-warn', word: 'Look at it' },
  bad: { icon: CircleX, box: 'bg-error-soft', text: 'text-error', word: 'In trouble' },
};

function Health({ system, updatedAtMs }: { system: System; updatedAtMs: number }) {
  const [zone] = useTimeZone();
  const isThere = useSyncExternalStore(reachable.subscribe, reachable.get);
  const parts = healthOf(system);
  const overall = overallHealth(parts);
  const { icon: Icon, box, text } = LOOKS[overall.state];
  return (
    <>
      {isThere ? (
        <div role="status" className={`flex items-start gap-2.5 rounded-lg px-4 py-3 ${box}`}>
          <Icon size={20} className={`shrink-0 ${text}`} aria-hidden />
          <p className="min-w-0 flex-1 font-medium break-words">{overall.sentence}</p>
        </div>
      ) : (
        <p role="status" className="rounded-lg border border-line bg-sunken px-4 py-3 font-medium">
          The server does not answer. This is how it was at {formatTime(updatedAtMs, zone, 0)}.
        </p>
      )}
      <div className="grid gap-4 md:grid-cols-2 xl:grid-cols-3">
        {parts.map((part) => (
          <HealthCard key={part.id} part={part} word={LOOKS[part.state].word} system={system} />
        ))}
      </div>
      <DiskCard disk={system.disk} />
      <p className="text-xs text-muted">
        Tailwater {system.version} on Node.js {system.node}, up since {formatTime(system.started_at, zone, 0)} (
        {formatAgo(system.started_at, Date.now())}). The pictures are of the last hour at most, and begin with the
        server; they are asked for every 10 s.
      </p>
    </>
  );
}
