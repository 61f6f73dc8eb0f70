import type { LogExpr } from '@tailwater/schema/logql';
import type { EventStore, SqlQuery } from '../../stores/store.ts';
import { EVENTS } from '../events-sql.ts';
import { SqlParams, time } from '../sql.ts';
import { badQuery } from './errors.ts';
import { parse } from './parse.ts';
import { compilePipeline } from './pipeline/index.ts';
import { type CompiledLog, scopeSql } from './plan/compile.ts';
import { readPlaces } from './plan/read-rows.ts';
import { selectorTest } from './plan/row-selector.ts';
import { streamsCondition, streamsOf } from './plan/selection.ts';
import { StoreSource } from './plan/source.ts';
import { spanCondition } from './plan/universe.ts';
import type { LogqlSettings } from './tasks.ts';

export interface Deletion {
  orgId: string;
  /** A log query. */
  query: string;
  /** Half-open, nanoseconds since the epoch. */
  startNs: bigint;
  endNs: bigint;
  settings: LogqlSettings;
}

/** Events that one statement names: up to 40 bytes of URL each, of the 128 KiB that ClickHouse takes as a parameter. */
const PLACES_MAX = 3_000;

/**
 * Deletes the events that a log query matches. What SQL answers whole is one statement; otherwise events go through the
 * pipeline and are named by their place. Doing it again does no harm.
 * @throws PermanentError `invalid_query`, RetryableError of the store, or the signal's reason.
 */
export async function deleteEvents(deletion: Deletion, store: EventStore, signal: AbortSignal): Promise<void> {
  const { orgId, query, startNs, endNs, settings } = deletion;
  const expr = parse(query);
  if (expr.kind !== 'log') throw badQuery('only log queries are supported');
  const timeoutMs = DELETE_TIMEOUT_MS;
  const source = new StoreSource({ store, orgId, settings, pushDown: true, signal, timeoutMs, onRows: () => {} });
  const compiled = await source.compile(expr, { startNs, endNs });
  if (compiled.selection.groups.length === 0) return;
  if (compiled.isExact && compiled.odd.length === 0) return removeWhole(deletion, compiled, store);
  await removeByPlace(deletion, expr, compiled, source, store);
}

const DELETE_TIMEOUT_MS = 600_000;

async function removeWhole(deletion: Deletion, compiled: CompiledLog, store: EventStore): Promise<void> {
  const { orgId, startNs, endNs } = deletion;
  const params = compiled.params.copy();
  const sql = [scopeSql(orgId, startNs, endNs, params), ...compiled.conditions].join(' AND ');
  await store.remove({ sql, params: params.values }, emptyStreams(deletion, compiled));
}

/**
 * The rows of `streams_hourly` whose stream has no event left in the hours of the deletion: its labels are not listed
 * any more. What is stored meanwhile adds rows that this does not touch. Counts of streams that have events left stay.
 */
function emptyStreams({ orgId, startNs, endNs }: Deletion, { selection }: CompiledLog): SqlQuery {
  const params = new SqlParams();
  const span = spanCondition(orgId, { startNs, endNs }, params);
  const streams = streamsCondition(streamsOf(selection), selection.universe, params) ?? '0';
  const hour = 3_600_000_000_000n;
  const left = scopeSql(orgId, startNs - hour, endNs + hour, params);
  const sql =
    `${span} AND ${streams} AND last_ts < ${time(endNs, params)}` +
    ` AND (labels, service) NOT IN (SELECT DISTINCT labels, service FROM ${EVENTS} WHERE ${left} AND ${streams})`;
  return { sql, params: params.values };
}

async function removeByPlace(
  deletion: Deletion,
  expr: LogExpr,
  compiled: CompiledLog,
  source: StoreSource,
  store: EventStore,
): Promise<void> {
  const { orgId, startNs, endNs, settings } = deletion;
  const pipeline = compilePipeline(compiled.residual);
  const isSelected = compiled.isSelected ? null : selectorTest(expr.selector, settings);
  const places: string[] = [];
  const flush = async () => {
    if (places.length === 0) return;
    const params = new SqlParams();
    const scope = scopeSql(orgId, startNs, endNs, params);
    const named = `concat(toString(frame), ' ', toString(frame_index)) IN ${params.add('Array(String)', places)}`;
    const streams = emptyStreams(deletion, compiled);
    await store.remove({ sql: `${scope} AND ${named}`, params: params.values }, streams);
    places.length = 0;
  };
  for await (const rows of readPlaces(source.readRequest(compiled, { startNs, endNs }))) {
    for (const { row, place } of rows) {
      if (isSelected !== null && !isSelected(row)) continue;
      if (pipeline.run(row) !== null) places.push(place);
      if (places.length === PLACES_MAX) await flush();
    }
  }
  await flush();
}
