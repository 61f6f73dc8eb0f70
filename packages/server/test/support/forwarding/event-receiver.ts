import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedEvent {
  id: string;
  message: string;
}

export interface ReceiverAnswer {
  status: number;
  headers?: Record<string, string>;
  body?: object | string;
  /** Whether the events count as received; default: with 2xx. */
  takes?: boolean;
}

/** An HTTP server that keeps what the destination of the tests posts. */
export interface EventReceiver {
  port: number;
  url: string;
  /** All events that were taken, in order, as often as they were. */
  readonly events: ReceivedEvent[];
  /** How many events each call had, whatever was answered. */
  readonly calls: number[];
  /** Batch ids of all calls. */
  readonly batches: string[];
  /** Default: 200. */
  answer: (events: readonly ReceivedEvent[], request: IncomingMessage) => ReceiverAnswer;
  close(): Promise<void>;
}

export async function openEventReceiver(): Promise<EventReceiver> {
  const server = createServer((request, response) => void receive(request, response).catch(() => response.destroy()));
  const receive = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const events = Buffer.concat(chunks)
      .toString()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as ReceivedEvent);
    const { status, headers = {}, body = {}, takes = status < 300 } = receiver.answer(events, request);
    receiver.calls.push(events.length);
    receiver.batches.push(String(request.headers['x-batch']));
    if (takes) receiver.events.push(...notRefused(events, body));
    response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const receiver: EventReceiver = {
    port,
    url: `http://127.0.0.1:${port}/`,
    events: [],
    calls: [],
    batches: [],
    answer: () => ({ status: 200 }),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return receiver;
}

function notRefused(events: readonly ReceivedEvent[], body: object | string): ReceivedEvent[] {
  const { rejected = [], again = [] } = body as Record<'rejected' | 'again', { index: number }[] | undefined>;
  const out = new Set([...rejected, ...again].map(({ index }) => index));
  return events.filter((_, index) => !out.has(index));
}
