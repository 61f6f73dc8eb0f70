import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** One request as it came. */
export interface Received {
  line: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

export interface HttpReceiver {
  url: string;
  port: number;
  received: Received[];
  /** What is answered: a status, and maybe words. Default 202. */
  answer: (request: Received) => { status: number; headers?: Record<string, string>; body?: string };
  close(): Promise<void>;
}

/** Takes everything on a port of this machine, and keeps it. */
export async function httpReceiver(): Promise<HttpReceiver> {
  const server: Server = createServer(async (request, response) => {
    const { method, url, headers } = request;
    const received = { line: `${method} ${url}`, headers, body: await buffer(request) };
    receiver.received.push(received);
    const { status, headers: own, body = '' } = receiver.answer(received);
    response.writeHead(status, { 'content-type': 'application/json', ...own }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const receiver: HttpReceiver = {
    url: `http://127.0.0.1:${port}`,
    port,
    received: [],
    answer: () => ({ status: 202, body: '{}' }),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return receiver;
}
