import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { z } from 'zod';
import { requireScope } from '../../../control/scopes.ts';
import { PermanentError } from '../../../runtime/errors.ts';
import { errorAnswer } from '../../errors.ts';
import { parseQueryString } from '../../query-string.ts';
import { validatorCompiler } from '../../validate.ts';
import { type TailQuestion, tailParameters, tailQuestionOf } from './question.ts';
import {
  GOODBYE_MS,
  missedFields,
  type OpenTail,
  openTail,
  PING_INTERVAL_MS,
  STALLED_MS_MAX,
  type TailDeps,
  type TailMessage,
  type TailSink,
} from './stream.ts';
import {
  refuseUpgrade,
  requestIdOf,
  sendTexts,
  type UpgradeHandler,
  webSocketServer,
  withOfferedHeaders,
} from './upgrade.ts';

/** Answers every upgrade request: there is one path for WebSockets, anything else is refused in the API's error shape. */
export function webSocketHandler(deps: TailDeps, path: string): UpgradeHandler {
  const server = webSocketServer();
  return (request, socket, head) => {
    const requestId = requestIdOf(request.headers);
    // Until the handshake the socket has no other listener, and an error without one ends the process.
    const onError = () => socket.destroy();
    socket.on('error', onError);
    const gone = new AbortController();
    const onClose = () => gone.abort();
    socket.once('close', onClose);
    open(deps, path, request, gone.signal).then(
      (tail) => {
        // A handshake that is refused closes the socket, and there is no other sign of it.
        gone.signal.addEventListener('abort', () => tail.close());
        if (gone.signal.aborted) return tail.close();
        server.handleUpgrade(request, socket, head, (webSocket) => {
          socket.off('error', onError);
          void tail.run(webSocketSink(webSocket, socket));
        });
      },
      (error: unknown) => {
        if (!socket.destroyed) refuse(deps, socket, error, requestId);
      },
    );
  };
}

async function open(deps: TailDeps, path: string, request: IncomingMessage, signal: AbortSignal): Promise<OpenTail> {
  const url = request.url ?? '/';
  const mark = url.indexOf('?');
  if ((mark < 0 ? url : url.slice(0, mark)) !== path) {
    throw new PermanentError('not_found', `there are no WebSockets here but ${path}`);
  }
  const headers = withOfferedHeaders(request.headers);
  const credentials = { headers, remoteAddress: request.socket.remoteAddress, changes: true };
  const identity = await deps.authenticate(credentials);
  requireScope(identity, 'query');
  const question = questionOf(deps, mark < 0 ? '' : url.slice(mark + 1), headers);
  return openTail(deps, { orgId: identity.orgId, credentials, question, signal });
}

function questionOf({ node, nowMs = Date.now }: TailDeps, search: string, headers: IncomingHttpHeaders): TailQuestion {
  const check = validatorCompiler({ schema: tailParameters, method: 'GET', url: '', httpPart: 'querystring' });
  const result = check(parseQueryString(search)) as { value: z.output<typeof tailParameters> } | { error: Error };
  if ('error' in result) throw result.error;
  const lastEventId = headers['last-event-id'];
  return tailQuestionOf(result.value, lastEventId === undefined ? undefined : String(lastEventId), {
    node,
    nowMs: nowMs(),
  });
}

/** Answers the handshake with an error in the API's own shape. */
function refuse({ onFault }: TailDeps, socket: Duplex, error: unknown, requestId: string): void {
  const { status, headers, body, isFault } = errorAnswer(error, requestId);
  if (isFault) onFault(error, requestId);
  const type = 'application/json; charset=utf-8';
  refuseUpgrade(socket, status, { ...headers, 'content-type': type, 'x-request-id': requestId }, JSON.stringify(body));
}

/** A message as WebSocket text; null when there is nothing to tell. */
export function webSocketText(message: TailMessage): string | null {
  switch (message.kind) {
    case 'log':
      return `{"type":"log","event":${message.json}}`;
    case 'missed':
      return JSON.stringify({ type: 'missed', ...missedFields(message.missed) });
    case 'ready':
      return '{"type":"ready"}';
    case 'place':
      return null;
  }
}

/** Going away, internal error, policy: https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1 */
const CLOSE_CODE = { closing: 1001, failed: 1011, refused: 1008 } as const;

function webSocketSink(webSocket: WebSocket, socket: Duplex): TailSink {
  let aliveAtMs = performance.now();
  webSocket.on('pong', () => {
    aliveAtMs = performance.now();
  });
  // An error is followed by `close`, which is what counts.
  webSocket.on('error', () => {});
  const ping = setInterval(() => {
    if (performance.now() - aliveAtMs > STALLED_MS_MAX) webSocket.terminate();
    else webSocket.ping();
  }, PING_INTERVAL_MS);
  const closed = new Promise<void>((resolve) => {
    webSocket.once('close', () => {
      clearInterval(ping);
      resolve();
    });
  });
  return {
    closed,
    send: (messages) => sendAll(webSocket, socket, messages),
    end: (reason) => {
      webSocket.close(CLOSE_CODE[reason]);
      setTimeout(() => webSocket.terminate(), GOODBYE_MS).unref();
    },
  };
}

/** Resolves when the socket has taken all messages, or is closed. One write for all of them. */
function sendAll(webSocket: WebSocket, socket: Duplex, messages: readonly TailMessage[]): Promise<void> {
  return sendTexts(
    webSocket,
    socket,
    messages.map(webSocketText).filter((text) => text !== null),
  );
}
