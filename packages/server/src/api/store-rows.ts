import { PermanentError } from '../runtime/errors.ts';
import type { EventStore, SqlQuery } from '../stores/store.ts';

interface Options {
  signal: AbortSignal;
  /** Default: query.timeoutMs of the configuration. */
  timeoutMs?: number;
}

/** The rows of a query in chunks, as they arrive. */
export async function* rowChunks<Row>(store: EventStore, query: SqlQuery, options: Options): AsyncGenerator<Row[]> {
  try {
    yield* store.select<Row>(query, options);
  } catch (error) {
    // All SQL here is ours: the store that refuses it tells of a bug, not of the request.
    if (error instanceof PermanentError) throw new Error('the event store refused a query', { cause: error });
    throw error;
  }
}

/** All rows of a query whose result is small. */
export async function allRows<Row>(store: EventStore, query: SqlQuery, options: Options): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const chunk of rowChunks<Row>(store, query, options)) rows.push(...chunk);
  return rows;
}
