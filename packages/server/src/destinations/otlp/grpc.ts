import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
} from 'node:http2';
import type { Socket } from 'node:net';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { Egress, EgressTls } from '../../runtime/egress/egress.ts';
import { PermanentError, RetryableError } from '../../runtime/errors.ts';
import { failureOf, type Strip, tellText } from '../util/answers.ts';
import { brokenConnection, connectTo } from '../util/tcp.ts';
import { retryDelayMs } from './answer.ts';

const METHOD = '/opentelemetry.proto.collector.logs.v1.LogsService/Export';
const TIMEOUT_MS = 30_000;
const ANSWER_BYTES_MAX = 1 << 20;
const RETRY_DELAY_MS_MAX = 15 * 60_000;
/** Flag of a compressed message, and its length. */
const PREFIX_BYTES = 5;

export interface GrpcCall {
  message: Buffer;
  isCompressed: boolean;
  headers: Readonly<Record<string, string>>;
  signal: AbortSignal;
}

/**
 * Unary calls of gRPC over one connection, which `egress` made: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
 * @grpc/grpc-js resolves names and connects by itself, past the guard of addresses.
 */
export interface GrpcClient {
  /** The answer's message, and how many bytes were sent. */
  call(call: GrpcCall): Promise<{ response: Buffer; bytesSent: number }>;
  close(): void;
}

export function createGrpcClient(
  egress: Egress,
  { url, tls, strip }: { url: string; tls: EgressTls; strip: Strip },
): GrpcClient {
  const { hostname, port, protocol, host } = new URL(url);
  const isTls = protocol === 'https:';
  let session: ClientHttp2Session | null = null;
  const open = async (signal: AbortSignal): Promise<ClientHttp2Session> => {
    if (session !== null && !session.closed && !session.destroyed) return session;
    const socket = await connectTo(egress, {
      host: hostname.replace(/^\[(.*)\]$/, '$1'),
      port: port === '' ? (isTls ? 443 : 80) : Number(port),
      tls: isTls ? tls : null,
      alpn: ['h2'],
      signal,
    });
    // Of calls at the same time, each may have opened one.
    if (session !== null && !session.closed && !session.destroyed) socket.destroy();
    else session = sessionOver(socket, `${protocol}//${host}`);
    return session;
  };
  return {
    call: async ({ message, isCompressed, headers, signal }) => {
      signal.throwIfAborted();
      const body = isCompressed ? await promisify(gzip)(message) : message;
      const prefix = Buffer.alloc(PREFIX_BYTES);
      prefix[0] = isCompressed ? 1 : 0;
      prefix.writeUInt32BE(body.length, 1);
      const stream = (await open(signal)).request({
        ':method': 'POST',
        ':path': METHOD,
        te: 'trailers',
        'content-type': 'application/grpc',
        'grpc-accept-encoding': 'gzip',
        'grpc-timeout': `${TIMEOUT_MS}m`,
        ...(isCompressed && { 'grpc-encoding': 'gzip' }),
        ...headers,
      });
      const response = await unary(stream, Buffer.concat([prefix, body]), { host, signal, strip });
      return { response, bytesSent: PREFIX_BYTES + body.length };
    },
    close: () => session?.destroy(),
  };
}

function sessionOver(socket: Socket, authority: string): ClientHttp2Session {
  const session = connect(authority, { createConnection: () => socket });
  // Streams tell what happened; without a listener it would end the process.
  session.on('error', () => session.destroy());
  session.on('goaway', () => session.close());
  return session;
}

interface Answering {
  host: string;
  signal: AbortSignal;
  strip: Strip;
}

