import { CircleAlert, Inbox } from 'lucide-react';
import type { ReactNode } from 'react';
import { ApiError } from '../api/error.ts';
import { classNames } from '../lib/class-names.ts';
import { Button } from './button.tsx';

/** What to say of an error, in plain words: what happened, and what one can do. */
export function explainError(error: unknown): { title: string; detail: string } {
  if (!(error instanceof ApiError)) {
    return { title: 'This page made a mistake', detail: error instanceof Error ? error.message : String(error) };
  }
  const id = error.requestId === null ? '' : ` (request ${error.requestId})`;
  switch (error.code) {
    case 'unreachable':
      return { title: 'The server is away', detail: 'It is asked again until it answers. What is on the page stays.' };
    case 'unauthenticated':
      return { title: 'You are signed out', detail: 'Sign in again and go on where you were.' };
    case 'forbidden':
      return { title: 'Not allowed', detail: error.message };
    case 'store_unavailable':
      return {
        title: 'The event store does not answer',
        detail: 'Events are still taken in and kept. Searching goes on by itself.',
      };
    case 'query_timeout':
      return {
        title: 'The query took too long',
        detail: 'It ran into its limit. A shorter time range or another filter reads less.',
      };
    case 'internal':
      return { title: 'The server made a mistake', detail: `${error.message}${id}` };
    default:
      return {
        title: error.field === null ? 'That did not work' : `\`${error.field}\` is not right`,
        detail: error.message,
      };
  }
}

interface ErrorNoticeProps {
  error: unknown;
  onRetry?(): void;
  className?: string;
}

export function ErrorNotice({ error, onRetry, className }: ErrorNoticeProps) {
  const { title, detail } = explainError(error);
  return (
    <div
      role="alert"
      className={classNames(
        'flex items-start gap-3 rounded-md border border-error bg-error-soft px-3 py-2.5',
        className,
      )}
    >
      <CircleAlert size={18} className="mt-0.5 shrink-0 text-error" aria-hidden />
      <div className="min-w-0 flex-1">
        <p className="font-medium">{title}</p>
        <p className="break-words">{detail}</p>
      </div>
      {onRetry !== undefined && (
        <Button size="small" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}

/** Nothing is here, why, and what would change that. */
export function EmptyNotice({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="flex flex-col items-center gap-2 px-4 py-12 text-center">
      <Inbox size={28} className="text-muted" aria-hidden />
      <p className="font-medium">{title}</p>
      {children !== undefined && <div className="max-w-prose text-muted">{children}</div>}
    </div>
  );
}

/** Grey bars where rows will be. */
export function Loading({ rows = 4, label = 'Loading' }: { rows?: number; label?: string }) {
  return (
    <div role="status" aria-label={label} className="flex flex-col gap-2 py-2">
      {Array.from({ length: rows }, (_, row) => `bar ${row}`).map((key) => (
        <div key={key} className="h-5 animate-pulse rounded bg-line" />
      ))}
    </div>
  );
}
