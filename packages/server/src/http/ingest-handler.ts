import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Sender } from '../admission/admission.ts';
import type { IngestTask } from '../pipeline/ingest.ts';
import type { IngestClient } from '../pipeline/ingest-client.ts';
import { parseSequence } from '../producers/sequence.ts';
import type {
  HttpAnswer,
  IngestOutcome,
  Receipt,
  Receiver,
  ReceiverRoute,
  RequestHead,
} from '../receivers/receiver.ts';
import { routeDecoder } from '../receivers/registry.ts';
import type { FindReceiver, Match } from '../receivers/router.ts';
import { rejectionReason } from '../receivers/util/rejection.ts';
import { PermanentError, RetryableError } from '../runtime/errors.ts';
import { answerProbe } from './answer-probe.ts';
import { readBody } from './body.ts';
import { contentEncodings } from './content-encodings.ts';
import { isStreamed, type StreamDependencies, streamRequest } from './stream-request.ts';
import { pathWithoutKey, withoutKey } from './without-key.ts';

export interface IngestHandlerDependencies extends StreamDependencies {
  find: FindReceiver;
  /** Resolves once everything up to `position` is searchable; false when that takes too long. */
  waitStored(position: number): Promise<boolean>;
  onAnswer(receiver: string, status: number, receipt: Receipt | null): void;
  /** A fault of ours: goes to the server's own log under the request's id. */
  onFault(error: unknown, requestId: string): void;
}

/** One request on its way through the handler. */
export interface Exchange {
  head: RequestHead;
  receiver: Receiver;
  request: IncomingMessage;
  response: ServerResponse;
  requestId: string;
}

/**
 * Answers requests to the receivers' paths; returns false for every other path. Bytes go from the socket to the ingest
 * worker untouched; only then is anything parsed.
 */
export function createIngestHandler(dependencies: IngestHandlerDependencies) {
  return (request: IncomingMessage, response: ServerResponse): boolean => {
    const url = request.url ?? '/';
    const mark = url.indexOf('?');
    const path = mark < 0 ? url : url.slice(0, mark);
    const match = dependencies.find(request.method ?? '', path);
    if (match === null) return false;
    // Another method on a path below /api/ belongs to the API.
    if (match.kind === 'method' && path.startsWith('/api/')) return false;
    const head: RequestHead = {
      method: request.method ?? '',
      path,
      query: new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1)),
      params: match.params,
      headers: request.headers as Record<string, string | undefined>,
    };
    if (match.kind === 'probe' && match.probe.claims?.(head) === false) return false;
    const exchange = { head, receiver: match.receiver, request, response, requestId: requestIdOf(head) };
    void answer(dependencies, match, exchange);
    return true;
  };
}

async function answer(dependencies: IngestHandlerDependencies, match: Match, exchange: Exchange): Promise<void> {
  if (match.kind === 'probe') return answerProbe(dependencies, match.probe, exchange);
  const { head, receiver, request, response, requestId } = exchange;
  const { route } = match;
  const progress: Progress = { sender: null, body: null, receipt: null };
  const outcome =
    match.kind === 'method'
      ? failed(new PermanentError('method_not_allowed', `${head.path} answers ${match.allow}`), progress, requestId)
      : await outcomeOf(dependencies, route, exchange, progress);
  const { status, headers, body } = route.respond(outcome, head);
  if (match.kind === 'method') headers.allow = match.allow;
  if (status === 401) headers['www-authenticate'] ??= 'Bearer';
  dependencies.onAnswer(receiver.id, status, outcome.kind === 'accepted' ? outcome.receipt : progress.receipt);
  await noteRefused(dependencies, exchange, status, outcome, progress.body);
  send(request, response, { status, headers: { ...headers, 'x-request-id': requestId }, body });
}

/** How far a request came: for the note of one that was refused. */
interface Progress {
  sender: Sender | null;
  /** First bytes of the body. */
  body: Buffer | null;
  /** Of the pieces of a body that failed later on. */
  receipt: Receipt | null;
}

function failed(error: PermanentError | RetryableError, { sender }: Progress, requestId: string): IngestOutcome {
  return { kind: 'failed', error, orgId: sender?.orgId ?? null, requestId };
}

async function noteRefused(
  { admission }: IngestHandlerDependencies,
  { head, receiver, request }: Exchange,
  status: number,
  outcome: IngestOutcome,
  body: Buffer | null,
): Promise<void> {
  const refusal = refusalOf(outcome);
  if (refusal === null) return;
  const secret = receiver.credential?.(head);
  admission.note({
    receiver: receiver.id,
    orgId: outcome.orgId ?? (await admission.orgOfRefused(refusal.code, { headers: head.headers, secret })),
    remoteAddress: request.socket.remoteAddress ?? '',
    path: pathWithoutKey(head, secret),
    status,
    ...refusal,
    body,
  });
}

