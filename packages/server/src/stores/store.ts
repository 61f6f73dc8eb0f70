import type { JournalPosition } from '../journal/journal.ts';

/** A query with its values apart: `{name:Type}` placeholders in `sql`, never values in the text. */
export interface SqlQuery {
  sql: string;
  params: Record<string, string | number | boolean | readonly (string | number)[]>;
}

/**
 * The event store in words. Every implementation runs test/contracts/store.contract.ts, which names these rules.
 *
 * S1 `insert` resolves only when the rows would survive a power cut and every view derived from them has them.
 * S2 The same token again changes nothing, also after a restart, within the window of the last 10,000 tokens.
 * S3 `insert` may be called again after any failure, with the same token and the same rows, until it resolves. A server
 *    that we do not start ourselves may note a token and then fail to store the rows: ask `storedFrames` afterwards.
 * S4 `select` stops the query in the store when `signal` aborts or the iteration is left.
 * S6 `remove` resolves when no select sees the events any more; it may be called again after any failure.
 * S7 `storedFrames` tells which frames of a node and a range have rows in the store, deleted rows too, once no insert of
 *    them is under way. Null where another replica may have more than the server that is asked: there tokens are exact.
 * S5 Errors are PermanentError (the rows or the query are at fault) or RetryableError (the store is).
 */
export interface EventStore {
  /** `block` is one ClickHouse Native block of the table `events` in parts, `rows` its row count. */
  insert(block: readonly Uint8Array[], rows: number, token: string): Promise<void>;
  /** Rows as objects keyed by column, in chunks as they arrive. Memory stays flat whatever the result's size. */
  select<Row>(query: SqlQuery, options: { signal?: AbortSignal; timeoutMs?: number }): AsyncIterable<Row[]>;
  /**
   * Deletes the events of a condition, and what they take on the disk in time; then the rows of `streams_hourly` of the
   * other. Values apart, as in SqlQuery.
   */
  remove(events: SqlQuery, streams: SqlQuery): Promise<void>;
  /** Of the frames `from` to `to`, both included. */
  storedFrames(node: number, from: JournalPosition, to: JournalPosition): Promise<ReadonlySet<JournalPosition> | null>;
  /** Whether the store answers now. Never throws. */
  ping(): Promise<boolean>;
  close(): Promise<void>;
}

/** The token of an insert: the node and the journal range it holds. */
export function insertToken(node: number, from: JournalPosition, to: JournalPosition): string {
  return `${node}:${from}-${to}`;
}
