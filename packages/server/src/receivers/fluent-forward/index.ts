import type { Socket } from 'node:net';
import { encode } from '@msgpack/msgpack';
import { PermanentError } from '../../runtime/errors.ts';
import type { Decode, ListenerContext, OpenListener, Receiver, ReceiverListener } from '../receiver.ts';
import { type AckedProtocol, AckedStream } from '../util/acked-stream.ts';
import { MSGPACK, MsgpackHead, MsgpackSkipper } from '../util/msgpack.ts';
import { listenerSecret, openTcp } from '../util/tcp-listener.ts';
import { decodeForward } from './decode.ts';
import { Handshake } from './handshake.ts';
import { chunkOf } from './option.ts';
import { revealForward } from './reveal.ts';

/** Fluentd's and Fluent Bit's forward protocol. See README.md. */
export const fluentForward: Receiver = {
  id: 'fluent-forward',
  summary: 'Fluentd’s and Fluent Bit’s forward protocol',
  routes: [],
  listeners: [listener('tcp'), listener('tls')],
};

function listener(id: 'tcp' | 'tls'): ReceiverListener {
  const decode: Decode = (body, batch) => decodeForward(body, batch);
  return { id, decode, reveal: revealForward, open: (context) => open(context, id) };
}

async function open(context: ListenerContext, id: 'tcp' | 'tls'): Promise<OpenListener | null> {
  const { [id]: port, apiKey, sharedKey } = context.config['fluent-forward'];
  if (port === 'off') return null;
  const secret = listenerSecret(context, apiKey, 'receivers.fluent-forward.apiKey');
  return openTcp(context, {
    receiver: 'fluent-forward',
    listener: id,
    port,
    tls: id === 'tls',
    onConnection: (socket: Socket, remoteAddress) =>
      new AckedStream({ context, socket, remoteAddress, protocol: forwardProtocol(secret, sharedKey) }),
  });
}

/** What one connection needs to know. */
export function forwardProtocol(secret: string | null, sharedKey: string | undefined): AckedProtocol {
  const skipper = new MsgpackSkipper();
  const head = new MsgpackHead();
  const protocol: AckedProtocol = {
    format: 'msgpack',
    secret,
    messageEnd(bytes, start) {
      // Anything else on this port (a browser, a port scanner) ends here, before it is waited for.
      if (head.read(bytes, start) && head.kind !== MSGPACK.array && head.kind !== MSGPACK.nil) {
        throw new PermanentError('invalid_body', 'expected a MessagePack array, as the forward protocol sends');
      }
      return skipper.end(bytes, start);
    },
    acknowledge,
    wantsAck: (message) => chunkOf(message) !== null,
    // The protocol has no way to refuse: without an acknowledgement a client sends its chunk again for ever.
    // https://github.com/fluent/fluentd/wiki/Forward-Protocol-Specification-v1#response
    acksOfRefused: (message) => [chunkOf(message) ?? ''],
  };
  if (sharedKey === undefined) return protocol;
  const handshake = new Handshake(sharedKey);
  return { ...protocol, greeting: handshake.helo, first: (message) => handshake.answer(message) };
}

function acknowledge(chunks: readonly string[]): Buffer {
  return Buffer.concat(chunks.map((chunk) => encode({ ack: chunk })));
}
