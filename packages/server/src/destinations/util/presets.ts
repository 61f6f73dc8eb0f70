import type { Event, Severity } from '@tailwater/schema';
import { numberText, quote, timeText } from './json-text.ts';

/** The JSON text of one field of an event; '' leaves the field out. */
export type FieldText = (event: Event) => string;

/** How a vendor wants events named. */
export interface Preset {
  title: string;
  fields: Readonly<Record<string, FieldText>>;
  /** The object that holds the attributes where they are nested. */
  attributesName: string;
  attributes: 'nested' | 'flat';
  /** Names that mean something to the vendor: an attribute at top level never gets one of them. */
  reserved?: readonly string[];
}

type TextField = {
  [Name in keyof Event]: Event[Name] extends string ? Name : never;
}[keyof Event];

const always =
  (name: TextField): FieldText =>
  (event) =>
    quote(event[name]);
const given =
  (name: TextField): FieldText =>
  (event) =>
    event[name] === '' ? '' : quote(event[name]);
const givenNumber =
  (name: 'durationMs' | 'cost', factor = 1): FieldText =>
  (event) => {
    const value = event[name];
    return value === null || !Number.isFinite(value) ? '' : numberText(value * factor);
  };
const time: FieldText = (event) => quote(timeText(event.timestampNs));
const timeMs: FieldText = (event) => String(event.timestampNs / 1_000_000n);
const received: FieldText = (event) => quote(new Date(event.receivedAtMs).toISOString());
const labels: FieldText = (event) => JSON.stringify(event.labels);
const givenLabels: FieldText = (event) => {
  const text = JSON.stringify(event.labels);
  return text === '{}' ? '' : text;
};
const severityNumber: FieldText = (event) => String(event.severityNumber);

/** What is the platform's own and no vendor has a word for. */
const OWN: Readonly<Record<string, FieldText>> = {
  event_id: given('eventId'),
  org_id: given('orgId'),
  log_type: given('logType'),
  event_type: given('eventType'),
  resource_id: given('resourceId'),
  resource_type: given('resourceType'),
  client_event_id: given('clientEventId'),
  receiver: given('receiver'),
  cost: givenNumber('cost'),
};

/** Datadog's words for severities: https://docs.datadoghq.com/logs/log_configuration/processors/#log-status-remapper */
const DATADOG_STATUS: Record<Severity, string> = {
  debug: 'debug',
  info: 'info',
  warn: 'warn',
  error: 'error',
  critical: 'critical',
};

