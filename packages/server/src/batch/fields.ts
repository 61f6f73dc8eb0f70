/**
 * The fields of an event that a sender can set, as small integers for the ingest path. Symbol fields repeat and are
 * held as ids of a SymbolTable; text fields do not and are held as bytes.
 */
export const FIELD = {
  logType: 0,
  eventType: 1,
  service: 2,
  host: 3,
  logger: 4,
  resourceType: 5,
  action: 6,
  labels: 7,
  message: 8,
  userId: 9,
  resourceId: 10,
  traceId: 11,
  spanId: 12,
  requestId: 13,
  clientEventId: 14,
  timestamp: 15,
  severity: 16,
  durationMs: 17,
  cost: 18,
} as const;
export type Field = (typeof FIELD)[keyof typeof FIELD];

export const SYMBOL_FIELDS = [
  FIELD.logType,
  FIELD.eventType,
  FIELD.service,
  FIELD.host,
  FIELD.logger,
  FIELD.resourceType,
  FIELD.action,
  FIELD.labels,
] as const;
export type SymbolField = (typeof SYMBOL_FIELDS)[number];

export const TEXT_FIELDS = [
  FIELD.message,
  FIELD.userId,
  FIELD.resourceId,
  FIELD.traceId,
  FIELD.spanId,
  FIELD.requestId,
  FIELD.clientEventId,
] as const;
export type TextField = (typeof TEXT_FIELDS)[number];

/** Fields that hold a string, by the name that the platform's API gives them. */
const FIELD_OF_NAME: Record<string, Field> = {
  log_type: FIELD.logType,
  event_type: FIELD.eventType,
  service: FIELD.service,
  host: FIELD.host,
  logger: FIELD.logger,
  resource_type: FIELD.resourceType,
  action: FIELD.action,
  message: FIELD.message,
  user_id: FIELD.userId,
  resource_id: FIELD.resourceId,
  trace_id: FIELD.traceId,
  span_id: FIELD.spanId,
  request_id: FIELD.requestId,
  event_id: FIELD.clientEventId,
  timestamp: FIELD.timestamp,
  severity: FIELD.severity,
  duration_ms: FIELD.durationMs,
  cost: FIELD.cost,
};

/** The field of that platform name (`log_type`, `user_id` …), undefined when it is none. */
export function fieldOfName(name: string): Field | undefined {
  return Object.hasOwn(FIELD_OF_NAME, name) ? FIELD_OF_NAME[name] : undefined;
}

/**
 * Attributes of protocols that have no such fields of their own (OTLP attributes, Loki structured metadata) which move
 * into a field: the platform's names, and the names OpenTelemetry's conventions give the same things.
 * https://opentelemetry.io/docs/specs/semconv/registry/attributes/user/
 */
const FIELD_OF_ATTRIBUTE: Record<string, Field> = {
  log_type: FIELD.logType,
  event_type: FIELD.eventType,
  'event.name': FIELD.eventType,
  user_id: FIELD.userId,
  'user.id': FIELD.userId,
  'enduser.id': FIELD.userId,
  resource_id: FIELD.resourceId,
  resource_type: FIELD.resourceType,
  action: FIELD.action,
  request_id: FIELD.requestId,
  'http.request.id': FIELD.requestId,
  event_id: FIELD.clientEventId,
  'log.record.uid': FIELD.clientEventId,
  logger: FIELD.logger,
  duration_ms: FIELD.durationMs,
  cost: FIELD.cost,
};

/** The field that an attribute of that name moves into, undefined when it stays an attribute. */
export function fieldOfAttribute(name: string): Field | undefined {
  return Object.hasOwn(FIELD_OF_ATTRIBUTE, name) ? FIELD_OF_ATTRIBUTE[name] : undefined;
}
