import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { syslog } from '../../../src/destinations/syslog/index.ts';
import type { Fault, Vendor } from './vendor.ts';

const MESSAGE_BYTES_MAX = 8192;

/** RFC 5424 §6, with structured data as a whole. */
const NAME = String.raw`[!#-<>-\\^-~]{1,32}`;
const PARAMETER = String.raw` ${NAME}="(?:[^"\\\]]|\\["\\\]])*"`;
const MESSAGE = new RegExp(
  String.raw`^<(\d{1,3})>1 (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z) ([!-~]{1,255}) ([!-~]{1,48}) ([!-~]{1,128}) ([!-~]{1,32}) ` +
    String.raw`(-|(?:\[${NAME}(?:${PARAMETER})*\])+)(?: ([\s\S]*))?$`,
);

export interface SyslogMessage {
  priority: number;
  time: string;
  host: string;
  app: string;
  procid: string;
  msgid: string;
  data: string;
  message: string;
}

/** Null: it is none of RFC 5424. */
export function parseMessage(text: string): SyslogMessage | null {
  const found = MESSAGE.exec(text);
  if (found === null || Number(found[1]) > 191) return null;
  const [, priority, time, host, app, procid, msgid, data, message = ''] = found as unknown as string[];
  return {
    priority: Number(priority),
    time: time!,
    host: host!,
    app: app!,
    procid: procid!,
    msgid: msgid!,
    data: data!,
    message,
  };
}

/** A server of RFC 6587 that reads octet counts, and closes when the client has. */
export async function openSyslogVendor(): Promise<Vendor & { taken: SyslogMessage[] }> {
  const taken: SyslogMessage[] = [];
  const complaints: string[] = [];
  const sockets = new Set<Socket>();
  let fault: Fault | null = null;
  let stall = Promise.withResolvers<void>();
  const take = (frames: Buffer) => {
    let at = 0;
    while (at < frames.length) {
      const space = frames.indexOf(0x20, at);
      const length = Number(frames.toString('latin1', at, space));
      if (!(length > 0 && length <= MESSAGE_BYTES_MAX) || space + 1 + length > frames.length) {
        complaints.push(`a frame at ${at} of ${frames.length}: ${length}`);
        return;
      }
      const text = frames.toString('utf8', space + 1, space + 1 + length);
      const message = parseMessage(text);
      if (message === null) complaints.push(text);
      else taken.push(message);
      at = space + 1 + length;
    }
  };
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const chunks: Buffer[] = [];
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy());
    socket.on('data', (chunk: Buffer) => {
      if (fault === 'reset') socket.resetAndDestroy();
      else if (fault === null) chunks.push(chunk);
      else stall.resolve();
    });
    socket.on('end', () => {
      if (fault !== null) return;
      take(Buffer.concat(chunks));
      socket.end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const at = (host: string, port: number) => ({ config: syslog.config.parse({ host, port }), secrets: {} });
  return {
    settings: at('127.0.0.1', (server.address() as AddressInfo).port),
    unauthorized: null,
    at,
    faults: ['reset', 'stalled'],
    fail: (next) => {
      stall = Promise.withResolvers();
      fault = next;
    },
    stalled: () => stall.promise,
    messages: () => taken.map(({ message }) => message),
    complaints: () => complaints,
    takesOnce: false,
    taken,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
