import type { AnswerEnd } from '../support/exchange.ts';

/** An event of the generator, as it stands in a line of its file. */
export interface BenchEvent {
  line: string;
  ts: string;
  severity: string;
  service: string;
  host: string;
  traceId: string;
  message: string;
  /** All that is not above, names of nested members joined by a dot. */
  attributes: Readonly<Record<string, string | number | boolean>>;
}

/** A way in which events are sent: what its decoder reads, and how it comes over the wire. */
export interface Protocol {
  /** What is typed to choose it, and the first column of the results. */
  name: string;
  /** As metrics name it. */
  receiver: string;
  /** As the registry names it: `POST /v1/logs`, `syslog:udp`. */
  decoder: string;
  format: string;
  query?: string;
  params?: Readonly<Record<string, string>>;
  /** CPU µs an event from the socket to the durable acknowledgement; absent where DESIGN names none. */
  budgetUs?: number;
  /** Events of a body or message: what its clients send at a time, where that is known. */
  batch: number;
  /** The expanded body that `decode` is given. */
  body(events: readonly BenchEvent[]): Buffer;
  wire: Wire;
}

export type Wire =
  /** `compress` for what the clients compress by default. */
  | { kind: 'http'; path: string; headers: Readonly<Record<string, string>>; compress?(body: Buffer): Buffer }
  | { kind: 'grpc' }
  /** Each message is answered before the connection's next. `message` defaults to `body`. */
  | { kind: 'acked'; listener: string; message?(events: readonly BenchEvent[]): Buffer; answerEnd: AnswerEnd }
  /** Nothing is answered. */
  | { kind: 'stream'; listener: string; bytes(events: readonly BenchEvent[]): Buffer }
  | { kind: 'datagrams'; listener: string; datagram(event: BenchEvent): Buffer }
  /** Put into a directory that is watched. */
  | { kind: 'file' };

export function benchEventOf(line: string): BenchEvent {
  const { ts, severity, service, host, trace_id, message, ...rest } = JSON.parse(line) as Record<string, unknown>;
  const attributes: Record<string, string | number | boolean> = {};
  flatten(rest, '', attributes);
  return {
    line,
    ts: String(ts),
    severity: String(severity),
    service: String(service),
    host: String(host),
    traceId: String(trace_id),
    message: String(message),
    attributes,
  };
}

function flatten(object: object, prefix: string, into: Record<string, string | number | boolean>): void {
  for (const [name, value] of Object.entries(object)) {
    const full = name === 'metadata' ? '' : `${prefix}${name}`;
    if (Array.isArray(value)) into[full] = JSON.stringify(value);
    else if (typeof value === 'object' && value !== null) flatten(value, full === '' ? '' : `${full}.`, into);
    else into[full] = value as string | number | boolean;
  }
}

/** Seconds since the epoch, with milliseconds. */
export const secondsOf = ({ ts }: BenchEvent): number => Date.parse(ts) / 1000;

const SYSLOG_SEVERITIES: Readonly<Record<string, number>> = { debug: 7, info: 6, warn: 4, error: 3, critical: 2 };
export const syslogSeverityOf = ({ severity }: BenchEvent): number => SYSLOG_SEVERITIES[severity] ?? 6;
