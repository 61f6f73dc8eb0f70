import type { Socket } from 'node:net';
import type { ListenerContext, OpenListener, Receiver, ReceiverListener } from '../receiver.ts';
import { framedConnection } from '../util/framed-connection.ts';
import { DATAGRAM_PENDING_BYTES_MAX, MessageSender } from '../util/message-sender.ts';
import { listenerSecret, openTcp } from '../util/tcp-listener.ts';
import { openUdp, plainAddress } from '../util/udp-listener.ts';
import { decodeSyslog } from './decode.ts';
import { SyslogFramer } from './framer.ts';

/** Syslog, RFC 5424 and RFC 3164. See README.md. */
export const syslog: Receiver = {
  id: 'syslog',
  summary: 'Syslog, RFC 5424 and RFC 3164',
  routes: [],
  listeners: [{ id: 'udp', decode: decodeSyslog, open: openDatagrams }, stream('tcp'), stream('tls')],
};

function senderOf(context: ListenerContext, dropAboveBytes?: number): MessageSender {
  const secret = listenerSecret(context, context.config.syslog.apiKey, 'receivers.syslog.apiKey');
  return new MessageSender(context, {
    secret,
    format: 'syslog',
    ...(dropAboveBytes === undefined ? {} : { dropAboveBytes }),
  });
}

async function openDatagrams(context: ListenerContext): Promise<OpenListener | null> {
  const port = context.config.syslog.udp;
  if (port === 'off') return null;
  const sender = senderOf(context, DATAGRAM_PENDING_BYTES_MAX);
  const onDatagram = (bytes: Buffer, peer: string) => {
    if (bytes.length > 0) sender.push({ bytes, peer });
  };
  const open = await openUdp(context, { receiver: 'syslog', listener: 'udp', port, onDatagram });
  return open === null ? null : closingWith(open, sender);
}

function stream(id: 'tcp' | 'tls'): ReceiverListener {
  const open = async (context: ListenerContext): Promise<OpenListener | null> => {
    const port = context.config.syslog[id];
    if (port === 'off') return null;
    const sender = senderOf(context);
    const onConnection = (socket: Socket, address: string) =>
      framedConnection({
        ...{ context, socket, sender, peer: plainAddress(address) },
        framer: (onFrame) => new SyslogFramer(onFrame),
      });
    const options = { receiver: 'syslog', listener: id, port, tls: id === 'tls', onConnection };
    const listener = await openTcp(context, options);
    return listener === null ? null : closingWith(listener, sender);
  };
  return { id, decode: decodeSyslog, open };
}

function closingWith(open: OpenListener, sender: MessageSender): OpenListener {
  return {
    port: open.port,
    close: async () => {
      await open.close();
      await sender.close();
    },
  };
}