async function unary(stream: ClientHttp2Stream, body: Buffer, answering: Answering): Promise<Buffer> {
  const { host, signal } = answering;
  const abort = () => stream.close(constants.NGHTTP2_CANCEL);
  const timer = setTimeout(() => {
    // Nobody may be at the other end any more: the next call has a connection of its own.
    stream.destroy(timedOut(host));
    stream.session?.destroy();
  }, TIMEOUT_MS);
  signal.addEventListener('abort', abort, { once: true });
  try {
    let headers: IncomingHttpHeaders = {};
    let trailers: IncomingHttpHeaders = {};
    stream.on('response', (given) => {
      headers = given;
    });
    stream.on('trailers', (given) => {
      trailers = given;
    });
    const ended = Promise.withResolvers<void>();
    // `close` follows any error, and is what is waited for.
    stream.on('close', () => ended.resolve());
    let fault: unknown;
    stream.on('error', (error) => {
      fault = error;
    });
    stream.end(body);
    const data = await collect(stream);
    await ended.promise;
    signal.throwIfAborted();
    if (fault !== undefined || headers[':status'] === undefined) throw brokenConnection(host, fault);
    return await readAnswer({ headers, trailers, data }, answering);
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof PermanentError ? error : brokenConnection(host, error);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}

const timedOut = (host: string) =>
  new RetryableError('destination_unavailable', `${host}: there was no answer in time.`, 0);

async function collect(stream: ClientHttp2Stream): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= ANSWER_BYTES_MAX) chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

interface Answer {
  headers: IncomingHttpHeaders;
  trailers: IncomingHttpHeaders;
  data: Buffer;
}

async function readAnswer({ headers, trailers, data }: Answer, { strip }: Answering): Promise<Buffer> {
  // An error without a message has its status in the headers.
  const status = trailers['grpc-status'] ?? headers['grpc-status'];
  if (status === '0') return messageOf(data, headers['grpc-encoding']);
  if (status === undefined) {
    const plain = Object.entries(headers).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
    const answer = { status: Number(headers[':status']), headers: Object.fromEntries(plain), body: data };
    if (answer.status !== 200) throw failureOf(answer, strip);
    throw new RetryableError('destination_unavailable', 'What answers there does not speak gRPC.', 0);
  }
  const told = { ...headers, ...trailers };
  const details = Buffer.from(String(told['grpc-status-details-bin'] ?? ''), 'base64');
  throw failureOfStatus(
    Number(status),
    percentDecoded(String(told['grpc-message'] ?? '')),
    retryDelayMs(details),
    strip,
  );
}

async function messageOf(data: Buffer, encoding: string | string[] | undefined): Promise<Buffer> {
  const message = data.subarray(PREFIX_BYTES);
  if (data[0] !== 1 || encoding !== 'gzip') return message;
  return promisify(gunzip)(message, { maxOutputLength: ANSWER_BYTES_MAX });
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const NAMES = [
  ...['OK', 'CANCELLED', 'UNKNOWN', 'INVALID_ARGUMENT', 'DEADLINE_EXCEEDED', 'NOT_FOUND', 'ALREADY_EXISTS'],
  ...['PERMISSION_DENIED', 'RESOURCE_EXHAUSTED', 'FAILED_PRECONDITION', 'ABORTED', 'OUT_OF_RANGE', 'UNIMPLEMENTED'],
  ...['INTERNAL', 'UNAVAILABLE', 'DATA_LOSS', 'UNAUTHENTICATED'],
];

/**
 * https://opentelemetry.io/docs/specs/otlp/#failures. RESOURCE_EXHAUSTED without RetryInfo is both a message over a limit
 * and a throttle that is not told as it should: only what is said to be too large is sent in smaller parts. Faults of the
 * destination's own are sent again, though OTLP lets go of them: they say nothing about the events.
 */
export function failureOfStatus(
  status: number,
  message: string,
  delayMs: number | null,
  strip: Strip,
): PermanentError | RetryableError {
  const name = NAMES[status] ?? String(status);
  const told = `The destination answered ${name}: ${tellText(message, strip)}`;
  if (name === 'UNAUTHENTICATED' || name === 'PERMISSION_DENIED') {
    return new PermanentError('destination_unauthorized', told);
  }
  const isTooLarge = name === 'RESOURCE_EXHAUSTED' && delayMs === null && /larger than|too large|exceed/i.test(message);
  if (isTooLarge) return new PermanentError('payload_too_large', told);
  if (name === 'INVALID_ARGUMENT') return new PermanentError('destination_rejected', told);
  return new RetryableError('destination_unavailable', told, Math.min(delayMs ?? 0, RETRY_DELAY_MS_MAX));
}
