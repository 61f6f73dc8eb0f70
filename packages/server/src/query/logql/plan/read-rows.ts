import type { EventStore, SqlQuery } from '../../../stores/store.ts';
import { EVENTS, placeOfFrame } from '../../events-sql.ts';
import type { Keyset } from '../../plan.ts';
import { renderAfter, SELECT_SETTINGS, type SqlParams } from '../../sql.ts';
import type { StoredRow } from '../events/fields.ts';
import { EVERYTHING, type NeededParts, type RowMapper, rowMapper } from '../events/row-mapper.ts';
import type { LogRow } from '../row.ts';
import type { Direction } from '../tasks.ts';
import type { CompiledLog, CompileOptions } from './compile.ts';
import { scopeSql } from './compile.ts';
import type { Span } from './universe.ts';

/** What reading rows takes. The span is half-open. */
export interface ReadRequest {
  store: EventStore;
  orgId: string;
  span: Span;
  compiled: CompiledLog;
  options: Pick<CompileOptions, 'settings'>;
  needed?: NeededParts;
  signal: AbortSignal;
  timeoutMs: number;
}

interface PlacedRow extends StoredRow {
  frame: string;
  frame_index: number;
}

/** Columns in SQL by what StoredRow calls them. */
export const COLUMN_SQL: Record<string, string> = {
  duration_ms: "ifNull(toString(duration_ms), '') AS duration_text",
  cost: "ifNull(toString(cost), '') AS cost_text",
};

/** The query for rows of a compiled log expression in their order; `after` and `limit` make a page of it. */
export function rowsQuery(
  { orgId, span, compiled }: Pick<ReadRequest, 'orgId' | 'span' | 'compiled'>,
  mapper: RowMapper,
  order: { direction: Direction; limit: number | null; after: Keyset | null } | null,
): SqlQuery {
  const params: SqlParams = compiled.params.copy();
  const where = [scopeSql(orgId, span.startNs, span.endNs, params), ...compiled.conditions];
  const columns = ['toUnixTimestamp64Nano(ts) AS ts_ns', 'labels', 'service'];
  columns.push(...mapper.columns.map((column) => COLUMN_SQL[column] ?? column));
  const tail: string[] = [];
  if (order !== null) {
    columns.push('frame', 'frame_index');
    const direction = order.direction === 'forward' ? 'ASC' : 'DESC';
    if (order.after !== null) where.push(renderAfter(order.after, direction === 'ASC' ? 'asc' : 'desc', params));
    tail.push(`ORDER BY ts ${direction}, frame ${direction}, frame_index ${direction}`);
    if (order.limit !== null) tail.push(`LIMIT ${params.add('UInt64', order.limit)}`);
  }
  const sql = `SELECT ${columns.join(', ')} FROM ${EVENTS} WHERE ${where.join(' AND ')} ${tail.join(' ')} ${SELECT_SETTINGS}`;
  return { sql, params: params.values };
}

/** All rows in chunks; in the order of time where `direction` is given, else in any. */
export async function* readAll(request: ReadRequest, direction: Direction | null): AsyncGenerator<LogRow[]> {
  const mapper = rowMapper(request.options.settings, request.needed ?? EVERYTHING);
  const order = direction === null ? null : { direction, limit: null, after: null };
  const { signal, timeoutMs } = request;
  const query = rowsQuery(request, mapper, order);
  for await (const rows of request.store.select<PlacedRow>(query, { signal, timeoutMs })) {
    yield rows.map((row) => mapper.map(fixNumbers(row)));
  }
}

/**
 * First page when rows still have to pass stages here, and the largest: each is four times the one before. A page reads
 * a bounded part of the store, because the table lies in the order of time.
 */
const PAGE_ROWS_FIRST = 1_000;
const PAGE_ROWS_MAX = 64_000;

/** Rows in the order of time, page by page: who leaves the iteration has no query running. */
export async function* readPages(
  request: ReadRequest,
  direction: Direction,
  firstPageRows: number | null,
): AsyncGenerator<LogRow[]> {
  const mapper = rowMapper(request.options.settings, request.needed ?? EVERYTHING);
  const { signal, timeoutMs } = request;
  let after: Keyset | null = null;
  for (let limit = firstPageRows ?? PAGE_ROWS_FIRST; ; limit = Math.min(limit * 4, PAGE_ROWS_MAX)) {
    const query = rowsQuery(request, mapper, { direction, limit, after });
    let count = 0;
    let last: PlacedRow | null = null;
    for await (const rows of request.store.select<PlacedRow>(query, { signal, timeoutMs })) {
      count += rows.length;
      last = rows.at(-1) ?? last;
      yield rows.map((row) => mapper.map(fixNumbers(row)));
    }
    if (count < limit || last === null) return;
    after = { timestampNs: BigInt(last.ts_ns), ...placeOfFrame(last.frame), index: last.frame_index };
  }
}

/** All rows from the oldest on, each with `frame frame_index`, its place in the journal. */
export async function* readPlaces(request: ReadRequest): AsyncGenerator<{ row: LogRow; place: string }[]> {
  const mapper = rowMapper(request.options.settings, EVERYTHING);
  const query = rowsQuery(request, mapper, { direction: 'forward', limit: null, after: null });
  const { signal, timeoutMs } = request;
  for await (const rows of request.store.select<PlacedRow>(query, { signal, timeoutMs })) {
    yield rows.map((row) => ({ row: mapper.map(fixNumbers(row)), place: `${row.frame} ${row.frame_index}` }));
  }
}

interface NumberTexts {
  duration_text?: string;
  cost_text?: string;
}

/** SQL may not name an expression as the column that it is made of, where a condition means the column. */
export function fixNumbers(row: StoredRow & NumberTexts): StoredRow {
  if (row.duration_text !== undefined) row.duration_ms = row.duration_text;
  if (row.cost_text !== undefined) row.cost = row.cost_text;
  return row;
}
