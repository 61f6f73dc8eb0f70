import { deflateSync, gzipSync } from 'node:zlib';
import { Encoder, ExtData } from '@msgpack/msgpack';
import { LAST, writeQuery } from '../../src/receivers/file-tail/query.ts';
import { joinMessages } from '../../src/receivers/util/framed.ts';
import { gelfMessageOf } from './http.ts';
import { type BenchEvent, type Protocol, secondsOf, syslogSeverityOf } from './protocol.ts';

const PEER = '127.0.0.1';
const messagesOf = (write: (event: BenchEvent) => Buffer) => (events: readonly BenchEvent[]) =>
  joinMessages(events.map((event) => ({ bytes: write(event), peer: PEER })));

/** Facility local0. */
const priorityOf = (event: BenchEvent): number => 16 * 8 + syslogSeverityOf(event);

/** RFC 5424 with all that the event says as structured data. */
function rfc5424(event: BenchEvent): Buffer {
  const { ts, host, service, message, traceId, attributes } = event;
  const pairs = Object.entries({ trace_id: traceId, ...attributes }).map(
    ([name, value]) => ` ${name}="${String(value).replace(/["\\\]]/g, '\\$&')}"`,
  );
  // Six digits of a second are the most that the RFC allows.
  const time = `${ts.slice(0, 26)}Z`;
  return Buffer.from(`<${priorityOf(event)}>1 ${time} ${host} ${service} 4711 - [x@32473${pairs.join('')}] ${message}`);
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** RFC 3164, which has no place for attributes. */
function rfc3164(event: BenchEvent): Buffer {
  const { ts, host, service, message } = event;
  const date = `${MONTHS[Number(ts.slice(5, 7)) - 1]} ${String(Number(ts.slice(8, 10))).padStart(2)} ${ts.slice(11, 19)}`;
  return Buffer.from(`<${priorityOf(event)}>${date} ${host} ${service}[4711]: ${message}`);
}

const octetCounted = (message: Buffer): Buffer => Buffer.concat([Buffer.from(`${message.length} `), message]);

function syslogProtocols(): Protocol[] {
  const base = { receiver: 'syslog', format: 'syslog', batch: 1000 };
  return Object.entries({ 5424: rfc5424, 3164: rfc3164 }).flatMap(([rfc, write]): Protocol[] => [
    {
      ...base,
      name: `syslog-${rfc}-tcp`,
      decoder: 'syslog:tcp',
      body: messagesOf(write),
      wire: {
        kind: 'stream',
        listener: 'syslog.tcp',
        bytes: (events) => Buffer.concat(events.map((event) => octetCounted(write(event)))),
      },
    },
    {
      ...base,
      name: `syslog-${rfc}-udp`,
      decoder: 'syslog:udp',
      body: messagesOf(write),
      wire: { kind: 'datagrams', listener: 'syslog.udp', datagram: write },
    },
  ]);
}

function gelfProtocols(): Protocol[] {
  const write = (event: BenchEvent) => Buffer.from(JSON.stringify(gelfMessageOf(event)));
  const base = { receiver: 'gelf', format: 'messages', batch: 1000, body: messagesOf(write) };
  const nul = Buffer.of(0);
  const bytes = (events: readonly BenchEvent[]) => Buffer.concat(events.flatMap((event) => [write(event), nul]));
  return [
    { ...base, name: 'gelf-tcp', decoder: 'gelf:tcp', wire: { kind: 'stream', listener: 'gelf.tcp', bytes } },
    {
      ...base,
      name: 'gelf-udp',
      decoder: 'gelf:udp',
      wire: { kind: 'datagrams', listener: 'gelf.udp', datagram: write },
    },
  ];
}

const CHUNK = 'bm90LXJhbmRvbS1hdC1hbGw=';
/** `{"ack": CHUNK}`: a map of one, `ack` with its length, and the id with its length. */
const ACK_BYTES = 1 + 4 + 1 + CHUNK.length;

function recordOf({ host, service, severity, message, traceId, attributes }: BenchEvent) {
  return { log: message, level: severity, service, host, trace_id: traceId, ...attributes };
}

/** Fluentd's time with nanoseconds: https://github.com/fluent/fluentd/wiki/Forward-Protocol-Specification-v1#eventtime-ext-format */
function eventTime(event: BenchEvent): ExtData {
  const data = Buffer.alloc(8);
  data.writeUInt32BE(Math.floor(secondsOf(event)), 0);
  data.writeUInt32BE(Number(event.ts.slice(20, -1).padEnd(9, '0')), 4);
  return new ExtData(0, data);
}

function forwardProtocols(): Protocol[] {
  const encoder = new Encoder();
  const encode = (value: unknown): Buffer => Buffer.from(encoder.encode(value));
  const entry = (event: BenchEvent) => [eventTime(event), recordOf(event)];
  const packed = (events: readonly BenchEvent[]) => Buffer.concat(events.map((event) => encode(entry(event))));
  const bodies: Record<string, Protocol['body']> = {
    forward: (events) => encode(['app.bench', events.map(entry), { chunk: CHUNK }]),
    packed: (events) => encode(['app.bench', packed(events), { chunk: CHUNK, size: events.length }]),
    gzip: (events) =>
      encode([
        'app.bench',
        gzipSync(packed(events), { level: 1 }),
        { chunk: CHUNK, size: events.length, compressed: 'gzip' },
      ]),
  };
  const answerEnd = (answer: Buffer) => (answer.length >= ACK_BYTES ? ACK_BYTES : 0);
  return Object.entries(bodies).map(([mode, body]) => ({
    name: `fluent-forward-${mode}`,
    receiver: 'fluent-forward',
    decoder: 'fluent-forward:tcp',
    format: 'msgpack',
    batch: 2000,
    body,
    wire: { kind: 'acked', listener: 'fluent-forward.tcp', answerEnd },
  }));
}

/** Filebeat's `bulk_max_size`. */
const WINDOW = 2000;

function lumberjackFrame(type: string, ...numbers: number[]): Buffer {
  const frame = Buffer.alloc(2 + numbers.length * 4);
  frame.write(`2${type}`, 'latin1');
  for (const [i, number] of numbers.entries()) frame.writeUInt32BE(number, 2 + i * 4);
  return frame;
}

function documentFrame({ line }: BenchEvent, index: number): Buffer {
  const document = Buffer.from(line);
  return Buffer.concat([lumberjackFrame('J', index + 1, document.length), document]);
}

function lumberjackProtocols(): Protocol[] {
  const plain = (events: readonly BenchEvent[]) =>
    Buffer.concat([lumberjackFrame('W', events.length), ...events.map(documentFrame)]);
  const compressed = (events: readonly BenchEvent[]) => {
    const block = deflateSync(Buffer.concat(events.map(documentFrame)), { level: 3 });
    return Buffer.concat([lumberjackFrame('W', events.length), lumberjackFrame('C', block.length), block]);
  };
  const answerEnd = (answer: Buffer) => {
    for (let at = 0; at + 6 <= answer.length; at += 6) if (answer.readUInt32BE(at + 2) === WINDOW) return at + 6;
    return 0;
  };
  return Object.entries({ plain, compressed }).map(([mode, body]) => ({
    name: `lumberjack-${mode}`,
    receiver: 'lumberjack',
    decoder: 'lumberjack:tcp',
    format: 'lumberjack',
    batch: WINDOW,
    body,
    wire: { kind: 'acked', listener: 'lumberjack.tcp', answerEnd },
  }));
}

function fileProtocols(): Protocol[] {
  const query = writeQuery({ service: '', host: 'box', labels: {}, multiline: 'auto', multilineStart: [] }) + LAST;
  const text = ({ ts, severity, service, message, traceId, attributes }: BenchEvent) => {
    const own = Object.entries(attributes).map(([name, value]) => `${name}=${value}`);
    return `${ts} ${severity.toUpperCase()} ${service} ${message} trace_id=${traceId} ${own.join(' ')}`;
  };
  const forms: Record<string, (event: BenchEvent) => string> = {
    text,
    json: ({ line }) => line,
    cri: ({ ts, line }) => `${ts} stdout F ${line}`,
    docker: ({ ts, line }) => JSON.stringify({ log: `${line}\n`, stream: 'stdout', time: ts }),
  };
  return Object.entries(forms).map(([form, write]) => ({
    name: `file-tail-${form}`,
    receiver: 'file-tail',
    decoder: 'file-tail:files',
    format: 'lines',
    query,
    batch: 1000,
    body: (events) => Buffer.from(`${events.map(write).join('\n')}\n`),
    wire: { kind: 'file' },
  }));
}

export const LISTENER_PROTOCOLS: readonly Protocol[] = [
  ...syslogProtocols(),
  ...gelfProtocols(),
  ...forwardProtocols(),
  ...lumberjackProtocols(),
  ...fileProtocols(),
];
