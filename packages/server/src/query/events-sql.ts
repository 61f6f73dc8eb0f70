import { type Attribute, type Event, eventIdOf, severityName } from '@tailwater/schema';
import { parseAttributeTypes } from '../batch/attribute-types.ts';
import { DATABASE, EVENTS_TABLE } from '../stores/clickhouse/schema.ts';
import type { SqlQuery } from '../stores/store.ts';
import type { EventsPlan, Keyset } from './plan.ts';
import { frameColumn, renderAfter, renderScope, SELECT_SETTINGS, SqlParams } from './sql.ts';

export const EVENTS = `${DATABASE}.${EVENTS_TABLE}`;

/** An event as the store gives it back: everything but its retention, which no answer shows. */
export type StoredEvent = Omit<Event, 'retentionDays'>;

/** A row of `eventsQuery`, 64-bit integers as text. */
export interface EventRow {
  ts_ns: string;
  received_ms: string;
  frame: string;
  frame_index: number;
  log_type: string;
  event_type: string;
  severity_number: number;
  message: string;
  service: string;
  host: string;
  logger: string;
  user_id: string;
  resource_id: string;
  resource_type: string;
  action: string;
  trace_id: string;
  span_id: string;
  request_id: string;
  /** As text where it is NaN or infinite. */
  duration_ms: number | string | null;
  cost: number | string | null;
  attributes: Record<string, string>;
  attribute_types: string;
  labels: string;
  receiver: string;
  client_event_id: string;
}

const COLUMNS = [
  'toUnixTimestamp64Nano(ts) AS ts_ns',
  'toUnixTimestamp64Milli(received_at) AS received_ms',
  'frame',
  'frame_index',
  'log_type',
  'event_type',
  'severity_number',
  'message',
  'service',
  'host',
  'logger',
  'user_id',
  'resource_id',
  'resource_type',
  'action',
  'trace_id',
  'span_id',
  'request_id',
  'duration_ms',
  'cost',
  'attributes',
  'attribute_types',
  'labels',
  'receiver',
  'client_event_id',
].join(', ');

/** The events of a plan in its order; rows are EventRow. */
export function eventsQuery(plan: EventsPlan): SqlQuery {
  const params = new SqlParams();
  const where = [renderScope(plan, params)];
  if (plan.after !== null) where.push(renderAfter(plan.after, plan.order, params));
  if (plan.framesBefore !== undefined) where.push(renderFramesBefore(plan.framesBefore, params));
  const direction = plan.order === 'asc' ? 'ASC' : 'DESC';
  const sql = [
    `SELECT ${COLUMNS} FROM ${EVENTS} WHERE ${where.join(' AND ')}`,
    `ORDER BY ts ${direction}, frame ${direction}, frame_index ${direction}`,
  ];
  if (plan.limit !== null) sql.push(`LIMIT ${params.add('UInt64', plan.limit)}`);
  if (plan.offset > 0) sql.push(`OFFSET ${params.add('UInt64', plan.offset)}`);
  sql.push(SELECT_SETTINGS);
  return { sql: sql.join(' '), params: params.values };
}

const FRAME_MAX = 2 ** 48 - 1;

/** Leaves out what the node journaled at `frame` or later. */
export function renderFramesBefore({ node, frame }: { node: number; frame: number }, params: SqlParams): string {
  const first = params.add('UInt64', frameColumn({ node, frame }).toString());
  const last = params.add('UInt64', frameColumn({ node, frame: FRAME_MAX }).toString());
  return `frame NOT BETWEEN ${first} AND ${last}`;
}

/** How many events a plan's scope holds; one row `{events}`, the count as text. */
export function countQuery(plan: Pick<EventsPlan, 'orgId' | 'range' | 'condition'>): SqlQuery {
  const params = new SqlParams();
  const sql = `SELECT count() AS events FROM ${EVENTS} WHERE ${renderScope(plan, params)} ${SELECT_SETTINGS}`;
  return { sql, params: params.values };
}

/** The event at a place in the journal, if it is the org's; one EventRow or none. */
export function eventQuery(orgId: string, place: { node: number; frame: number; index: number }): SqlQuery {
  const params = new SqlParams();
  const org = params.add('String', orgId);
  const frame = params.add('UInt64', frameColumn(place).toString());
  const index = params.add('UInt32', place.index);
  const where = `org = ${org} AND frame = ${frame} AND frame_index = ${index}`;
  return { sql: `SELECT ${COLUMNS} FROM ${EVENTS} WHERE ${where} LIMIT 1`, params: params.values };
}

/** What of an event no answer but `why` shows. */
export interface FateRow {
  stored_ms: string;
  expires_s: string;
  retention_days: number;
}

/** When the event at a place in the journal was stored, and until when it is kept; one FateRow or none. */
export function fateQuery(orgId: string, place: { node: number; frame: number; index: number }): SqlQuery {
  const { sql, params } = eventQuery(orgId, place);
  const columns =
    'toUnixTimestamp64Milli(stored_at) AS stored_ms, toInt64(toUnixTimestamp(expires_at)) AS expires_s, retention_days';
  return { sql: sql.replace(COLUMNS, columns), params };
}

/** Node and journal position of the column `frame`. */
export function placeOfFrame(column: string): { node: number; frame: number } {
  const frame = BigInt(column);
  return { node: Number(frame >> 48n), frame: Number(frame & 0xffff_ffff_ffffn) };
}

/** An event's sort key. */
export function keysetOf(row: EventRow): Keyset {
  return { timestampNs: BigInt(row.ts_ns), ...placeOfFrame(row.frame), index: row.frame_index };
}

/** `orgId` is the one that the query asked for. */
export function eventOfRow(row: EventRow, orgId: string): StoredEvent {
  const keyset = keysetOf(row);
  return {
    orgId,
    eventId: eventIdOf(keyset),
    clientEventId: row.client_event_id,
    timestampNs: keyset.timestampNs,
    receivedAtMs: Number(row.received_ms),
    receiver: row.receiver,
    logType: row.log_type,
    eventType: row.event_type,
    severity: severityName(row.severity_number),
    severityNumber: row.severity_number,
    message: row.message,
    service: row.service,
    host: row.host,
    logger: row.logger,
    userId: row.user_id,
    resourceId: row.resource_id,
    resourceType: row.resource_type,
    action: row.action,
    traceId: row.trace_id,
    spanId: row.span_id,
    requestId: row.request_id,
    durationMs: numberOf(row.duration_ms),
    cost: numberOf(row.cost),
    attributes: attributesOf(row),
    labels: row.labels === '' ? {} : (JSON.parse(row.labels) as Record<string, string>),
  };
}

/** `nan`, `inf` and `-inf` as the store prints them. */
function numberOf(value: number | string | null): number | null {
  return typeof value === 'string' ? Number(value.replace('inf', 'Infinity')) : value;
}

function attributesOf(row: EventRow): Record<string, Attribute> {
  const kinds = parseAttributeTypes(row.attribute_types);
  const attributes: Record<string, Attribute> = Object.create(null);
  for (const [name, text] of Object.entries(row.attributes)) {
    attributes[name] = { text, kind: kinds.get(name) ?? 'string' };
  }
  return attributes;
}
