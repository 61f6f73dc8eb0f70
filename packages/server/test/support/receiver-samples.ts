import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import snappy from 'snappy';
import { expect } from 'vitest';
import type { ContentEncoding, ReceiverRoute } from '../../src/receivers/receiver.ts';
import { RECEIVERS } from '../../src/receivers/registry.ts';
import { encodePush, encodePushJson, type PushStream } from './loki-push.ts';
import { encodeJson, encodeProtobuf, type OtlpKeyValue, type OtlpRequest } from './otlp-encode.ts';
import { browserSamples } from './samples/browser.ts';
import { datadogSamples } from './samples/datadog.ts';
import { elasticsearchSamples } from './samples/elasticsearch.ts';
import { firehoseSamples } from './samples/firehose.ts';
import { gelfSamples } from './samples/gelf.ts';
import { journaldSamples } from './samples/journald.ts';
import { platformErrorText } from './samples/platform-error.ts';
import { splunkHecSamples } from './samples/splunk-hec.ts';
import { syslogSamples } from './samples/syslog.ts';

/** What every protocol can say of an event, in some words of its own. */
export interface SampleEvent {
  message: string;
  service?: string;
  host?: string;
  /** 32 hex digits. */
  traceId?: string;
  attributes?: Readonly<Record<string, string>>;
  /** Kept as attributes by protocols that have no labels. */
  labels?: Readonly<Record<string, string>>;
}

/** One of the ways in which a protocol's clients send. */
export interface SampleFormat {
  /** As the route's `format` names it. */
  name: string;
  contentType: string;
  /** What the clients use when they have no reason to use another. */
  encoding: ContentEncoding;
  /** The body before its encoding. */
  encode(events: readonly SampleEvent[]): Buffer;
  /** A body of `count` events that say as little as possible. */
  encodeMany(count: number): Buffer;
  /** The paths that read it; without, all of the receiver's. */
  paths?: RegExp;
  /** True for plain text, of which a part reads as well as the whole. */
  hidesCuts?: boolean;
  /** Has no place for a service or attributes, or cuts values that are too long instead of refusing the event. */
  saysLess?: boolean;
}

/** What tests must know of a receiver to send to it and to read its refusals. */
export interface SampleReceiver {
  formats: readonly SampleFormat[];
  /** Checks that a refusal has the protocol's own form and answers the words in it. */
  refusalText(answer: { headers: Record<string, unknown>; body: string | Uint8Array }, format: SampleFormat): string;
  /** Statuses on which the protocol's clients send the same again. */
  retried: readonly number[];
}

const attributesOf = (event: SampleEvent) => ({ ...event.labels, ...event.attributes });

function jsonEvent(event: SampleEvent): string {
  const { message, service, host, traceId } = event;
  return JSON.stringify({ message, service, host, trace_id: traceId, metadata: attributesOf(event) });
}

const keyValues = (values: Readonly<Record<string, string | undefined>>): OtlpKeyValue[] =>
  Object.entries(values).flatMap(([key, value]) =>
    value === undefined ? [] : [{ key, value: { stringValue: value } }],
  );

/** A resource an event: neighbours share nothing. */
function otlpRequest(events: readonly SampleEvent[]): OtlpRequest {
  return {
    resourceLogs: events.map(({ message, service, host, traceId, attributes = {}, labels = {} }) => ({
      resource: { attributes: keyValues({ 'service.name': service, 'host.name': host, ...labels }) },
      scopeLogs: [
        {
          logRecords: [
            {
              body: { stringValue: message },
              attributes: keyValues(attributes),
              ...(traceId === undefined ? {} : { traceId: Buffer.from(traceId, 'hex') }),
            },
          ],
        },
      ],
    })),
  };
}

/** The encoders take so many at a time. */
const GROUP_MAX = 10_000;

/** `count` of something in groups. */
function grouped<T>(count: number, make: () => T): T[][] {
  return Array.from({ length: Math.ceil(count / GROUP_MAX) }, (_, i) =>
    Array.from({ length: Math.min(GROUP_MAX, count - i * GROUP_MAX) }, make),
  );
}

const otlpMany = (count: number): OtlpRequest => ({
  resourceLogs: grouped(count, () => ({})).map((logRecords) => ({ scopeLogs: [{ logRecords }] })),
});

function lokiStreams(events: readonly SampleEvent[]): PushStream[] {
  return events.map(({ message, service = 'sample', host, traceId, attributes = {}, labels = {} }) => ({
    labels: { service_name: service, ...(host === undefined ? {} : { host }), ...labels },
    entries: [
      {
        nanos: BigInt(Date.now()) * 1_000_000n,
        line: message,
        metadata: { ...attributes, ...(traceId === undefined ? {} : { trace_id: traceId }) },
      },
    ],
  }));
}

const lokiMany = (count: number): PushStream[] =>
  grouped(count, () => ({ nanos: 1n, line: 'x' })).map((entries) => ({ labels: { service_name: 'sample' }, entries }));

