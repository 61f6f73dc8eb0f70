import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Egress } from '../../runtime/egress/egress.ts';
import { RetryableError } from '../../runtime/errors.ts';
import type { Settings } from '../destination.ts';
import { brokenConnection, connectTo, tlsOf } from '../util/tcp.ts';
import type { SyslogConfig } from './config.ts';

/** For a server that reads slowly. */
const TIMEOUT_MS = 30_000;

export interface Connection {
  open(signal: AbortSignal): Promise<Socket>;
  /** Writes on a connection of its own, ends it, and waits until the server ends it too: then it has read all. */
  sendAndClose(body: Buffer, signal: AbortSignal): Promise<void>;
  /** Writes on the connection that is kept. Resolves when the system has the bytes: nothing tells whether anybody read them. */
  send(body: Buffer, signal: AbortSignal): Promise<void>;
  close(): void;
}

export function createConnection({ config, secrets }: Settings<SyslogConfig>, egress: Egress): Connection {
  const { host, port } = config;
  let kept: Socket | null = null;
  const open = (signal: AbortSignal) => connectTo(egress, { host, port, tls: tlsOf(config, secrets), signal });
  /** A connection that ends while it is used tells so; the socket does not outlive a call that was stopped. */
  const using = async (socket: Socket, signal: AbortSignal, work: () => Promise<void>) => {
    const stop = () => socket.destroy();
    signal.addEventListener('abort', stop, { once: true });
    const timer = setTimeout(() => socket.destroy(timedOut(host)), TIMEOUT_MS);
    try {
      if (signal.aborted) stop();
      await work();
      signal.throwIfAborted();
    } catch (error) {
      socket.destroy();
      signal.throwIfAborted();
      throw brokenConnection(host, error);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    }
  };
  return {
    open,
    sendAndClose: async (body, signal) => {
      const socket = await open(signal);
      await using(socket, signal, () => writeAll(socket, body));
    },
    send: async (body, signal) => {
      signal.throwIfAborted();
      if (kept === null || !kept.writable || kept.readableEnded) kept = await keepOpen(await open(signal));
      const socket = kept;
      await using(socket, signal, () => write(socket, body));
    },
    close: () => kept?.destroy(),
  };
}

const timedOut = (host: string) =>
  new RetryableError(
    'destination_unavailable',
    `${host}: the server did not close the connection after a batch, so nothing shows that it has read it. If it never does, set \`confirm\` to none.`,
    0,
  );

/** A server says nothing; but its end of the connection is only heard by somebody who reads. */
async function keepOpen(socket: Socket): Promise<Socket> {
  socket.resume();
  socket.on('end', () => socket.destroy());
  return socket;
}

/** A server that ends before it was told to, or with a reset, has not read all. */
async function writeAll(socket: Socket, body: Buffer): Promise<void> {
  const closed = once(socket, 'close');
  let isFlushed = false;
  socket.resume();
  socket.end(body, () => {
    isFlushed = true;
  });
  await closed;
  if (!isFlushed || socket.errored !== null) throw socket.errored ?? new Error('closed before all was written');
}

async function write(socket: Socket, body: Buffer): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const ended = () => reject(new Error('closed'));
  socket.once('close', ended);
  socket.write(body, (error) => (error ? reject(error) : resolve()));
  try {
    await promise;
  } finally {
    socket.removeListener('close', ended);
  }
}
