import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { answerOf, api } from '../../api/client.ts';
import { useTimeZone } from '../../app/time-zone.ts';
import { say, sayError } from '../../app/toasts.tsx';
import { Button } from '../../components/button.tsx';
import { Badge, type BadgeKind, Card } from '../../components/display.tsx';
import { ErrorNotice } from '../../components/notice.tsx';
import { RangePicker } from '../../components/range-picker.tsx';
import { formatCount } from '../../lib/format.ts';
import { absoluteRange, formatTime, type TimeRange } from '../../lib/time.ts';
import type { Integration, Replay } from './integration-queries.ts';
import { replayWords } from './integration-state.ts';

const DAY: TimeRange = { from: '-24h', to: '' };

/** Sends what the event store has of a time range, beside the live events. */
export function ReplayCard({ integration }: { integration: Integration }) {
  const { replay, enabled, id } = integration;
  const [range, setRange] = useState(DAY);
  const queries = useQueryClient();
  const params = { path: { integration_id: id } };
  const settle = { onSettled: () => queries.invalidateQueries({ queryKey: ['log-integrations'] }) };
  const start = useMutation({
    mutationFn: () => {
      const body = { from: range.from, to: range.to === '' ? 'now' : range.to };
      return answerOf(api.POST('/api/log-integrations/{integration_id}/replay', { params, body }));
    },
    ...settle,
  });
  const cancel = useMutation({
    mutationFn: async () => {
      await api.DELETE('/api/log-integrations/{integration_id}/replay', { params });
    },
    onSuccess: () => say('The replay has ended. What was sent is sent.'),
    onError: sayError,
    ...settle,
  });
  const isRunning = replay?.state === 'running';
  return (
    <Card title="Replay of history">
      <div className="flex flex-col gap-3">
        <p className="text-muted">
          Sends what was stored in a time range into this destination, through its filter, beside the live events. What
          it had before it gets once more.
        </p>
        <div className="flex flex-wrap items-center gap-2">
          <RangePicker range={range} onChange={setRange} />
          {isRunning ? (
            <Button kind="danger" onClick={() => cancel.mutate()} isBusy={cancel.isPending}>
              End the replay
            </Button>
          ) : (
            <Button onClick={() => start.mutate()} isBusy={start.isPending} disabled={!enabled}>
              Send this range
            </Button>
          )}
        </div>
        {enabled ? <RangeSize range={range} /> : <p className="text-muted">Enable the integration first.</p>}
        {start.error !== null && <ErrorNotice error={start.error} />}
        {replay !== null && <Progress replay={replay} />}
      </div>
    </Card>
  );
}

/** How many events the range has, before one begins. */
function RangeSize({ range }: { range: TimeRange }) {
  const size = useQuery({
    queryKey: ['replay-size', range],
    queryFn: async ({ signal }) => {
      const { from, to } = absoluteRange(range, Date.now());
      const query = { from, to, buckets: '1' };
      return (await answerOf(api.GET('/api/logs/histogram', { params: { query }, signal }))).total;
    },
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });
  if (size.data === undefined) return null;
  return (
    <p className="text-xs text-muted" role="status">
      The range has {formatCount(size.data)} events; those that the filter selects are sent.
    </p>
  );
}

const LOOKS: Readonly<Record<Replay['state'], { label: string; kind: BadgeKind }>> = {
  running: { label: 'Under way', kind: 'accent' },
  done: { label: 'Done', kind: 'good' },
  cancelled: { label: 'Ended', kind: 'neutral' },
  failed: { label: 'Failed', kind: 'bad' },
};

function Progress({ replay }: { replay: Replay }) {
  const [zone] = useTimeZone();
  const { from, to, total, delivered, rejected, reached, state } = replay;
  const done = delivered + rejected;
  return (
    <section aria-label="Progress of the replay" className="flex flex-col gap-1.5 border-t border-line pt-3">
      <p className="flex flex-wrap items-center gap-2">
        <Badge kind={LOOKS[state].kind}>{LOOKS[state].label}</Badge>
        <span className="text-xs text-muted tabular-nums">
          {formatTime(from, zone, 0)} – {formatTime(to, zone, 0)}
        </span>
      </p>
      {state === 'running' && (
        <progress
          aria-label="Events sent"
          className="h-2 w-full accent-accent"
          {...(total !== null && { value: done, max: Math.max(1, total) })}
        />
      )}
      <p aria-live="polite">{replayWords(replay)}</p>
      {state === 'running' && reached !== null && (
        <p className="text-xs text-muted tabular-nums">Has reached {formatTime(reached, zone, 0)}</p>
      )}
    </section>
  );
}
