import { ArrowDown, ArrowRight } from 'lucide-react';
import { lazy, type ReactNode, Suspense, useEffect, useState } from 'react';
import { persistently } from '../../api/persistently.ts';
import { useTimeZone } from '../../app/time-zone.ts';
import { Card } from '../../components/display.tsx';
import { formatBytes, formatCount } from '../../lib/format.ts';
import { formatTime } from '../../lib/time.ts';
import type { Integration } from './integration-queries.ts';
import { lagDuration, type StateWords } from './integration-state.ts';
import { addSample, type LagSample } from './lag-samples.ts';

const TimeChart = lazy(
  persistently(async () => ({ default: (await import('../../components/time-chart.tsx')).TimeChart })),
);

interface StatusCardProps {
  integration: Integration;
  words: StateWords;
  updatedAtMs: number;
}

/** The way of the events as a picture: what waits in the journal, what arrived, and how far behind it was lately. */
export function StatusCard({ integration, words, updatedAtMs }: StatusCardProps) {
  const { status } = integration;
  return (
    <Card title="Status">
      <div className="flex flex-col gap-4">
        <p className="break-words" aria-live="polite">
          {words.sentence}
        </p>
        <div className="flex flex-col items-stretch gap-2 md:flex-row">
          <Station
            name="Waiting"
            value={formatCount(status.lag_events)}
            note={
              status.lag_events === 0
                ? 'in the journal'
                : `${formatBytes(status.lag_bytes)}, for ${lagDuration(status.lag_seconds)}`
            }
          />
          <Arrow />
          <Station
            name="Delivered"
            value={formatCount(status.delivered)}
            note="since the start"
            isGood={status.delivered > 0}
          />
          <div className="grid grid-cols-2 gap-2 md:contents">
            <Station
              name="Refused for good"
              value={formatCount(status.rejected)}
              note="kept as dead letters"
              isBad={status.rejected > 0}
            />
            <Station
              name="Left out"
              value={formatCount(status.skipped)}
              note="at the journal limit"
              isBad={status.skipped > 0}
            />
          </div>
        </div>
        <LagChart integration={integration} updatedAtMs={updatedAtMs} />
        <Facts status={status} />
      </div>
    </Card>
  );
}

function Arrow() {
  return (
    <>
      <ArrowRight size={18} className="shrink-0 self-center text-muted max-md:hidden" aria-hidden />
      <ArrowDown size={18} className="shrink-0 self-center text-muted md:hidden" aria-hidden />
    </>
  );
}

interface StationProps {
  name: string;
  value: string;
  note: ReactNode;
  isGood?: boolean;
  isBad?: boolean;
}

function Station({ name, value, note, isGood = false, isBad = false }: StationProps) {
  const look = isBad
    ? 'border-error bg-error-soft'
    : isGood
      ? 'border-transparent bg-good-soft'
      : 'border-line bg-sunken';
  return (
    <div className={`min-w-0 flex-1 rounded-md border px-3 py-2 ${look}`}>
      <p className="text-xs text-muted">{name}</p>
      <p className="text-lg font-semibold tabular-nums">{value}</p>
      <p className="text-xs text-muted">{note}</p>
    </div>
  );
}

function Facts({ status }: { status: Integration['status'] }) {
  const [zone] = useTimeZone();
  const time = (text: string | null) => (text === null ? 'none yet' : formatTime(text, zone, 0));
  return (
    <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1">
      <dt className="text-muted">Last delivery</dt>
      <dd className="tabular-nums">{time(status.last_delivery_at)}</dd>
      {status.next_attempt_at !== null && (
        <>
          <dt className="text-muted">Next attempt</dt>
          <dd className="tabular-nums">{time(status.next_attempt_at)}</dd>
        </>
      )}
      {status.last_error !== null && (
        <>
          <dt className="text-muted">Last error</dt>
          <dd className="break-words">{status.last_error}</dd>
        </>
      )}
    </dl>
  );
}

/** Asked for every few seconds. */
const INTERVAL_MS = 3_000;
/** Fewer are no picture. */
const SAMPLES_MIN = 4;

/** The server keeps no history of the lag: the picture begins when the page is opened. */
function LagChart({ integration, updatedAtMs }: Omit<StatusCardProps, 'words'>) {
  const [zone] = useTimeZone();
  const [samples, setSamples] = useState<readonly LagSample[]>([]);
  const { lag_events: events } = integration.status;
  useEffect(() => setSamples((before) => addSample(before, { ms: updatedAtMs, events })), [updatedAtMs, events]);
  if (samples.length < SAMPLES_MIN)
    return <p className="h-36 pt-12 text-center text-xs text-muted">The picture of the lag begins …</p>;
  const most = Math.max(...samples.map((sample) => sample.events));
  const label = `Events that wait, since this page was opened: ${formatCount(events)} now, ${formatCount(most)} at most`;
  return (
    <figure>
      <Suspense fallback={<div className="h-32" />}>
        <TimeChart
          label={label}
          times={samples.map(({ ms }) => ms)}
          intervalMs={INTERVAL_MS}
          series={[{ name: 'waiting', colour: 'var(--accent)', values: samples.map((sample) => sample.events) }]}
          kind="line"
          zone={zone}
          height={128}
        />
      </Suspense>
      <figcaption className="text-xs text-muted">{label}.</figcaption>
    </figure>
  );
}
