import { severityName } from '@tailwater/schema';

/**
 * The event's own fields that LogQL sees, as structured metadata and in selectors, by LogQL's name. Each is a column of
 * the table `events` or comes from one. docs/reference/logql.md says it to users.
 */
export const EVENT_FIELDS = [
  'log_type',
  'event_type',
  'severity',
  'detected_level',
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
] as const;
export type EventField = (typeof EVENT_FIELDS)[number];

/**
 * What a sender gave under that very name: offered also where an org does not want the fields that the server makes
 * (settings.eventFields false). Loki's structured metadata of those names is kept in the columns only.
 */
export const GIVEN_FIELDS: ReadonlySet<EventField> = new Set<EventField>([
  'event_type',
  'logger',
  'user_id',
  'resource_id',
  'resource_type',
  'action',
  'trace_id',
  'span_id',
  'request_id',
]);

const IS_EVENT_FIELD: ReadonlySet<string> = new Set(EVENT_FIELDS);

export function isEventField(name: string): name is EventField {
  return IS_EVENT_FIELD.has(name);
}

/** The column that a field is read from. */
export function columnOfField(field: EventField): string {
  return field === 'severity' || field === 'detected_level' ? 'severity_number' : field;
}

/** What a query reads of an event. `ts_ns` and 64-bit numbers as text; columns that nobody needs are missing. */
export interface StoredRow {
  ts_ns: string;
  labels: string;
  service: string;
  message?: string;
  attributes?: Readonly<Record<string, string>>;
  severity_number?: number;
  log_type?: string;
  event_type?: string;
  host?: string;
  logger?: string;
  user_id?: string;
  resource_id?: string;
  resource_type?: string;
  action?: string;
  trace_id?: string;
  span_id?: string;
  request_id?: string;
  duration_ms?: number | string | null;
  cost?: number | string | null;
}

/** The field's text, '' where the event has none. */
export function fieldText(row: StoredRow, field: EventField): string {
  switch (field) {
    case 'severity':
      return severityName(row.severity_number ?? 0);
    case 'detected_level':
      return detectedLevel(row.severity_number ?? 0);
    case 'duration_ms':
    case 'cost':
      return numberText(row[field]);
    default:
      return row[field] ?? '';
  }
}

/** Loki's words, which know `trace` beside ours. https://grafana.com/docs/loki/latest/configure/#limits_config */
export function detectedLevel(severityNumber: number): string {
  if (severityNumber >= 1 && severityNumber <= 4) return 'trace';
  return severityName(severityNumber);
}

/** As SQL renders a Float64; NaN and infinities as ClickHouse writes them. */
function numberText(value: number | string | null | undefined): string {
  return value === null || value === undefined ? '' : String(value);
}

/** Loki's normal form of a name that is no label name; others stay as they are. */
export function labelNameOf(name: string): string {
  if (LABEL_NAME.test(name)) return name;
  const text = name.replace(/[^a-zA-Z0-9_]+/g, '_').replace(/_{2,}/g, '_');
  return /^[0-9]/.test(text) ? `key_${text}` : text;
}

const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/**
 * The OpenTelemetry resource attributes that Loki makes stream labels; others are structured metadata.
 * https://grafana.com/docs/loki/latest/send-data/otel/#format-considerations
 */
const INDEXED_ATTRIBUTES = new Set([
  'service.name',
  'service.namespace',
  'service.instance.id',
  'deployment.environment',
  'deployment.environment.name',
  'cloud.region',
  'cloud.availability_zone',
  'k8s.cluster.name',
  'k8s.namespace.name',
  'k8s.pod.name',
  'k8s.container.name',
  'container.name',
  'k8s.replicaset.name',
  'k8s.deployment.name',
  'k8s.statefulset.name',
  'k8s.daemonset.name',
  'k8s.cronjob.name',
  'k8s.job.name',
]);

/** Whether a member of the event's `labels` is a stream label: names without a dot are, and Loki's list. */
export function isStreamLabel(name: string): boolean {
  return !name.includes('.') || INDEXED_ATTRIBUTES.has(name);
}

export const UNKNOWN_SERVICE = 'unknown_service';
