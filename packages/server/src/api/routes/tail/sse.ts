import type { ServerResponse } from 'node:http';
import { PermanentError } from '../../../runtime/errors.ts';
import {
  GOODBYE_MS,
  missedFields,
  PING_INTERVAL_MS,
  STALLED_MS_MAX,
  type TailMessage,
  type TailSink,
} from './stream.ts';

export const SSE_TYPE = 'text/event-stream';

/** @throws PermanentError `not_acceptable` */
export function checkAccept(accept = '*/*'): void {
  const types = accept.split(',').map((part) => part.split(';', 1)[0]!.trim().toLowerCase());
  if (types.some((type) => [SSE_TYPE, 'text/*', '*/*', ''].includes(type))) return;
  throw new PermanentError('not_acceptable', `this path answers ${SSE_TYPE}, or a WebSocket`, 'Accept');
}

/**
 * A message as a server-sent event. A block with nothing but an id moves the place that a browser resumes from, and
 * nothing is dispatched: https://html.spec.whatwg.org/multipage/server-sent-events.html#dispatchMessage
 */
export function serverSentEvent(message: TailMessage): string {
  switch (message.kind) {
    case 'log': {
      const id = message.eventId === null ? '' : `id: ${message.eventId}\n`;
      return `event: log\n${id}data: ${message.json}\n\n`;
    }
    case 'missed':
      return `event: missed\ndata: ${JSON.stringify(missedFields(message.missed))}\n\n`;
    case 'ready':
      return `event: ready\nid: ${message.id}\ndata: {}\n\n`;
    case 'place':
      return `id: ${message.id}\n\n`;
  }
}

/** Begins the stream on a response; `headers` are sent as well. */
export function sseSink(response: ServerResponse, headers: Record<string, string>): TailSink {
  response.writeHead(200, {
    ...headers,
    'content-type': SSE_TYPE,
    'cache-control': 'no-store',
    // nginx would hold back small pieces: https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_buffering
    'x-accel-buffering': 'no',
  });
  response.flushHeaders();
  const ping = setInterval(() => {
    if (!response.writableNeedDrain) response.write(': ping\n\n');
  }, PING_INTERVAL_MS);
  const closed = closedOf(response).then(() => clearInterval(ping));
  return {
    closed,
    send: (messages) => writeAll(response, messages.map(serverSentEvent).join('')),
    end: (reason) => {
      response.end(reason === 'closing' ? 'event: closing\ndata: {}\n\n' : '');
      setTimeout(() => response.destroy(), GOODBYE_MS).unref();
    },
  };
}

function closedOf(response: ServerResponse): Promise<void> {
  if (response.destroyed) return Promise.resolve();
  return new Promise((resolve) => response.once('close', resolve));
}

/** Resolves when the socket has taken the text, or is closed. */
function writeAll(response: ServerResponse, text: string): Promise<void> {
  if (response.destroyed || response.writableEnded || response.write(text)) return Promise.resolve();
  return new Promise((resolve) => {
    const stalled = setTimeout(() => response.destroy(), STALLED_MS_MAX);
    const done = () => {
      clearTimeout(stalled);
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.once('drain', done).once('close', done);
  });
}
