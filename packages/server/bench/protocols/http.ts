import { gzipSync } from 'node:zlib';
import snappy from 'snappy';
import { encodePush, encodePushJson, pushStreamsOf } from '../../test/support/loki-push.ts';
import { encodeJson, encodeProtobuf } from '../../test/support/otlp-encode.ts';
import { otlpRequestOf } from '../../test/support/otlp-events.ts';
import { type BenchEvent, type Protocol, secondsOf, syslogSeverityOf } from './protocol.ts';

const JSON_TYPE = 'application/json';
const NDJSON_TYPE = 'application/x-ndjson';
const PROTOBUF_TYPE = 'application/x-protobuf';

const lines = (events: readonly BenchEvent[]): string[] => events.map(({ line }) => line);
const ndjson = (events: readonly BenchEvent[]): Buffer => Buffer.from(`${lines(events).join('\n')}\n`);
const joined = (items: readonly object[], between: string): Buffer =>
  Buffer.from(items.map((item) => JSON.stringify(item)).join(between));
const typed = (type: string) => ({ 'content-type': type });
const gzip = (body: Buffer): Buffer => gzipSync(body, { level: 1 });
const gzipped = (type: string) => ({ ...typed(type), 'content-encoding': 'gzip' });
const snappied = (body: Buffer): Buffer => snappy.compressSync(body) as Buffer;

function lokiProtocols(): Protocol[] {
  const path = '/loki/api/v1/push';
  const base = { receiver: 'loki', decoder: `POST ${path}`, batch: 5000 };
  const protobuf = (metadata: 'all' | 'ids') => (events: readonly BenchEvent[]) =>
    encodePush(pushStreamsOf(lines(events), metadata));
  const wire = { kind: 'http', path, headers: typed(PROTOBUF_TYPE), compress: snappied } as const;
  return [
    { ...base, name: 'loki-protobuf', format: 'protobuf', budgetUs: 2.5, body: protobuf('ids'), wire },
    { ...base, name: 'loki-protobuf-metadata', format: 'protobuf', body: protobuf('all'), wire },
    {
      ...base,
      name: 'loki-json',
      format: 'json',
      budgetUs: 5,
      body: (events) => Buffer.from(encodePushJson(pushStreamsOf(lines(events), 'ids'))),
      wire: { kind: 'http', path, headers: typed(JSON_TYPE) },
    },
  ];
}

function otlpProtocols(): Protocol[] {
  const path = '/v1/logs';
  const base = { receiver: 'otlp', batch: 5000 };
  const http = { ...base, decoder: `POST ${path}` };
  const protobuf = (events: readonly BenchEvent[]) => encodeProtobuf(otlpRequestOf(lines(events)));
  return [
    {
      ...http,
      name: 'otlp-protobuf',
      format: 'protobuf',
      budgetUs: 3.5,
      body: protobuf,
      wire: { kind: 'http', path, headers: typed(PROTOBUF_TYPE) },
    },
    {
      ...http,
      name: 'otlp-json',
      format: 'json',
      budgetUs: 6,
      body: (events) => encodeJson(otlpRequestOf(lines(events))),
      wire: { kind: 'http', path, headers: typed(JSON_TYPE) },
    },
    { ...base, name: 'otlp-grpc', decoder: 'otlp:grpc', format: 'protobuf', body: protobuf, wire: { kind: 'grpc' } },
  ];
}

function envelopeOf(event: BenchEvent) {
  const { host, service, message, severity, traceId, attributes } = event;
  return {
    time: secondsOf(event),
    host,
    source: service,
    sourcetype: '_json',
    event: { message, severity, trace_id: traceId, ...attributes },
  };
}

function datadogItemOf(event: BenchEvent) {
  const { ts, host, service, message, severity, traceId, attributes } = event;
  const item = { ddsource: 'nodejs', ddtags: 'env:production,team:core', hostname: host, service, message };
  return { ...item, status: severity, timestamp: Date.parse(ts), dd: { trace_id: traceId }, ...attributes };
}

