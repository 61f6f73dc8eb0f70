import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { answerOf, api } from '../../../api/client.ts';
import { useSession } from '../../../api/session.ts';
import { useTimeZone } from '../../../app/time-zone.ts';
import { say, sayError } from '../../../app/toasts.tsx';
import { usePageSearch } from '../../../app/use-search.ts';
import { Button } from '../../../components/button.tsx';
import { Badge, Card } from '../../../components/display.tsx';
import { EmptyNotice, ErrorNotice, Loading } from '../../../components/notice.tsx';
import { formatBytes, plural } from '../../../lib/format.ts';
import { formatTime } from '../../../lib/time.ts';
import { LetterDialog } from './letter-dialog.tsx';

const SHOWN_MAX = 100;

const useLetters = () =>
  useQuery({
    queryKey: ['dead-letters'],
    queryFn: ({ signal }) =>
      answerOf(api.GET('/api/dead-letters', { params: { query: { limit: String(SHOWN_MAX) } }, signal })),
    placeholderData: keepPreviousData,
  });

type Letter = NonNullable<ReturnType<typeof useLetters>['data']>['dead_letters'][number];

/** What could not be taken, why, and another try. */
export function DeadLettersTab() {
  const { data, error, isError, refetch } = useLetters();
  const { text, change } = usePageSearch();
  if (isError && data === undefined) return <ErrorNotice error={error} onRetry={refetch} />;
  if (data === undefined) return <Loading rows={6} />;
  const letters = data.dead_letters;
  if (letters.length === 0) {
    return (
      <EmptyNotice title="No dead letters">
        Requests that are refused, whole or in part, are kept here with the reason, so that they can be sent again once
        it is gone.
      </EmptyNotice>
    );
  }
  return (
    <div className="flex flex-col gap-3">
      <p className="text-muted">
        {letters.length === SHOWN_MAX ? `The newest ${SHOWN_MAX}` : plural(letters.length, 'dead letter')}. Secrets in
        them are masked.
      </p>
      <ul className="flex flex-col gap-3">
        {letters.map((letter) => (
          <li key={letter.id}>
            <LetterCard letter={letter} onOpen={() => change({ letter: letter.id })} />
          </li>
        ))}
      </ul>
      {text('letter') !== '' && <LetterDialog id={text('letter')} onClose={() => change({ letter: '' })} />}
    </div>
  );
}

function LetterCard({ letter, onOpen }: { letter: Letter; onOpen(): void }) {
  const [zone] = useTimeZone();
  const what = letter.rejected_events === null ? 'a whole request' : plural(letter.rejected_events, 'event');
  return (
    <Card>
      <div className="flex flex-wrap items-start gap-3">
        <div className="min-w-0 flex-1 basis-72">
          <p className="font-medium break-words">{letter.reason}</p>
          <p className="mt-1 text-xs text-muted">
            {formatTime(letter.time, zone, 0)} · {what} by the receiver {letter.receiver} · {formatBytes(letter.bytes)}
          </p>
        </div>
        <Badge kind="warn">{letter.code}</Badge>
        <Button size="small" onClick={onOpen}>
          Look at it
        </Button>
        <LetterActions letter={letter} />
      </div>
    </Card>
  );
}

function LetterActions({ letter }: { letter: Letter }) {
  const queries = useQueryClient();
  const mayChange = useSession().scopes.includes('admin');
  const [isSure, setSure] = useState(false);
  const params = { path: { letter_id: letter.id } };
  const onSettled = () => queries.invalidateQueries({ queryKey: ['dead-letters'] });
  const replay = useMutation({
    mutationFn: () => answerOf(api.POST('/api/dead-letters/{letter_id}/replay', { params })),
    onSuccess: ({ accepted, rejected_total, rejected }) => {
      if (rejected_total === 0) say(`${plural(accepted, 'event')} taken`);
      else
        say(`${plural(accepted, 'event')} taken, ${rejected_total} refused again: ${rejected[0]?.error ?? ''}`, 'bad');
    },
    onError: sayError,
    onSettled,
  });
  const remove = useMutation({
    mutationFn: () => api.DELETE('/api/dead-letters/{letter_id}', { params }),
    onSuccess: () => say('Removed'),
    onError: sayError,
    onSettled,
  });
  const why = mayChange ? (letter.not_replayable_because ?? undefined) : 'Needs the scope admin';
  return (
    <>
      <Button
        size="small"
        title={why}
        disabled={!mayChange || !letter.replayable}
        isBusy={replay.isPending}
        onClick={() => replay.mutate()}
      >
        Send again
      </Button>
      <Button
        size="small"
        kind={isSure ? 'danger' : 'quiet'}
        disabled={!mayChange}
        isBusy={remove.isPending}
        onBlur={() => setSure(false)}
        onClick={() => (isSure ? remove.mutate() : setSure(true))}
      >
        {isSure ? 'Remove for good' : 'Remove'}
      </Button>
    </>
  );
}
