import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { answerOf, api } from '../../api/client.ts';
import type { components } from '../../api/schema.gen.ts';
import { useTimeZone } from '../../app/time-zone.ts';
import { say, sayError } from '../../app/toasts.tsx';
import { Button } from '../../components/button.tsx';
import { Card, SeverityBadge } from '../../components/display.tsx';
import { EmptyNotice, ErrorNotice, Loading } from '../../components/notice.tsx';
import { formatTime } from '../../lib/time.ts';
import { LevelForm } from './level-form.tsx';
import { remainingWords, targetWords } from './level-words.ts';
import { ScopeNotice, useMay } from './scope-notice.tsx';
import { useNow } from './use-now.ts';

type LogLevel = components['schemas']['LogLevel'];

const REFRESH_MS = 10_000;

/** From which severity on running programs emit, set from here, for a while. */
export default function LevelsSection() {
  const levels = useQuery({
    queryKey: ['log-levels'],
    queryFn: async ({ signal }) => (await answerOf(api.GET('/api/log-levels', { signal }))).log_levels,
    refetchInterval: REFRESH_MS,
    placeholderData: keepPreviousData,
  });
  return (
    <div className="flex flex-col gap-4 pb-16">
      <p className="max-w-prose text-muted">
        Programs that run the SDK take a level from here within seconds, without a restart, and fall back to their own
        when it ends. More detail for 15 minutes costs little; for a day it may cost a lot.
      </p>
      <ScopeNotice scope="admin" to="set and remove levels" />
      <div className="grid items-start gap-4 lg:grid-cols-[2fr_3fr]">
        <LevelForm />
        <Card title="Levels that hold">
          {levels.error !== null && <ErrorNotice error={levels.error} onRetry={levels.refetch} />}
          {levels.data === undefined ? (
            levels.isPending && <Loading label="Loading levels" />
          ) : levels.data.length === 0 ? (
            <EmptyNotice title="No level is set">Every program logs at its own level.</EmptyNotice>
          ) : (
            <ul className="flex flex-col divide-y divide-line">
              {levels.data.map((level) => (
                <LevelRow key={`${level.service} ${level.logger}`} level={level} />
              ))}
            </ul>
          )}
        </Card>
      </div>
    </div>
  );
}

const SECOND_MS = 1_000;

function LevelRow({ level: { service, logger, level, set_at, until } }: { level: LogLevel }) {
  const nowMs = useNow(SECOND_MS);
  const [zone] = useTimeZone();
  const isAllowed = useMay('admin');
  const queries = useQueryClient();
  const target = targetWords(service, logger);
  const remove = useMutation({
    mutationFn: async () => {
      await api.DELETE('/api/log-levels', { params: { query: { logger, service } } });
    },
    onSuccess: () => say(`${target}: the program’s own level holds again within seconds.`),
    onError: sayError,
    onSettled: () => queries.invalidateQueries({ queryKey: ['log-levels'] }),
  });
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 py-2 first:pt-0 last:pb-0">
      <span className="w-16">
        <SeverityBadge severity={level} />
      </span>
      <div className="min-w-0 flex-1 basis-40">
        <p className="font-medium break-words">{target}</p>
        <p className="text-xs text-muted tabular-nums">
          {remainingWords(until, nowMs)} · set {formatTime(set_at, zone, 0)}
        </p>
      </div>
      <Button
        size="small"
        onClick={() => remove.mutate()}
        isBusy={remove.isPending}
        disabled={!isAllowed}
        aria-label={`Remove the level of ${target}`}
      >
        Remove
      </Button>
    </li>
  );
}
