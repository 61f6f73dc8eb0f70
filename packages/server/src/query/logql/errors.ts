import { PermanentError } from '../../runtime/errors.ts';

/** A query that cannot be answered as it stands. `message` is in Loki's words where Loki has some; clients get it as it is. */
export function badQuery(message: string): PermanentError {
  return new PermanentError('invalid_query', message, 'query');
}

export const seriesReached = (max: number) => `maximum number of series (${max}) reached for a single query`;

export function tooManySeries(max: number): PermanentError {
  return badQuery(
    `${seriesReached(max)}; consider reducing query cardinality by adding more specific stream selectors, ` +
      'reducing the time range, or aggregating results with functions like sum(), count() or topk()',
  );
}
