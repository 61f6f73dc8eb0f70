import type { Socket } from 'node:net';
import type { Decode, ListenerContext, OpenListener, Receiver, ReceiverListener } from '../receiver.ts';
import { type AckedProtocol, AckedStream } from '../util/acked-stream.ts';
import { listenerSecret, openTcp } from '../util/tcp-listener.ts';
import { decodeFrames } from './decode.ts';
import { FRAME, frameEnd } from './frames.ts';
import { revealFrames } from './reveal.ts';

/** The Lumberjack protocol, which Beats and Elastic Agent speak to Logstash. See README.md. */
export const lumberjack: Receiver = {
  id: 'lumberjack',
  summary: 'The Lumberjack protocol of Beats and Elastic Agent',
  routes: [],
  listeners: [listener('tcp'), listener('tls')],
};

function listener(id: 'tcp' | 'tls'): ReceiverListener {
  const decode: Decode = (body, batch) => decodeFrames(body, batch);
  return { id, decode, reveal: revealFrames, open: (context) => open(context, id) };
}

async function open(context: ListenerContext, id: 'tcp' | 'tls'): Promise<OpenListener | null> {
  const { [id]: port, apiKey } = context.config.lumberjack;
  if (port === 'off') return null;
  const secret = listenerSecret(context, apiKey, 'receivers.lumberjack.apiKey');
  return openTcp(context, {
    receiver: 'lumberjack',
    listener: id,
    port,
    tls: id === 'tls',
    onConnection: (socket: Socket, remoteAddress) =>
      new AckedStream({ context, socket, remoteAddress, protocol: lumberjackProtocol(secret) }),
  });
}

/** What one connection needs to know. */
export function lumberjackProtocol(secret: string | null): AckedProtocol {
  /** The acknowledgement of a window of which nothing but its head was taken yet. */
  let windowAck: string | null = null;
  return {
    format: 'lumberjack',
    secret,
    messageEnd: frameEnd,
    acknowledge,
    // Version 2 has no way to send without.
    wantsAck: () => true,
    taken: (messages) => {
      for (let p = 0; p < messages.length; p = frameEnd(messages, p)) {
        const isHead = messages[p + 1] === FRAME.window;
        windowAck = isHead ? `${String.fromCharCode(messages[p])}A${messages.readUInt32BE(p + 2)}` : null;
      }
    },
    // Only a compressed frame is refused as a whole, and clients send one a window: it is the window's last.
    acksOfRefused: () => (windowAck === null ? null : [windowAck]),
    // Beats take 0 as a sign of life and wait on: https://github.com/elastic/go-lumber
    keepAlive: ackFrame('2A0'),
  };
}

function acknowledge(acks: readonly string[]): Buffer {
  return Buffer.concat(acks.map(ackFrame));
}

/** The frame of what `decode` returned: `2A50`. */
function ackFrame(ack: string): Buffer {
  const frame = Buffer.from(`${ack.slice(0, 2)}0000`, 'latin1');
  frame.writeUInt32BE(Number(ack.slice(2)), 2);
  return frame;
}
