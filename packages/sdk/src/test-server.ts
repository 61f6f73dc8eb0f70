import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import zlib from 'node:zlib';

/** For tests: the wire as the server has it, which refuses what the real one refuses, and answers as it is told. */
export interface TestServer {
  url: string;
  /** Bodies of `POST /api/logs` that were accepted, and what their header said. */
  batches: { first: number; count: number; header: string; lines: Record<string, unknown>[] }[];
  checkIns: Record<string, unknown>[];
  /** Statuses of the next requests to /api/logs, with Retry-After; then 202. */
  answers: (number | [status: number, retryAfter: string])[];
  /** Requests to /api/logs so far. */
  requests: number;
  close(): Promise<void>;
}

function expand(body: Buffer, encoding: string | undefined): Buffer {
  if (encoding === undefined) return body;
  return encoding === 'zstd' ? zlib.zstdDecompressSync(body) : zlib.gunzipSync(body);
}

export async function startTestServer(): Promise<TestServer> {
  const state: Omit<TestServer, 'url' | 'close'> = { batches: [], checkIns: [], answers: [], requests: 0 };
  const receive = (
    path: string,
    header: string,
    body: string,
  ): [status: number, answer: object, retryAfter?: string] => {
    if (path === '/api/producers/check-in') {
      state.checkIns.push(JSON.parse(body));
      return [200, { log_levels: [], next_check_in_ms: 5000 }];
    }
    state.requests++;
    const told = state.answers.shift() ?? 202;
    const [status, retryAfter] = Array.isArray(told) ? told : [told];
    const lines = body
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
    const { first, count } = Object.fromEntries(header.split('; ').map((part) => part.split('=')));
    if (lines.length !== Number(count)) return [400, { error: { message: 'another number of events' } }];
    if (status !== 202) return [status, { error: { message: `told to answer ${status}` } }, retryAfter];
    state.batches.push({ first: Number(first), count: Number(count), header, lines });
    return [202, { accepted: lines.length, rejected: [], position: '1' }];
  };
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body = expand(Buffer.concat(parts), request.headers['content-encoding']).toString('utf8');
      const [status, answer, retryAfter] = receive(
        request.url ?? '',
        String(request.headers['x-tailwater-producer']),
        body,
      );
      if (retryAfter !== undefined) response.setHeader('retry-after', retryAfter);
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(state, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    },
  });
}
