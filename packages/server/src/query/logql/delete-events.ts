import type { LogExpr } from '@tailwater/schema/logql';
import type { EventStore } from '../../stores/store.ts';
import { SqlParams } from '../sql.ts';
import { badQuery } from './errors.ts';
import { parse } from './parse.ts';
import { compilePipeline } from './pipeline/index.ts';
import { type CompiledLog, scopeSql } from './plan/compile.ts';
import { readPlaces } from './plan/read-rows.ts';
import { selectorTest } from './plan/row-selector.ts';
import { StoreSource } from './plan/source.ts';
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

/** Events that one statement names. */
const PLACES_MAX = 10_000;

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

async function removeWhole(
  { orgId, startNs, endNs }: Deletion,
  compiled: CompiledLog,
  store: EventStore,
): Promise<void> {
  const params = compiled.params.copy();
  const sql = [scopeSql(orgId, startNs, endNs, params), ...compiled.conditions].join(' AND ');
  await store.remove({ sql, params: params.values });
}

async function removeByPlace(
  { orgId, startNs, endNs, settings }: Deletion,
  expr: LogExpr,
  compiled: CompiledLog,
  source: StoreSource,
  store: EventStore,
): Promise<void> {
  const pipeline = compilePipeline(compiled.residual);
  const isSelected = compiled.isSelected ? null : selectorTest(expr.selector, settings);
  const places: string[] = [];
  const flush = async () => {
    if (places.length === 0) return;
    const params = new SqlParams();
    const scope = scopeSql(orgId, startNs, endNs, params);
    const named = `concat(toString(frame), ' ', toString(frame_index)) IN ${params.add('Array(String)', places)}`;
    await store.remove({ sql: `${scope} AND ${named}`, params: params.values });
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
