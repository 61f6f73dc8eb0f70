import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { listenError } from '../runtime/listen-error.ts';

export interface HttpServerOptions {
  headersTimeoutMs: number;
  requestTimeoutMs: number;
  onRequest: RequestListener;
  onUpgrade(request: Parameters<RequestListener>[0], socket: Socket, head: Buffer): void;
}

/** Most sockets at a time: each costs about 20 KB, and a process has a limit of open files. */
const CONNECTIONS_MAX = 20_000;

/** Of the request line and all headers: before a key is known, so what a stranger may make the server hold. */
const HEADER_BYTES_MAX = 256 << 10;

/** By socket, what says whether its request may take longer than all others. */
const patience = new WeakMap<Socket, () => boolean>();

/**
 * For requests that have no end: while `mayGoOn` says so the request's timeout does not hold. Resets for the connection's
 * next request are the caller's, with null.
 */
export function setPatience({ socket }: IncomingMessage, mayGoOn: (() => boolean) | null): void {
  if (mayGoOn === null) patience.delete(socket);
  else patience.set(socket, mayGoOn);
}

const STATUS_OF_ERROR: Record<string, string> = {
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Payload Too Large',
};

/** As node:http does it without a listener, but for timeouts of requests that may go on: it asks about each once. */
function refuseConnection(error: NodeJS.ErrnoException, socket: Socket): void {
  const code = error.code ?? '';
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT' && patience.get(socket)?.() === true) return;
  if (code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  socket.write(`HTTP/1.1 ${STATUS_OF_ERROR[code] ?? '400 Bad Request'}\r\nConnection: close\r\n\r\n`);
  socket.destroySoon();
}

/** An HTTP server with the timeouts that shippers and slow-loris senders need. It does not listen yet. */
export function createHttpServer({
  headersTimeoutMs,
  requestTimeoutMs,
  onRequest,
  onUpgrade,
}: HttpServerOptions): Server {
  const server = createServer(
    {
      // Shippers keep pooled connections idle for up to a minute; Node's 5 s make them write into closed sockets.
      keepAliveTimeout: 75_000,
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      connectionsCheckingInterval: 2_000,
      noDelay: true,
      // Node's 16 KiB would refuse long LogQL in URLs, which logcli and dashboards send; Loki takes 1 MiB of headers.
      maxHeaderSize: HEADER_BYTES_MAX,
      // Java's HttpClient offers to change to HTTP/2 with its first requests; an offer may be passed over, RFC 9110 §7.8.
      shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() === 'websocket',
    },
    onRequest,
  );
  server.maxConnections = CONNECTIONS_MAX;
  server.on('clientError', (error, socket) => refuseConnection(error, socket as Socket));
  server.on('upgrade', (request, socket, head) => onUpgrade(request, socket as Socket, head));
  return server;
}

/** Resolves with the port; rejects with PermanentError when it is taken or may not be used. `key` is where it is configured. */
export function listen(server: Server, host: string, port: number, key?: string): Promise<number> {
  return new Promise((resolve, rejectWith) => {
    const reject = (error: Error) => rejectWith(listenError(error, host, port, key));
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

/** Stops accepting, lets requests under way finish for `deadlineMs`, then cuts what is left. */
export async function drain(server: Server, deadlineMs: number): Promise<void> {
  if (!server.listening) return;
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const idle = setInterval(() => server.closeIdleConnections(), 50);
  const timer = setTimeout(() => server.closeAllConnections(), deadlineMs);
  await closed;
  clearInterval(idle);
  clearTimeout(timer);
}
