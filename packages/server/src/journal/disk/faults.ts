import { RetryableError } from '../../runtime/errors.ts';
import { errnoOf, isNoSpace } from './files.ts';

/** Space comes back when consumers drain and segments are trimmed, or when someone cleans up: seconds, not moments. */
const RETRY_AFTER_MS = 5000;

export function diskFull(): RetryableError {
  return new RetryableError('disk_full', 'The data directory has no space left. Nothing was taken.', RETRY_AFTER_MS);
}

/** `cause` is what the disk answered; its errno is shown, its text (which holds paths) is for our own log. */
export function journalUnavailable(cause: unknown): RetryableError {
  const errno = errnoOf(cause) || 'an unexpected error';
  const error = new RetryableError('journal_unavailable', `The disk answered ${errno}.`, RETRY_AFTER_MS);
  error.cause = cause;
  return error;
}

export function readAborted(): RetryableError {
  return new RetryableError('shutting_down', 'The read was stopped before the end of the journal.', RETRY_AFTER_MS);
}

/** What crosses the journal's boundary for an error of `Files`. An error without an errno is a bug and stays one. */
export function toRetryable(error: unknown): unknown {
  if (errnoOf(error) === '') return error;
  return isNoSpace(error) ? diskFull() : journalUnavailable(error);
}