/** By receiver id. A receiver that is not here cannot be tested: add how its clients send. */
const SAMPLES: Readonly<Record<string, SampleReceiver>> = {
  browser: browserSamples,
  datadog: datadogSamples,
  'splunk-hec': splunkHecSamples,
  elasticsearch: elasticsearchSamples,
  firehose: firehoseSamples,
  gelf: gelfSamples,
  journald: journaldSamples,
  syslog: syslogSamples,
  ndjson: {
    formats: [
      {
        name: 'json',
        contentType: 'application/x-ndjson',
        encoding: 'identity',
        encode: (events) => Buffer.from(events.map(jsonEvent).join('\n')),
        encodeMany: (count) => Buffer.from('{}\n'.repeat(count)),
      },
    ],
    refusalText: platformErrorText,
    retried: [429, 503, 507],
  },
  otlp: {
    formats: [
      {
        name: 'protobuf',
        contentType: 'application/x-protobuf',
        encoding: 'identity',
        encode: (events) => encodeProtobuf(otlpRequest(events)),
        encodeMany: (count) => encodeProtobuf(otlpMany(count)),
      },
      {
        name: 'json',
        contentType: 'application/json',
        encoding: 'identity',
        encode: (events) => encodeJson(otlpRequest(events)),
        encodeMany: (count) => encodeJson(otlpMany(count)),
      },
    ],
    // google.rpc.Status: https://opentelemetry.io/docs/specs/otlp/#failures-1
    refusalText: ({ headers, body }, format) => {
      expect(headers['content-type']).toBe(format.contentType);
      const bytes = Buffer.from(body);
      if (format.name === 'json') {
        const status = JSON.parse(bytes.toString()) as { code: unknown; message: unknown };
        expect(status).toMatchObject({ code: expect.any(Number), message: expect.any(String) });
        return String(status.message);
      }
      // Field 1 is a small varint, field 2 text of less than 16 KiB.
      expect([bytes[0], bytes[2]]).toEqual([0x08, 0x12]);
      const isLong = bytes[3]! >= 0x80;
      const length = isLong ? (bytes[3]! & 0x7f) | (bytes[4]! << 7) : bytes[3]!;
      const text = bytes.subarray(isLong ? 5 : 4);
      expect(text).toHaveLength(length);
      return text.toString();
    },
    // https://opentelemetry.io/docs/specs/otlp/#retryable-response-codes
    retried: [429, 502, 503, 504],
  },
  loki: {
    formats: [
      {
        name: 'protobuf',
        contentType: 'application/x-protobuf',
        encoding: 'snappy',
        encode: (events) => encodePush(lokiStreams(events)),
        encodeMany: (count) => encodePush(lokiMany(count)),
      },
      {
        name: 'json',
        contentType: 'application/json',
        encoding: 'identity',
        encode: (events) => Buffer.from(encodePushJson(lokiStreams(events))),
        encodeMany: (count) => Buffer.from(encodePushJson(lokiMany(count))),
      },
    ],
    refusalText: ({ headers, body }) => {
      expect(headers['content-type']).toMatch(/^text\/plain\b/);
      const text = Buffer.from(body).toString();
      expect(text).toMatch(/^[^{<][^\n]*\n$/);
      return text;
    },
    // Loki's clients send again on 429 and 5xx, the Collector's exporter not on 507.
    retried: [429, 500, 502, 503, 504],
  },
};

/** @throws Error for a receiver that the tests do not know. */
export function samplesOf(receiver: string): SampleReceiver {
  const samples = SAMPLES[receiver];
  if (samples === undefined) throw new Error(`test/support/receiver-samples.ts has nothing for receiver ${receiver}`);
  return samples;
}

/** A route in one of its formats: what most tests of receivers walk over. */
export interface SampleRoute {
  receiver: string;
  route: ReceiverRoute;
  format: SampleFormat;
  samples: SampleReceiver;
  /** For the names of tests: `POST /v1/logs protobuf`. */
  title: string;
}

/** Some paths of a receiver read one form and others another. */
function isReadBy(route: ReceiverRoute, format: SampleFormat): boolean {
  const headers = contentHeaders(format);
  const { method, path } = route;
  return route.format({ method, path, query: new URLSearchParams(), params: {}, headers }) === format.name;
}

export const sampleRoutes: readonly SampleRoute[] = RECEIVERS.flatMap(({ id, routes }) =>
  routes.flatMap((route) => {
    const samples = samplesOf(id);
    const title = (format: SampleFormat) => `${route.method} ${route.path} ${format.name}`;
    return samples.formats
      .filter((format) => isReadBy(route, format))
      .map((format) => ({ receiver: id, route, format, samples, title: title(format) }));
  }),
);

const SAMPLE_PARAMETER = 'sample';

/** The route's path with something in place of its `:name` segments. */
export const samplePath = ({ path }: { path: string }): string => path.replace(/:\w+/g, SAMPLE_PARAMETER);

export const sampleParams = ({ path }: { path: string }): Record<string, string> =>
  Object.fromEntries([...path.matchAll(/:(\w+)/g)].map(([, name]) => [name!, SAMPLE_PARAMETER]));

/** Those that keys for servers open; the others have tests of their own. */
export const keyedRoutes: readonly SampleRoute[] = sampleRoutes.filter(({ route }) => route.forBrowsers !== true);

/** One of those a receiver and format: for what does not depend on the path. */
export const sampleFormats: readonly SampleRoute[] = keyedRoutes.filter(
  ({ receiver, format }, i) =>
    keyedRoutes.findIndex((other) => other.receiver === receiver && other.format === format) === i,
);

/** A body in a Content-Encoding. */
export function encodeContent(body: Buffer, encoding: ContentEncoding): Buffer {
  switch (encoding) {
    case 'identity':
      return body;
    case 'gzip':
      return gzipSync(body, { level: 1 });
    case 'deflate':
      return deflateSync(body, { level: 1 });
    case 'zstd':
      return zstdCompressSync(body);
    case 'snappy':
      return snappy.compressSync(body) as Buffer;
  }
}

/** Headers that say what a body is. */
export function contentHeaders(format: SampleFormat, encoding = format.encoding): Record<string, string> {
  return {
    'content-type': format.contentType,
    ...(encoding === format.encoding ? {} : { 'content-encoding': encoding }),
  };
}
