import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { type Fault, RETRY_AFTER_S } from './vendor.ts';

/** A request as the vendor's handler sees it. */
export interface VendorRequest {
  method: string;
  /** Without the query. */
  path: string;
  query: URLSearchParams;
  headers: Readonly<Record<string, string>>;
  /** As sent. */
  wire: Buffer;
  /** Without gzip or zstd. */
  body: Buffer;
}

export interface VendorAnswer {
  status: number;
  headers?: Record<string, string>;
  body?: unknown;
}

export interface HttpVendor {
  origin: string;
  requests: VendorRequest[];
  fail(fault: Fault | null): void;
  stalled(): Promise<void>;
  complaints: string[];
  close(): Promise<void>;
}

export const HTTP_FAULTS: readonly Fault[] = [
  'throttled',
  'failing',
  'reset',
  'stalled',
  'too_large',
  'gone',
  'redirect',
];

interface Options {
  handle: (request: VendorRequest) => VendorAnswer | Promise<VendorAnswer>;
  /** Requests that faults are for; others are answered as ever. Default: all. */
  isDelivery?: (request: VendorRequest) => boolean;
  /** Of every answer. */
  headers?: Record<string, string>;
}

/** Starts the server of a vendor on a port of its own. */
export async function openHttpVendor({ handle, isDelivery = () => true, headers = {} }: Options): Promise<HttpVendor> {
  let fault: Fault | null = null;
  let stall = Promise.withResolvers<void>();
  const requests: VendorRequest[] = [];
  const complaints: string[] = [];
  const server = createServer(async (incoming, answer) => {
    const request = await readRequest(incoming);
    if (request === null) return;
    if ('complaint' in request) {
      complaints.push(request.complaint);
      reply(answer, { status: 400, body: request.complaint });
      return;
    }
    requests.push(request);
    if (fault !== null && isDelivery(request)) {
      if (fault === 'stalled') stall.resolve();
      doWrong(fault, request, answer);
      return;
    }
    const answered = await handle(request);
    if (answered.status >= 400) complaints.push(`${request.path}: ${answered.status} ${JSON.stringify(answered.body)}`);
    reply(answer, { ...answered, headers: { ...headers, ...answered.headers } });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    complaints,
    fail: (next) => {
      stall = Promise.withResolvers();
      fault = next;
    },
    stalled: () => stall.promise,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

const EXPAND: Readonly<Record<string, (wire: Buffer) => Buffer>> = {
  identity: (wire) => wire,
  gzip: (wire) => gunzipSync(wire),
  zstd: (wire) => zstdDecompressSync(wire),
};

async function readRequest(incoming: IncomingMessage): Promise<VendorRequest | { complaint: string } | null> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
  } catch {
    return null;
  }
  const url = new URL(incoming.url!, 'http://vendor');
  const headers = incoming.headers as Record<string, string>;
  const wire = Buffer.concat(chunks);
  const encoding = headers['content-encoding'] ?? 'identity';
  const expand = EXPAND[encoding];
  if (expand === undefined) return { complaint: `content-encoding ${encoding}` };
  if (wire.length > 0 && headers['content-length'] !== String(wire.length)) return { complaint: 'no content-length' };
  const body = expand(wire);
  return { method: incoming.method!, path: url.pathname, query: url.searchParams, headers, wire, body };
}

function reply(answer: ServerResponse, { status, headers = {}, body = '' }: VendorAnswer): void {
  const isText = typeof body === 'string';
  answer.writeHead(status, { 'content-type': isText ? 'text/plain' : 'application/json', ...headers });
  answer.end(isText ? body : JSON.stringify(body));
}

const STATUS: Partial<Record<Fault, number>> = {
  throttled: 429,
  failing: 500,
  too_large: 413,
  gone: 410,
  redirect: 302,
};

function doWrong(fault: Fault, request: VendorRequest, answer: ServerResponse): void {
  if (fault === 'reset') answer.socket?.resetAndDestroy();
  const status = STATUS[fault];
  if (status === undefined) return;
  const headers = {
    ...(fault === 'throttled' && { 'retry-after': String(RETRY_AFTER_S) }),
    ...(fault === 'redirect' && { location: `https://elsewhere.example${request.path}?${request.query}` }),
  };
  reply(answer, { status, headers, body: echo(request) });
}

/** What a careless vendor writes into an error: everything. */
export function echo({ method, path, query, headers }: VendorRequest): string {
  return `${method} ${path}?${query} ${decodeURIComponent(path)} ${JSON.stringify(headers)} ${'long '.repeat(2000)}`;
}
