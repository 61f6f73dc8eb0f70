import { lazy, Suspense, useMemo } from 'react';
import { persistently } from '../../api/persistently.ts';
import { useTimeZone } from '../../app/time-zone.ts';
import { Badge, Card } from '../../components/display.tsx';
import { formatBytes, formatCompact, formatDuration } from '../../lib/format.ts';
import type { PartHealth } from './health-words.ts';
import type { System, SystemPoint } from './system-query.ts';

const TimeChart = lazy(
  persistently(async () => ({ default: (await import('../../components/time-chart.tsx')).TimeChart })),
);

interface Picture {
  title: string;
  valueOf(point: SystemPoint): number | null;
  format(value: number): string;
}

/** What of the last hour belongs to which part. */
const PICTURES: Partial<Readonly<Record<PartHealth['id'], Picture>>> = {
  store: { title: 'How far behind', valueOf: ({ lag_ms }) => lag_ms, format: formatDuration },
  journal: { title: 'What waits for the store', valueOf: ({ backlog_bytes }) => backlog_bytes, format: formatBytes },
  ingest: { title: 'Events per second', valueOf: ({ events_per_s }) => events_per_s, format: formatCompact },
  disk: { title: 'Free on disk', valueOf: ({ disk_free_bytes }) => disk_free_bytes, format: formatBytes },
  memory: { title: 'Memory of the server', valueOf: ({ rss_bytes }) => rss_bytes, format: formatBytes },
};

const BADGES = { good: 'good', warn: 'warn', bad: 'bad' } as const;

interface HealthCardProps {
  part: PartHealth;
  word: string;
  system: System;
}

/** One part of the server: a word, a sentence, and its last hour. */
export function HealthCard({ part, word, system }: HealthCardProps) {
  const picture = PICTURES[part.id];
  return (
    <Card title={part.name} actions={<Badge kind={BADGES[part.state]}>{word}</Badge>}>
      <p className="min-h-10 break-words">{part.sentence}</p>
      {picture === undefined ? <Counts system={system} /> : <LastHour picture={picture} system={system} />}
    </Card>
  );
}

function Counts({ system: { queries_running, tails_open } }: { system: System }) {
  return (
    <dl className="mt-3 grid grid-cols-2 gap-3">
      <div>
        <dt className="text-xs text-muted">Queries running</dt>
        <dd className="text-2xl font-semibold tabular-nums">{queries_running}</dd>
      </div>
      <div>
        <dt className="text-xs text-muted">Live tails open</dt>
        <dd className="text-2xl font-semibold tabular-nums">{tails_open}</dd>
      </div>
    </dl>
  );
}

function LastHour({ picture, system }: { picture: Picture; system: System }) {
  const [zone] = useTimeZone();
  const { points, interval_ms } = system.series;
  const times = useMemo(() => points.map(({ time }) => Date.parse(time)), [points]);
  const values = useMemo(() => points.map(picture.valueOf), [points, picture]);
  const known = values.filter((value) => value !== null);
  if (known.length < 2) return <p className="mt-3 text-xs text-muted">The picture begins within half a minute.</p>;
  const words = `${picture.title}: ${picture.format(known.at(-1)!)} now, ${picture.format(Math.min(...known))} to ${picture.format(Math.max(...known))} in the last hour`;
  return (
    <figure className="mt-3">
      <Suspense fallback={<div className="h-28" />}>
        <TimeChart
          label={words}
          times={times}
          intervalMs={interval_ms}
          series={[{ name: picture.title, colour: 'var(--accent)', values }]}
          kind="line"
          zone={zone}
          height={112}
          formatValue={(value) => picture.format(value).replace(/\.\d+/, '')}
        />
      </Suspense>
      <figcaption className="text-xs text-muted tabular-nums">{words}.</figcaption>
    </figure>
  );
}
