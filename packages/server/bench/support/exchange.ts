import { connect, type Socket } from 'node:net';

/** A connection on which one message is sent at a time and answered before the next. */
export interface Exchange {
  /** Resolves with the answer's first bytes, as latin1 text, once all of it is there. */
  send(message: Buffer): Promise<string>;
  close(): void;
}

/** The position behind an answer that is all there, 0 while it is not. */
export type AnswerEnd = (answer: Buffer) => number;

/**
 * Opens a connection that writes bytes as they are: a sender that costs next to nothing, so that on a small machine it
 * takes no CPU from the server it measures, and keeps it busy.
 */
export async function openExchange(port: number, answerEnd: AnswerEnd): Promise<Exchange> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  let answered: { resolve(text: string): void; reject(error: Error): void } | null = null;
  let received: Buffer = Buffer.alloc(0);
  const fail = (error: Error) => answered?.reject(error);
  socket.on('error', fail);
  socket.on('close', () => fail(new Error(`the server closed the connection after ${received.toString('latin1')}`)));
  socket.on('data', (chunk: Buffer) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    const end = answerEnd(received);
    if (end === 0) return;
    const text = received.toString('latin1', 0, Math.min(end, 400));
    received = received.subarray(end);
    answered?.resolve(text);
  });
  await connected(socket);
  return {
    send: (message) =>
      new Promise((resolve, reject) => {
        answered = { resolve, reject };
        socket.write(message);
      }),
    close: () => {
      answered = null;
      socket.destroy();
    },
  };
}

function connected(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
}

const HEAD_END = '\r\n\r\n';

/** Of HTTP answers with a Content-Length, or without a body. */
export const httpAnswerEnd: AnswerEnd = (answer) => {
  const headEnd = answer.indexOf(HEAD_END);
  if (headEnd < 0) return 0;
  const length = /^content-length: *(\d+)/im.exec(answer.toString('latin1', 0, headEnd));
  const end = headEnd + HEAD_END.length + Number(length?.[1] ?? 0);
  return end <= answer.length ? end : 0;
};

/** A request as bytes. */
export function httpRequest(path: string, headers: Readonly<Record<string, string>>, body: Buffer): Buffer {
  const lines = Object.entries({ host: 'localhost', ...headers, 'content-length': String(body.length) });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return Buffer.concat([Buffer.from(`POST ${path} HTTP/1.1\r\n${head}\r\n`, 'latin1'), body]);
}
