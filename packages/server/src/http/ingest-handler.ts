import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { IngestClient } from '../pipeline/ingest-client.ts';
import type { OrgSettings } from '../processors/processor.ts';
import type {
  ContentEncoding,
  HttpAnswer,
  IngestOutcome,
  Receipt,
  ReceiverRoute,
  RequestHead,
} from '../receivers/receiver.ts';
import { PermanentError, RetryableError } from '../runtime/errors.ts';
import { readBody } from './body.ts';

export interface IngestHandlerDependencies {
  routes: ReadonlyMap<string, ReceiverRoute & { receiver: string }>;
  ingest: IngestClient;
  /** The org that the request's key may send for. Rejects with PermanentError. */
  authorize(request: IncomingMessage): Promise<{ orgId: string; settings: OrgSettings }>;
  bodyBytesMax: number;
  /** Resolves once everything up to `position` is searchable; false when that takes too long. */
  waitStored(position: number): Promise<boolean>;
  onAnswer(receiver: string, status: number, receipt: Receipt | null): void;
  /** A fault of ours: goes to the server's own log under the request's id. */
  onFault(error: unknown, requestId: string): void;
}

type Route = ReceiverRoute & { receiver: string };

/**
 * Answers requests to the receivers' paths; returns false for every other path. Bytes go from the socket to the ingest
 * worker untouched; only then is anything parsed.
 */
export function createIngestHandler(dependencies: IngestHandlerDependencies) {
  return (request: IncomingMessage, response: ServerResponse): boolean => {
    const url = request.url ?? '/';
    const mark = url.indexOf('?');
    const path = mark < 0 ? url : url.slice(0, mark);
    const route = dependencies.routes.get(path);
    // Another method on a path below /api/ belongs to the API.
    if (route === undefined || (request.method !== route.method && path.startsWith('/api/'))) return false;
    const head: RequestHead = {
      method: request.method ?? '',
      path,
      query: new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1)),
      headers: request.headers as Record<string, string | undefined>,
    };
    void answer(dependencies, route, head, request, response);
    return true;
  };
}

async function answer(
  dependencies: IngestHandlerDependencies,
  route: Route,
  head: RequestHead,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const requestId = requestIdOf(head);
  const outcome = await outcomeOf(dependencies, route, head, request, requestId);
  const { status, headers, body } = route.respond(outcome, head);
  if (status === 405) headers.allow = route.method;
  if (status === 401) headers['www-authenticate'] = 'Bearer';
  dependencies.onAnswer(route.receiver, status, outcome.kind === 'accepted' ? outcome.receipt : null);
  send(request, response, { status, headers: { ...headers, 'x-request-id': requestId }, body });
}

/** An id the client sent, if it is harmless to print, otherwise a new one. */
function requestIdOf(head: RequestHead): string {
  const sent = head.headers['x-request-id'];
  return sent !== undefined && /^[\w.:-]{1,128}$/.test(sent) ? sent : randomUUID();
}

async function outcomeOf(
  dependencies: IngestHandlerDependencies,
  route: Route,
  head: RequestHead,
  request: IncomingMessage,
  requestId: string,
): Promise<IngestOutcome> {
  try {
    const receipt = await ingestRequest(dependencies, route, head, request);
    return { kind: 'accepted', receipt, requestId };
  } catch (error) {
    if (error instanceof PermanentError || error instanceof RetryableError) return { kind: 'failed', error, requestId };
    dependencies.onFault(error, requestId);
    return { kind: 'failed', error: new RetryableError('overloaded', 'a fault of the server', 1000), requestId };
  }
}

async function ingestRequest(
  dependencies: IngestHandlerDependencies,
  route: Route,
  head: RequestHead,
  request: IncomingMessage,
): Promise<Receipt> {
  if (head.method !== route.method) {
    throw new PermanentError('method_not_allowed', `${route.path} answers ${route.method}`);
  }
  const { orgId, settings } = await dependencies.authorize(request);
  const format = route.format(head);
  const encodings = contentEncodings(head.headers['content-encoding'], route.encodings(format));
  const body = await readHeldBody(dependencies, request);
  const outcome = await dependencies.ingest.submit({
    path: route.path,
    receiver: route.receiver,
    body,
    encodings,
    request: { format, query: head.query.toString(), receivedAtMs: Date.now() },
    orgId,
    settings,
  });
  if ('error' in outcome) throw outcome.error;
  const { receipt } = outcome;
  if (head.query.get('ack') !== 'stored' || receipt.position === null) return receipt;
  return { ...receipt, stored: await dependencies.waitStored(receipt.position) };
}

/** While a body is read its bytes count as under way: many slow ones together are refused, not kept. */
async function readHeldBody(
  { ingest, bodyBytesMax }: IngestHandlerDependencies,
  request: IncomingMessage,
): Promise<Buffer> {
  let held = 0;
  try {
    return await readBody(request, bodyBytesMax, (bytes) => {
      ingest.hold(bytes);
      held += bytes;
    });
  } finally {
    ingest.release(held);
  }
}

const ENCODING_NAMES: Record<string, ContentEncoding> = {
  identity: 'identity',
  gzip: 'gzip',
  'x-gzip': 'gzip',
  deflate: 'deflate',
  zlib: 'deflate',
  zstd: 'zstd',
  snappy: 'snappy',
};

/** The encodings to undo, in the order they were applied: two at the most, to keep bombs in bombs out. */
function contentEncodings(header: string | undefined, allowed: readonly ContentEncoding[]): ContentEncoding[] {
  if (header === undefined || header === '') return [allowed[0]];
  const names = header.split(',').map((name) => name.trim().toLowerCase());
  if (names.length > 2) throw unsupported(header);
  return names.map((name) => {
    const encoding = Object.hasOwn(ENCODING_NAMES, name) ? ENCODING_NAMES[name] : undefined;
    if (encoding === undefined || !allowed.includes(encoding)) throw unsupported(header);
    return encoding;
  });
}

function unsupported(header: string): PermanentError {
  const shown = header.slice(0, 60).replace(/[^\x20-\x7e]/g, '?');
  return new PermanentError('unsupported_media_type', `Content-Encoding "${shown}" not supported`, 'Content-Encoding');
}

/** How long a sender whose body was refused may go on sending, so that it gets to read the answer. */
const LINGER_MS = 2000;

/**
 * Sends the answer. The rest of a body that was refused half-way is thrown away for a while and then the connection is
 * closed: closing at once would reset it before the client has read why.
 */
export function send(request: IncomingMessage, response: ServerResponse, { status, headers, body }: HttpAnswer): void {
  if (response.destroyed) return;
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
  const all: Record<string, string | number> = { ...headers };
  if (status !== 204) all['content-length'] = length;
  const unread = !request.complete;
  if (unread) all.connection = 'close';
  const { socket } = request;
  // With `connection: close` node:http closes the socket behind the answer; one closed with unread bytes is reset.
  if (unread) socket.destroySoon = () => socket.end();
  response.writeHead(status, all);
  response.end(body);
  if (unread) {
    request.resume();
    setTimeout(() => socket.destroy(), LINGER_MS).unref();
  }
}
