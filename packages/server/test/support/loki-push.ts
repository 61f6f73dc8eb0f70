import { message, varint } from './otlp-encode.ts';

/**
 * Encodes a Loki push as protobuf and as JSON: for tests and benchmarks only. Written from the .proto file alone.
 * https://github.com/grafana/loki/blob/main/pkg/push/push.proto
 */
export interface PushStream {
  labels: Record<string, string>;
  entries: PushEntry[];
}

export interface PushEntry {
  nanos: bigint;
  line: string;
  metadata?: Record<string, string>;
}

/** The push as protobuf, before snappy. */
export function encodePush(streams: readonly PushStream[]): Buffer {
  return Buffer.concat(
    streams.map(({ labels, entries }) =>
      message(1, message(1, Buffer.from(labelText(labels))), ...entries.map(encodeEntry), HASH),
    ),
  );
}

/** Field 3 of a stream, which receivers ignore: Promtail fills it in. */
const HASH = Buffer.concat([Buffer.of(0x18), varint(2n ** 64n - 3n)]);

function encodeEntry({ nanos, line, metadata = {} }: PushEntry): Buffer {
  const fraction = ((nanos % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  const seconds = BigInt.asUintN(64, (nanos - fraction) / 1_000_000_000n);
  const timestamp = Buffer.concat([Buffer.of(0x08), varint(seconds), Buffer.of(0x10), varint(fraction)]);
  const pairs = Object.entries(metadata).map(([name, value]) =>
    message(3, message(1, Buffer.from(name)), message(2, Buffer.from(value))),
  );
  return message(2, message(1, timestamp), message(2, Buffer.from(line)), ...pairs);
}

function labelText(labels: Record<string, string>): string {
  return `{${Object.entries(labels)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(', ')}}`;
}

/** The push as JSON. */
export function encodePushJson(streams: readonly PushStream[]): string {
  return JSON.stringify({
    streams: streams.map(({ labels, entries }) => ({
      stream: labels,
      values: entries.map(({ nanos, line, metadata }) =>
        metadata === undefined ? [String(nanos), line] : [String(nanos), line, metadata],
      ),
    })),
  });
}

/** An event in the platform's JSON, as the benchmark's generator writes them. */
interface JsonEvent {
  ts: string;
  log_type: string;
  severity: string;
  service: string;
  host: string;
  message: string;
  metadata: Record<string, unknown>;
  [name: string]: unknown;
}

/**
 * The benchmark's events (NDJSON lines) as streams, one per service, host, log type and level, as a shipper sends them:
 * everything else is structured metadata, or with `metadata: 'ids'` only the trace's and the user's.
 */
export function pushStreamsOf(lines: readonly string[], metadata: 'all' | 'ids'): PushStream[] {
  const streams = new Map<string, PushStream>();
  for (const line of lines) {
    const event: JsonEvent = JSON.parse(line);
    const { ts, log_type, severity, service, host, message: text, metadata: attributes, org: _, ...rest } = event;
    const labels = { service_name: service, host, log_type, level: severity };
    const key = Object.values(labels).join('/');
    let stream = streams.get(key);
    if (stream === undefined) {
      stream = { labels, entries: [] };
      streams.set(key, stream);
    }
    const all = { ...rest, ...flatten(attributes, '') };
    const ids = { trace_id: rest.trace_id, user_id: rest.user_id };
    stream.entries.push({ nanos: nanosOf(ts), line: text, metadata: texts(metadata === 'all' ? all : ids) });
  }
  return [...streams.values()];
}

function nanosOf(iso: string): bigint {
  const seconds = Date.parse(`${iso.slice(0, 19)}Z`) / 1000;
  return BigInt(seconds) * 1_000_000_000n + BigInt(iso.slice(20, -1).padEnd(9, '0'));
}

function flatten(object: Record<string, unknown>, prefix: string): Record<string, unknown> {
  const flat: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(object)) {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (isObject) Object.assign(flat, flatten(value as Record<string, unknown>, `${prefix}${name}_`));
    else flat[`${prefix}${name}`] = value;
  }
  return flat;
}

function texts(values: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
  );
}
