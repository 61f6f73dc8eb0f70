import type { Event } from '@tailwater/schema';
import { cutText } from '../util/cut.ts';
import { payloadText } from '../util/payload.ts';
import { lengthField, textField, varintField } from '../util/protobuf.ts';
import type { LABEL_FIELDS, LokiConfig } from './config.ts';

/** Loki's defaults: https://grafana.com/docs/loki/latest/configure/#limits_config */
export const LINE_BYTES_MAX = 256 * 1024;
const LABEL_VALUE_BYTES_MAX = 2048;
const METADATA_COUNT_MAX = 128;
const METADATA_BYTES_MAX = 64 * 1024;
/** One place is kept for the number of what was left out. */
const LEFT_OUT = 'attributes_left_out';
/** A value cut shorter says nothing. */
const VALUE_BYTES_MIN = 64;

type Labels = [name: string, value: string][];

/**
 * Stream and entry, with a line feed between them, which neither holds: `deliver` puts entries of one stream together.
 * The stream is its labels as JSON, or in Loki's own form for protobuf.
 */
export function encodeEvent(event: Event, config: LokiConfig): Buffer {
  const labels = streamLabels(event, config);
  const isWhole = config.line === 'json';
  const line = cutText(isWhole ? payloadText(event, config.payload) : event.message, LINE_BYTES_MAX);
  const metadata = isWhole ? [] : metadataOf(event, config);
  if (config.format === 'protobuf') return protobufEntry(labels, event.timestampNs, line, metadata);
  const values = [String(event.timestampNs), line, ...(metadata.length > 0 ? [Object.fromEntries(metadata)] : [])];
  return Buffer.from(`${JSON.stringify(Object.fromEntries(labels))}\n${JSON.stringify(values)}`);
}

const FIELD: Record<(typeof LABEL_FIELDS)[number], (event: Event) => string> = {
  service_name: ({ service }) => service,
  host: ({ host }) => host,
  log_type: ({ logType }) => logType,
  event_type: ({ eventType }) => eventType,
  severity: ({ severity }) => severity,
  logger: ({ logger }) => logger,
  action: ({ action }) => action,
  resource_type: ({ resourceType }) => resourceType,
  org_id: ({ orgId }) => orgId,
};

/** Sorted by name, as Loki writes them in its answers. */
function streamLabels(event: Event, config: LokiConfig): Labels {
  const labels = new Map<string, string>();
  for (const name of config.event_labels) {
    if (Object.hasOwn(event.labels, name)) labels.set(labelName(name), event.labels[name]!);
  }
  for (const name of config.labels) labels.set(name, FIELD[name](event));
  for (const [name, value] of Object.entries(config.static_labels)) labels.set(name, value);
  // Loki names a service of its own where there is none; a stream has to have one label.
  const given = [...labels].filter(([, value]) => value !== '');
  if (given.length === 0) given.push(['service_name', 'unknown_service']);
  return given
    .map(([name, value]): [string, string] => [name, cutText(value, LABEL_VALUE_BYTES_MAX)])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/** `http.status` is no name to Loki, which would write `http_status` too. */
function labelName(name: string): string {
  const plain = name.replace(/[^a-zA-Z0-9_]/g, '_');
  return /^\d/.test(plain) ? `_${plain}` : plain;
}

function metadataOf(event: Event, { labels, event_labels }: LokiConfig): Labels {
  const inStream = new Set<string>(labels);
  const isLabel = new Set(event_labels);
  const entries: Labels = [
    ...Object.entries(FIELD)
      .filter(([name]) => !inStream.has(name))
      .map(([name, of]): [string, string] => [name, of(event)]),
    ['event_id', event.eventId],
    ['client_event_id', event.clientEventId],
    ['severity_number', String(event.severityNumber)],
    ['user_id', event.userId],
    ['resource_id', event.resourceId],
    ['trace_id', event.traceId],
    ['span_id', event.spanId],
    ['request_id', event.requestId],
    ['duration_ms', event.durationMs === null ? '' : String(event.durationMs)],
    ['cost', event.cost === null ? '' : String(event.cost)],
    ['receiver', event.receiver],
    ...Object.entries(event.attributes).map(([name, { text }]): [string, string] => [name, text]),
    ...Object.entries(event.labels).filter(([name]) => !isLabel.has(name)),
  ];
  return withinLimits(entries.filter(([, value]) => value !== ''));
}

/** Names that mean the same to Loki are told apart; what is too much is cut, then left out and counted. */
function withinLimits(entries: Labels): Labels {
  const metadata = new Map<string, string>();
  let bytesLeft = METADATA_BYTES_MAX - LEFT_OUT.length - 10;
  let leftOut = 0;
  for (const [given, value] of entries) {
    const name = freeName(labelName(given).slice(0, 1024), metadata);
    const room = bytesLeft - name.length;
    if (metadata.size >= METADATA_COUNT_MAX - 1 || (room < VALUE_BYTES_MIN && Buffer.byteLength(value) > room)) {
      leftOut++;
      continue;
    }
    const fitting = cutText(value, room);
    metadata.set(name, fitting);
    bytesLeft = room - Buffer.byteLength(fitting);
  }
  if (leftOut > 0) metadata.set(LEFT_OUT, String(leftOut));
  return [...metadata];
}

function freeName(name: string, taken: ReadonlyMap<string, string>): string {
  if (!taken.has(name)) return name;
  for (let i = 2; ; i++) if (!taken.has(`${name}_${i}`)) return `${name}_${i}`;
}

/** https://github.com/grafana/loki/blob/main/pkg/push/push.proto */
function protobufEntry(labels: Labels, timestampNs: bigint, line: string, metadata: Labels): Buffer {
  const stream = `{${labels.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(', ')}}`;
  const nanos = ((timestampNs % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  const seconds = (timestampNs - nanos) / 1_000_000_000n;
  const entry = [
    lengthField(1, varintField(1, seconds), varintField(2, nanos)),
    textField(2, line),
    ...metadata.map(([name, value]) => lengthField(3, textField(1, name), textField(2, value))),
  ];
  return Buffer.concat([Buffer.from(`${stream}\n`), ...entry]);
}
