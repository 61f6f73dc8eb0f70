import { type IncomingMessage, request } from 'node:http';
import { WebSocket } from 'ws';

/** A live tail as bytes: tests of leaks look at all that came. */
export interface TailBytes {
  /** 200 for an open stream, 101 for an open WebSocket, otherwise the refusal's. */
  status: number;
  /** All that came so far; the body of a refusal. */
  received(): string;
  close(): void;
}

export type TailTransport = 'sse' | 'web-socket';
export const TAIL_TRANSPORTS: readonly TailTransport[] = ['sse', 'web-socket'];

export function openTailBytes(
  server: { httpPort: number },
  transport: TailTransport,
  path: string,
  headers: Record<string, string>,
): Promise<TailBytes> {
  return transport === 'sse' ? openSse(server, path, headers) : openWebSocket(server, path, headers);
}

function openSse({ httpPort }: { httpPort: number }, path: string, headers: Record<string, string>) {
  return new Promise<TailBytes>((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port: httpPort, path, headers, agent: false });
    outgoing.on('error', reject).on('response', (response) => {
      outgoing.off('error', reject).on('error', () => {});
      void collected(response, () => outgoing.destroy()).then(resolve);
    });
    outgoing.end();
  });
}

/** Resolves when it is a stream, or with the whole of a refusal. */
async function collected(response: IncomingMessage, close: () => void): Promise<TailBytes> {
  let text = '';
  response.setEncoding('latin1').on('data', (piece: string) => {
    text += piece;
  });
  response.on('error', () => {});
  const status = response.statusCode ?? 0;
  if (status !== 200) await new Promise((resolve) => response.once('close', resolve));
  return { status, received: () => text, close };
}

function openWebSocket({ httpPort }: { httpPort: number }, path: string, headers: Record<string, string>) {
  return new Promise<TailBytes>((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${httpPort}${path}`, { headers });
    let text = '';
    socket.on('message', (data) => {
      text += `${data.toString()}\n`;
    });
    socket.on('error', () => {});
    socket.on('unexpected-response', (_, response) => {
      void collected(response, () => socket.terminate()).then(resolve);
    });
    socket.on('open', () => resolve({ status: 101, received: () => text, close: () => socket.terminate() }));
  });
}
