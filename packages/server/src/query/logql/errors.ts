import { PermanentError } from '../../runtime/errors.ts';

/** A query that cannot be answered as it stands. `message` is in Loki's words where Loki has some; clients get it as it is. */
export function badQuery(message: string): PermanentError {
  return new PermanentError('invalid_query', message, 'query');
}