export const PRESETS = {
  platform: {
    title: "Tailwater's own names, as its API answers",
    fields: {
      event_id: always('eventId'),
      timestamp: time,
      received_at: received,
      log_type: always('logType'),
      event_type: always('eventType'),
      severity: always('severity'),
      severity_number: severityNumber,
      message: always('message'),
      service: always('service'),
      host: always('host'),
      logger: always('logger'),
      user_id: always('userId'),
      resource_id: always('resourceId'),
      resource_type: always('resourceType'),
      action: always('action'),
      trace_id: always('traceId'),
      span_id: always('spanId'),
      request_id: always('requestId'),
      duration_ms: (event) => numberText(event.durationMs),
      cost: (event) => numberText(event.cost),
      labels,
      receiver: always('receiver'),
      client_event_id: always('clientEventId'),
      org_id: always('orgId'),
    },
    attributesName: 'metadata',
    attributes: 'nested',
  },
  // https://docs.datadoghq.com/standard-attributes/?product=log
  datadog: {
    title: "Datadog's standard attributes",
    fields: {
      message: always('message'),
      status: (event) => quote(DATADOG_STATUS[event.severity]),
      timestamp: timeMs,
      service: given('service'),
      hostname: given('host'),
      'logger.name': given('logger'),
      'usr.id': given('userId'),
      'evt.name': given('action'),
      'dd.trace_id': given('traceId'),
      'dd.span_id': given('spanId'),
      'http.request_id': given('requestId'),
      // Datadog counts durations in nanoseconds.
      duration: givenNumber('durationMs', 1_000_000),
      ...OWN,
    },
    attributesName: 'attributes',
    attributes: 'flat',
    reserved: ['ddsource', 'ddtags', 'host', 'source', 'date', 'severity', 'level', 'syslog.severity'],
  },
  // https://www.elastic.co/docs/reference/ecs/ecs-field-reference
  ecs: {
    title: 'Elastic Common Schema',
    fields: {
      '@timestamp': time,
      'ecs.version': () => '"8.17.0"',
      message: always('message'),
      'log.level': always('severity'),
      'log.logger': given('logger'),
      'event.id': given('eventId'),
      'event.action': given('action'),
      'event.severity': severityNumber,
      'event.created': received,
      'event.duration': givenNumber('durationMs', 1_000_000),
      'service.name': given('service'),
      'host.name': given('host'),
      'user.id': given('userId'),
      'trace.id': given('traceId'),
      'span.id': given('spanId'),
      'http.request.id': given('requestId'),
      'organization.id': given('orgId'),
      labels: givenLabels,
      'tailwater.log_type': given('logType'),
      'tailwater.event_type': given('eventType'),
      'tailwater.resource_id': given('resourceId'),
      'tailwater.resource_type': given('resourceType'),
      'tailwater.client_event_id': given('clientEventId'),
      'tailwater.receiver': given('receiver'),
      'tailwater.cost': givenNumber('cost'),
    },
    attributesName: 'attributes',
    attributes: 'nested',
  },
  // https://opentelemetry.io/docs/specs/otel/logs/data-model/
  otel: {
    title: "OpenTelemetry's data model",
    fields: {
      timestamp: time,
      observed_timestamp: received,
      severity_text: always('severity'),
      severity_number: severityNumber,
      body: always('message'),
      event_name: given('eventType'),
      trace_id: given('traceId'),
      span_id: given('spanId'),
      'service.name': given('service'),
      'host.name': given('host'),
      'user.id': given('userId'),
      'log.record.uid': given('eventId'),
      'log.logger': given('logger'),
      'tailwater.org_id': given('orgId'),
      'tailwater.log_type': given('logType'),
      'tailwater.action': given('action'),
      'tailwater.resource_id': given('resourceId'),
      'tailwater.resource_type': given('resourceType'),
      'tailwater.request_id': given('requestId'),
      'tailwater.client_event_id': given('clientEventId'),
      'tailwater.receiver': given('receiver'),
      'tailwater.duration_ms': givenNumber('durationMs'),
      'tailwater.cost': givenNumber('cost'),
      resource: givenLabels,
    },
    attributesName: 'attributes',
    attributes: 'nested',
  },
  // What Splunk's own add-ons and the CIM call them: https://docs.splunk.com/Documentation/CIM
  splunk: {
    title: "Splunk's Common Information Model",
    fields: {
      message: always('message'),
      severity: always('severity'),
      severity_number: severityNumber,
      app: given('service'),
      dvc: given('host'),
      logger: given('logger'),
      user: given('userId'),
      action: given('action'),
      trace_id: given('traceId'),
      span_id: given('spanId'),
      request_id: given('requestId'),
      duration_ms: givenNumber('durationMs'),
      labels: givenLabels,
      ...OWN,
    },
    attributesName: 'attributes',
    attributes: 'nested',
  },
  // https://docs.newrelic.com/docs/logs/log-api/introduction-log-api/
  'new-relic': {
    title: "New Relic's attributes",
    fields: {
      timestamp: timeMs,
      message: always('message'),
      level: always('severity'),
      logtype: given('logType'),
      'service.name': given('service'),
      hostname: given('host'),
      'logger.name': given('logger'),
      'enduser.id': given('userId'),
      action: given('action'),
      'trace.id': given('traceId'),
      'span.id': given('spanId'),
      'request.id': given('requestId'),
      duration_ms: givenNumber('durationMs'),
      cost: givenNumber('cost'),
      event_id: given('eventId'),
      org_id: given('orgId'),
      event_type: given('eventType'),
      resource_id: given('resourceId'),
      resource_type: given('resourceType'),
      client_event_id: given('clientEventId'),
      receiver: given('receiver'),
    },
    attributesName: 'attributes',
    attributes: 'flat',
    reserved: ['accountId', 'appId', 'entity.guid', 'entity.name', 'entity.type', 'eventType'],
  },
} as const satisfies Record<string, Preset>;

export type PresetName = keyof typeof PRESETS;
export const PRESET_NAMES = Object.keys(PRESETS) as [PresetName, ...PresetName[]];
