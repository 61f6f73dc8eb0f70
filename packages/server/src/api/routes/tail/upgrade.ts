import { randomUUID } from 'node:crypto';
import { type IncomingHttpHeaders, type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { GOODBYE_MS } from './stream.ts';

export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** Readers have nothing to say. */
const READER_MESSAGE_BYTES_MAX = 4096;
/** The protocol that is answered. Browsers insist on one of those they offered. */
const PROTOCOL = 'tailwater';
/** Browsers can't send headers with a WebSocket, so key and org may come as protocols that are offered. Never echoed. */
const HEADER_PROTOCOLS = { 'x-api-key': `${PROTOCOL}.key.`, 'x-scope-orgid': `${PROTOCOL}.org.` } as const;

/** Does handshakes. */
export function webSocketServer(): WebSocketServer {
  return new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: READER_MESSAGE_BYTES_MAX,
    perMessageDeflate: false,
    handleProtocols: (protocols) => (protocols.has(PROTOCOL) ? PROTOCOL : false),
  });
}

/** Hands upgrade requests to the handler of their path; `otherwise` gets the rest and refuses it. */
export function upgradeRouter(
  handlers: Readonly<Record<string, UpgradeHandler>>,
  otherwise: UpgradeHandler,
): UpgradeHandler {
  return (request, socket, head) => {
    const path = pathOf(request);
    (Object.hasOwn(handlers, path) ? handlers[path]! : otherwise)(request, socket, head);
  };
}

function pathOf({ url = '/' }: IncomingMessage): string {
  const mark = url.indexOf('?');
  return mark < 0 ? url : url.slice(0, mark);
}

/** The request's headers, with key and org of the offered protocols among them. Headers that are there win. */
export function withOfferedHeaders(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const offered = headers['sec-websocket-protocol']?.split(',').map((protocol) => protocol.trim()) ?? [];
  const all = { ...headers };
  for (const [name, prefix] of Object.entries(HEADER_PROTOCOLS)) {
    const protocol = offered.find((each) => each.startsWith(prefix));
    if (protocol === undefined || headers[name] !== undefined) continue;
    if (name === 'x-api-key' && headers.authorization !== undefined) continue;
    all[name] = protocol.slice(prefix.length);
  }
  return all;
}

export function requestIdOf(headers: IncomingHttpHeaders): string {
  const sent = headers['x-request-id'];
  return typeof sent === 'string' && /^[\w.:-]{1,128}$/.test(sent) ? sent : randomUUID();
}

/** Answers the handshake with an HTTP response. */
export function refuseUpgrade(socket: Duplex, status: number, headers: Record<string, string>, body: string): void {
  const all = { ...headers, 'content-length': String(Buffer.byteLength(body)), connection: 'close' };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`);
  setTimeout(() => socket.destroy(), GOODBYE_MS).unref();
}

/** Resolves when the socket has taken all texts, or is closed. One write for all of them. */
export function sendTexts(webSocket: WebSocket, socket: Duplex, texts: readonly string[]): Promise<void> {
  const last = texts.at(-1);
  if (last === undefined || webSocket.readyState !== webSocket.OPEN) return Promise.resolve();
  socket.cork();
  for (const text of texts.slice(0, -1)) webSocket.send(text);
  const sent = new Promise<void>((resolve) => webSocket.send(last, () => resolve()));
  socket.uncork();
  return sent;
}