/** As over UDP and TCP. */
export function gelfMessageOf(event: BenchEvent) {
  const { host, service, message, traceId, attributes } = event;
  const own = Object.entries({ service, trace_id: traceId, ...attributes }).map(([name, value]) => [
    `_${name}`,
    typeof value === 'boolean' ? String(value) : value,
  ]);
  const head = { version: '1.1', host, short_message: message, timestamp: secondsOf(event) };
  return { ...head, level: syslogSeverityOf(event), ...Object.fromEntries(own) };
}

function journalOf(event: BenchEvent): Buffer {
  const { ts, host, service, message, traceId, attributes } = event;
  const own = Object.entries(attributes).map(([name, value]) => [name.toUpperCase().replaceAll('.', '_'), value]);
  const fields = {
    __REALTIME_TIMESTAMP: `${Date.parse(ts)}000`,
    _HOSTNAME: host,
    SYSLOG_IDENTIFIER: service,
    PRIORITY: syslogSeverityOf(event),
    TRACE_ID: traceId,
    MESSAGE: message,
    ...Object.fromEntries(own),
  };
  return Buffer.from(
    `${Object.entries(fields)
      .map(([name, value]) => `${name}=${value}\n`)
      .join('')}\n`,
  );
}

function firehoseRequest(events: readonly BenchEvent[]): Buffer {
  const records = events.map(({ line }) => ({ data: Buffer.from(`${line}\n`).toString('base64') }));
  const request = { requestId: 'ed4acda5-034f-9f42-bba1-f29aea6d7d8f', timestamp: 1_763_700_000_000, records };
  return Buffer.from(JSON.stringify(request));
}

/** `batch` is 5,000 as in DESIGN §9 where no limit of the real service forbids it. */
export const HTTP_PROTOCOLS: readonly Protocol[] = [
  {
    name: 'ndjson',
    receiver: 'ndjson',
    decoder: 'POST /api/logs',
    format: 'json',
    budgetUs: 4,
    batch: 5000,
    body: ndjson,
    wire: { kind: 'http', path: '/api/logs', headers: typed(NDJSON_TYPE) },
  },
  ...otlpProtocols(),
  ...lokiProtocols(),
  {
    name: 'elasticsearch',
    receiver: 'elasticsearch',
    decoder: 'POST /_bulk',
    format: 'bulk',
    budgetUs: 4,
    batch: 5000,
    body: (events) => Buffer.from(events.map(({ line }) => `{"create":{"_index":"logs-bench"}}\n${line}\n`).join('')),
    wire: { kind: 'http', path: '/_bulk', headers: typed(NDJSON_TYPE) },
  },
  {
    name: 'splunk-hec',
    receiver: 'splunk-hec',
    decoder: 'POST /services/collector/event',
    format: 'event',
    budgetUs: 6.5,
    batch: 5000,
    body: (events) => joined(events.map(envelopeOf), ''),
    wire: { kind: 'http', path: '/services/collector/event', headers: typed(JSON_TYPE) },
  },
  {
    name: 'datadog',
    receiver: 'datadog',
    decoder: 'POST /api/v2/logs',
    format: 'json',
    budgetUs: 7,
    batch: 1000,
    body: (events) => Buffer.from(JSON.stringify(events.map(datadogItemOf))),
    wire: { kind: 'http', path: '/api/v2/logs', headers: gzipped(JSON_TYPE), compress: gzip },
  },
  {
    name: 'firehose',
    receiver: 'firehose',
    decoder: 'POST /api/firehose',
    format: 'json',
    batch: 2000,
    body: firehoseRequest,
    wire: { kind: 'http', path: '/api/firehose', headers: typed(JSON_TYPE) },
  },
  {
    name: 'gelf-http',
    receiver: 'gelf',
    decoder: 'POST /gelf',
    format: 'json',
    batch: 1000,
    body: (events) => joined(events.map(gelfMessageOf), '\n'),
    wire: { kind: 'http', path: '/gelf', headers: typed(JSON_TYPE) },
  },
  {
    name: 'journald',
    receiver: 'journald',
    decoder: 'POST /upload',
    format: 'export',
    batch: 5000,
    body: (events) => Buffer.concat(events.map(journalOf)),
    wire: { kind: 'http', path: '/upload', headers: typed('application/vnd.fdo.journal') },
  },
];
