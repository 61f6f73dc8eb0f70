import { DATABASE, STREAMS_TABLE } from '../../../stores/clickhouse/schema.ts';
import type { EventStore, SqlQuery } from '../../../stores/store.ts';
import { SqlParams, time } from '../../sql.ts';
import { TIME_MAX_NS, TIME_MIN_NS } from '../../time.ts';

/** [startNs, endNs), nanoseconds since the epoch. */
export interface Span {
  startNs: bigint;
  endNs: bigint;
}

/** A stream of the org that had events about that time: what the store keeps of it by the hour, added up. */
export interface StreamRow {
  labels: string;
  service: string;
  /** Of the span: an hour that lies in it in part counts by its part. */
  events: number;
  bytes: number;
  /** sipHash64 of `labels` as text, for conditions that would be too long with the labels themselves. */
  hash: string;
}

export const STREAMS = `${DATABASE}.${STREAMS_TABLE}`;

export const HOUR_NS = 3_600_000_000_000n;

/** Streams with events in an hour that the span touches; rows are StreamRow. */
export function streamsQuery(orgId: string, span: Span): SqlQuery {
  const params = new SqlParams();
  const where = spanCondition(orgId, span, params);
  const share = shareSql(span, params);
  const sql =
    `SELECT labels, service, sum(events * ${share}) AS events, sum(bytes * ${share}) AS bytes, sipHash64(labels) AS hash` +
    ` FROM ${STREAMS} WHERE ${where} GROUP BY labels, service SETTINGS prefer_column_name_to_alias = 1`;
  return { sql, params: params.values };
}

/** How much of a row of `streams_hourly` lies in the span, by time; 0 to 1. */
export function shareSql({ startNs, endNs }: Span, params: SqlParams): string {
  const [start, end] = [startNs, endNs - 1n].map((ns) => params.add('Int64', clamp(ns).toString()));
  const [first, last] = ['toUnixTimestamp64Nano(first_ts)', 'toUnixTimestamp64Nano(last_ts)'];
  return `((least(${last}, ${end}) - greatest(${first}, ${start}) + 1) / (${last} - ${first} + 1))`;
}

/** The condition on `streams_hourly`: rows of the org whose events may lie in the span. */
export function spanCondition(orgId: string, { startNs, endNs }: Span, params: SqlParams): string {
  const parts = [`org = ${params.add('String', orgId)}`];
  const start = clamp(startNs);
  const end = clamp(endNs);
  parts.push(`hour >= ${time(start - positiveModulo(start, HOUR_NS), params)}`, `hour < ${time(end, params)}`);
  parts.push(`last_ts >= ${time(start, params)}`, `first_ts < ${time(end, params)}`);
  return parts.join(' AND ');
}

/** Times that the columns hold. */
export function clamp(timeNs: bigint): bigint {
  if (timeNs < TIME_MIN_NS + HOUR_NS) return TIME_MIN_NS + HOUR_NS;
  return timeNs > TIME_MAX_NS - HOUR_NS ? TIME_MAX_NS - HOUR_NS : timeNs;
}

function positiveModulo(value: bigint, modulus: bigint): bigint {
  return ((value % modulus) + modulus) % modulus;
}

export async function readStreams(
  store: EventStore,
  orgId: string,
  span: Span,
  signal: AbortSignal,
): Promise<StreamRow[]> {
  const rows: StreamRow[] = [];
  for await (const chunk of store.select<StreamRow>(streamsQuery(orgId, span), { signal })) rows.push(...chunk);
  return rows;
}