function refusalOf(outcome: IngestOutcome) {
  if (outcome.kind === 'failed') {
    return { code: outcome.error.code, reason: outcome.error.message, rejectedEvents: null };
  }
  const { rejectedCount, rejections } = outcome.receipt;
  if (rejectedCount === 0) return null;
  const first = rejections.at(0);
  return {
    code: first?.code ?? 'invalid_body',
    reason: first === undefined ? '' : rejectionReason(first),
    rejectedEvents: rejectedCount,
  } as const;
}

/** An id the client sent, if it is harmless to print, otherwise a new one. */
function requestIdOf(head: RequestHead): string {
  const sent = head.headers['x-request-id'];
  return sent !== undefined && /^[\w.:-]{1,128}$/.test(sent) ? sent : randomUUID();
}

async function outcomeOf(
  dependencies: IngestHandlerDependencies,
  route: ReceiverRoute,
  exchange: Exchange,
  progress: Progress,
): Promise<IngestOutcome> {
  const { requestId } = exchange;
  try {
    const receipt = await ingestRequest(dependencies, route, exchange, progress);
    return { kind: 'accepted', receipt, orgId: progress.sender!.orgId, requestId };
  } catch (error) {
    if (error instanceof PermanentError || error instanceof RetryableError) return failed(error, progress, requestId);
    dependencies.onFault(error, requestId);
    return failed(new RetryableError('overloaded', 'a fault of the server', 1000), progress, requestId);
  }
}

/** Bytes of a body that are kept for the note of a request that was refused. */
const FIRST_BYTES = 512;

async function ingestRequest(
  dependencies: IngestHandlerDependencies,
  route: ReceiverRoute,
  exchange: Exchange,
  progress: Progress,
): Promise<Receipt> {
  const { head } = exchange;
  const sender = await authorize(dependencies, route, exchange);
  progress.sender = sender;
  const format = route.format(head);
  const encodings = contentEncodings(route, format, head);
  const receipt = isStreamed(route, head, encodings)
    ? await streamRequest(dependencies, {
        request: exchange.request,
        split: route.split!,
        orgId: sender.orgId,
        encodings,
        authorize: () => authorize(dependencies, route, exchange),
        task: taskOf(route, exchange, format),
        progress,
      })
    : await submitWhole(dependencies, route, exchange, progress, { ...taskOf(route, exchange, format), encodings });
  // Waiting is for those who have a secret: it holds a connection.
  const waits = head.query.get('ack') === 'stored' && route.forBrowsers !== true;
  if (!waits || receipt.position === null) return receipt;
  return { ...receipt, stored: await dependencies.waitStored(receipt.position) };
}

async function authorize(
  { admission }: IngestHandlerDependencies,
  route: ReceiverRoute,
  { head, receiver, request }: Exchange,
): Promise<Sender> {
  const sender = await admission.authorize({
    headers: head.headers,
    secret: receiver.credential?.(head),
    remoteAddress: request.socket.remoteAddress,
  });
  admission.checkRoute(sender, route.forBrowsers === true, head.headers.origin);
  return sender;
}

async function submitWhole(
  { admission, bodyBytesMax, ingest }: IngestHandlerDependencies,
  route: ReceiverRoute,
  { head, request }: Exchange,
  progress: Progress,
  task: Omit<IngestTask, 'orgId' | 'settings' | 'body'>,
): Promise<Receipt> {
  const sequence = route.takesSequences === true ? parseSequence(head.headers['x-tailwater-producer']) : undefined;
  const body = await readHeldBody(ingest, request, Math.min(bodyBytesMax, route.bodyBytesMax ?? bodyBytesMax));
  // Copied: the body itself goes to the worker.
  progress.body = Buffer.from(body.subarray(0, FIRST_BYTES));
  return admission.submit(progress.sender!, { ...task, body }, sequence);
}

/** What is known of the task before its body. */
function taskOf(route: ReceiverRoute, { head, receiver }: Exchange, format: string) {
  const request = { format, ...withoutKey(head, receiver.credential?.(head)), receivedAtMs: Date.now() };
  return { decoder: routeDecoder(route), receiver: receiver.id, request };
}

/** While a body is read its bytes count as under way: many slow ones together are refused, not kept. */
export async function readHeldBody(
  ingest: IngestClient,
  request: IncomingMessage,
  bodyBytesMax: number,
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
