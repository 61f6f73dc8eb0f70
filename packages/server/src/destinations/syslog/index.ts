import { TLSSocket } from 'node:tls';
import type { Egress } from '../../runtime/egress/egress.ts';
import type { DeliveryBatch, DeliveryResult, Destination, DestinationType, Settings } from '../destination.ts';
import { joinEvents } from '../util/body.ts';
import { encodeWithin } from '../util/cut.ts';
import { firstSet } from '../util/environment.ts';
import { adviseClientCertificate, CLIENT_KEY } from '../util/tcp.ts';
import { runMarkedEvent, runStep } from '../util/test-steps.ts';
import { type SyslogConfig, syslogConfig } from './config.ts';
import { createConnection } from './connection.ts';
import { framed, messageOf } from './encode.ts';

const BATCH_BYTES_MAX = 1_000_000;
const EVENTS_MAX = 2000;
/** Of a frame: the length and a space. */
const FRAME_BYTES = 8;

/** A syslog server, over TCP or TLS. */
export const syslog: DestinationType<SyslogConfig> = {
  id: 'syslog',
  title: 'Syslog (RFC 5424)',
  config: syslogConfig,
  secrets: [CLIENT_KEY],
  limits: ({ message_bytes_max }) => ({
    eventsMax: EVENTS_MAX,
    bytesMax: Math.max(BATCH_BYTES_MAX, message_bytes_max + FRAME_BYTES),
    eventBytesMax: message_bytes_max + FRAME_BYTES,
    overheadBytes: 0,
    ageMsMax: 1000,
    concurrency: 1,
  }),
  fromEnvironment: (environment) => {
    const url = URL.parse(firstSet(environment, 'SYSLOG_URL') ?? '');
    if (url === null) return null;
    const isTls = /tls|ssl/.test(url.protocol);
    const port = url.port === '' ? (isTls ? 6514 : 601) : Number(url.port);
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
    return { config: syslogConfig.parse({ host, port, tls: isTls }), secrets: {} };
  },
  encode: (event, config) => {
    const { framing, message_bytes_max } = config;
    return encodeWithin(event, message_bytes_max, (fitting) => framed(messageOf(fitting, config), framing));
  },
  open: (settings, { egress }) => openSyslog(settings, egress),
};

function openSyslog(settings: Settings<SyslogConfig>, egress: Egress): Destination {
  const { config } = settings;
  const connection = createConnection(settings, egress);
  const deliver = async ({ events }: DeliveryBatch, signal: AbortSignal): Promise<DeliveryResult> => {
    const body = joinEvents(events);
    if (config.confirm === 'close') await connection.sendAndClose(body, signal);
    else await connection.send(body, signal);
    const status = config.confirm === 'close' ? 'read to the end' : 'written, not acknowledged';
    return { rejected: [], again: [], bytesSent: body.length, status };
  };
  return {
    deliver,
    test: async (marked, report, signal) => {
      const run = { report, signal, advise: adviseClientCertificate };
      const isThere = await runStep('connection', run, async () => {
        const socket = await connection.open(signal);
        const told = socket instanceof TLSSocket ? tlsTold(socket) : 'without TLS';
        socket.destroy();
        return `There is a connection, ${told}.`;
      });
      if (isThere) await runMarkedEvent(marked, run, deliver);
    },
    close: async () => connection.close(),
  };
}

function tlsTold(socket: TLSSocket): string {
  const { subject, valid_to } = socket.getPeerCertificate();
  const name = subject?.CN === undefined ? '' : ` of ${String(subject.CN)}`;
  return `${socket.getProtocol() ?? 'TLS'}, certificate${name} valid until ${valid_to}`;
}
