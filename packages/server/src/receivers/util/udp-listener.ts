import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { listenError } from '../../runtime/listen-error.ts';
import type { ListenerContext, OpenListener } from '../receiver.ts';
import { untilQuiet } from './quiet.ts';

export interface UdpListenerOptions {
  receiver: string;
  listener: string;
  port: number | 'off';
  /** The bytes are the callee's. May throw nothing. */
  onDatagram(bytes: Buffer, remoteAddress: string): void;
}

/** What the kernel is asked to keep while this thread is busy. Linux gives net.core.rmem_max at most, in silence. */
const RECEIVE_BUFFER_BYTES = 8 << 20;

/** Opens a UDP port. Null when it is off. @throws PermanentError naming the port. */
export async function openUdp(context: ListenerContext, options: UdpListenerOptions): Promise<OpenListener | null> {
  const { receiver, listener, port, onDatagram } = options;
  if (port === 'off') return null;
  const { host } = context;
  const type = isIPv6(host) ? 'udp6' : 'udp4';
  const socket = createSocket({ type, recvBufferSize: RECEIVE_BUFFER_BYTES });
  let lastAt = 0;
  socket.on('message', (bytes, { address }) => {
    lastAt = performance.now();
    onDatagram(bytes, plainAddress(address));
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', (error) => reject(listenError(error, host, port, `receivers.${receiver}.${listener}`)));
    socket.bind(port, host, resolve);
  });
  socket.on('error', (error) => context.warn({ receiver, listener, error: error.message }, 'a UDP port has failed'));
  let closed: Promise<void> | null = null;
  return { port: socket.address().port, close: () => (closed ??= close(socket, () => lastAt)) };
}

async function close(socket: Socket, lastAt: () => number): Promise<void> {
  await untilQuiet(lastAt);
  await new Promise<void>((resolve) => socket.close(() => resolve()));
}

/** An IPv4 address as such, also from a socket that takes both. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}
