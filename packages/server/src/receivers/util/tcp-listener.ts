import { readFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { PermanentError } from '../../runtime/errors.ts';
import { listenError } from '../../runtime/listen-error.ts';
import type { ListenerContext, OpenListener } from '../receiver.ts';
import { untilQuiet } from './quiet.ts';

export interface Connection {
  /** Hands over what came in before. Called once, when the listener closes. */
  finish(): Promise<void>;
  /** When the message that is not whole began to come, as performance.now() has it; null when there is none. */
  partialSinceMs?(): number | null;
  /** Settles when nothing is left to hand over, where that can be after the socket has closed. */
  done?: Promise<void>;
}

export interface TcpListenerOptions {
  receiver: string;
  listener: string;
  port: number | 'off';
  tls?: boolean;
  /** Protocols to agree on in the TLS handshake (ALPN); gRPC's clients insist on `h2`. */
  alpn?: readonly string[];
  /** May throw nothing; it adds its own listeners to the socket. */
  onConnection(socket: Socket, remoteAddress: string): Connection;
}

/** Most connections of one listener: each costs a socket and what its protocol keeps. */
const CONNECTIONS_MAX = 4096;
/** Time that a message has to be whole, from its first byte: as `http.requestTimeoutMs` is for requests. */
export const MESSAGE_DEADLINE_MS = 120_000;
const DEADLINE_CHECK_MS = 10_000;
const FINISH_DEADLINE_MS = 2000;

/** Opens a TCP or TLS port. Null when it is off. @throws PermanentError naming the port or the configuration key. */
export async function openTcp(context: ListenerContext, options: TcpListenerOptions): Promise<OpenListener | null> {
  const { receiver, listener, port } = options;
  if (port === 'off') return null;
  const key = `receivers.${receiver}.${listener}`;
  const server = options.tls === true ? createTlsServer(tlsOptions(context, key, options.alpn)) : createServer();
  const connections = new Map<Socket, Connection>();
  server.maxConnections = CONNECTIONS_MAX;
  let lastAt = 0;
  const noteTime = () => {
    lastAt = performance.now();
  };
  // Over TLS a connection is one only after the handshake.
  server.on('connection', noteTime).on('secureConnection', noteTime);
  server.on(options.tls === true ? 'secureConnection' : 'connection', (socket: Socket) => {
    const remoteAddress = socket.remoteAddress ?? '';
    socket.on('error', () => socket.destroy());
    // The handshake has taken longer than there was time for: nothing of it would be finished.
    if (!server.listening) return void socket.destroy();
    const connection = options.onConnection(socket, remoteAddress);
    connections.set(socket, connection);
    socket.once('close', () => {
      if (connection.done === undefined) connections.delete(socket);
      else void connection.done.finally(() => connections.delete(socket));
    });
  });
  server.on('tlsClientError', (error: Error, socket: Socket) => {
    const remoteAddress = socket.remoteAddress ?? '';
    context.note({ remoteAddress, code: 'unauthenticated', reason: `the TLS handshake failed: ${error.message}` });
  });
  let closed: Promise<void> | null = null;
  const chosen = await listen(server, context.host, port, key);
  const timer = setInterval(() => endStalled(context, connections), DEADLINE_CHECK_MS).unref();
  return {
    port: chosen,
    close: () => {
      clearInterval(timer);
      closed ??= close(server, connections, () => lastAt);
      return closed;
    },
  };
}

/** What is kept of messages that never become whole would in the end be all that may be kept. */
function endStalled(context: ListenerContext, connections: ReadonlyMap<Socket, Connection>): void {
  const now = performance.now();
  for (const [socket, connection] of connections) {
    const sinceMs = connection.partialSinceMs?.() ?? null;
    if (sinceMs === null || now - sinceMs < MESSAGE_DEADLINE_MS) continue;
    context.count('message_stalled');
    const reason = `a message was not whole after ${MESSAGE_DEADLINE_MS / 1000} s`;
    context.note({ remoteAddress: socket.remoteAddress ?? '', code: 'overloaded', reason });
    socket.destroy();
  }
}

function listen(server: Server, host: string, port: number, key: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(listenError(error, host, port, key)));
    server.listen(port, host, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

async function close(server: Server, connections: ReadonlyMap<Socket, Connection>, lastAt: () => number) {
  // The kernel has taken connections, and what they sent, that Node has not taken from it yet.
  await untilQuiet(lastAt);
  server.close();
  const finished = Promise.allSettled([...connections.values()].map((connection) => connection.finish()));
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([finished, new Promise((resolve) => (timer = setTimeout(resolve, FINISH_DEADLINE_MS)))]);
  clearTimeout(timer);
  for (const socket of connections.keys()) socket.destroy();
}

function tlsOptions({ config }: ListenerContext, key: string, alpn: readonly string[] | undefined) {
  const { cert, key: keyFile, clientCa } = config.tls;
  if (cert === undefined || keyFile === undefined) {
    throw new PermanentError('invalid_field', `${key} needs receivers.tls.cert and receivers.tls.key`, key);
  }
  const ca = clientCa === undefined ? {} : { ca: read(clientCa, 'receivers.tls.clientCa') };
  const asksClient = clientCa !== undefined;
  return {
    cert: read(cert, 'receivers.tls.cert'),
    key: read(keyFile, 'receivers.tls.key'),
    ...ca,
    ...(alpn === undefined ? {} : { ALPNProtocols: [...alpn] }),
    requestCert: asksClient,
    rejectUnauthorized: asksClient,
  };
}

function read(path: string, key: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new PermanentError('invalid_field', `${key} cannot be read: ${reason}`, key);
  }
}

/**
 * The key that a listener's events are taken under; null for open mode, where peers on this machine need none.
 * `key` is where it is configured. @throws PermanentError when every message would be refused.
 */
export function listenerSecret({ openMode }: ListenerContext, apiKey: string | undefined, key: string): string | null {
  if (apiKey !== undefined) return apiKey;
  if (openMode) return null;
  const needed = `${key} is needed: this protocol carries no API key, and open mode is off. Make one: tailwater keys create NAME --scope ingest`;
  throw new PermanentError('invalid_field', needed, key);
}
