import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Card } from '../../components/display.tsx';
import { ErrorNotice, Loading } from '../../components/notice.tsx';

interface AnswerCardProps<T> {
  title: string;
  query: UseQueryResult<T>;
  /** Why there may be nothing, and what would change that. */
  empty: string;
  isEmpty(data: T): boolean;
  actions?: ReactNode;
  note?: ReactNode;
  children(data: T): ReactNode;
}

/** A card around the answer to one question: while it loads, when it is empty, when it failed. */
export function AnswerCard<T>({ title, query, empty, isEmpty, actions, note, children }: AnswerCardProps<T>) {
  const { data, error, isPlaceholderData, refetch } = query;
  return (
    <Card title={title} {...(actions !== undefined && { actions })} className="min-w-0">
      {note !== undefined && <p className="mb-2 text-xs text-muted">{note}</p>}
      {error !== null && <ErrorNotice error={error} onRetry={() => void refetch()} className="mb-2" />}
      {data === undefined ? (
        error === null && <Loading rows={5} label={`Loading: ${title}`} />
      ) : isEmpty(data) ? (
        <p className="py-4 text-center text-muted">{empty}</p>
      ) : (
        <div className={isPlaceholderData ? 'opacity-60 transition-opacity delay-500' : undefined} aria-busy={isPlaceholderData}>
          {children(data)}
        </div>
      )}
    </Card>
  );
}
