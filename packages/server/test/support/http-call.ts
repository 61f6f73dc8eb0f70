import { once } from 'node:events';
import { type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';

/** An answer as it came: tests of errors and leaks look at bytes. */
export interface RawAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
  text: string;
}

export interface CallOptions {
  headers?: OutgoingHttpHeaders;
  body?: Buffer | string;
}

/**
 * One request on a connection of its own. `line` is `METHOD /path?query`. Unlike `fetch` it sends any Host and Origin,
 * and it gets the answer also while the server reads no further.
 */
export async function call(
  { httpPort }: { httpPort: number },
  line: string,
  { headers = {}, body }: CallOptions = {},
): Promise<RawAnswer> {
  const [method, path] = line.split(' ') as [string, string];
  const outgoing = request({ host: '127.0.0.1', port: httpPort, method, path, headers, agent: false });
  const answered = Promise.withResolvers<RawAnswer>();
  outgoing.on('error', answered.reject);
  outgoing.on('response', async (response) => {
    try {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk as Buffer);
      const whole = Buffer.concat(chunks);
      const { statusCode = 0, headers } = response;
      answered.resolve({ status: statusCode, headers, body: whole, text: whole.toString('latin1') });
    } catch (error) {
      answered.reject(error as Error);
    } finally {
      outgoing.destroy();
    }
  });
  outgoing.end(body);
  return answered.promise;
}

/** A socket that says whatever a test wants. */
export interface RawConnection {
  /** False when the other side takes nothing any more. */
  write(bytes: string | Uint8Array): Promise<boolean>;
  /** Ends our side only. */
  end(): void;
  /** Everything that came, as latin1. */
  received(): string;
  /** Resolves with everything that came, once the server has ended its side. Rejects after a minute. */
  closed: Promise<string>;
  destroy(): void;
}

const CLOSE_TIMEOUT_MS = 60_000;

export async function openRaw({ httpPort }: { httpPort: number }): Promise<RawConnection> {
  const socket = connect({ host: '127.0.0.1', port: httpPort, allowHalfOpen: true });
  await once(socket, 'connect');
  let received = '';
  let isOpen = true;
  socket.setEncoding('latin1').on('data', (text: string) => {
    received += text;
  });
  const closed = Promise.withResolvers<string>();
  closed.promise.catch(() => {});
  const timer = setTimeout(
    () => closed.reject(new Error(`not closed; received ${received.slice(0, 500)}`)),
    CLOSE_TIMEOUT_MS,
  );
  const onEnd = () => {
    clearTimeout(timer);
    closed.resolve(received);
  };
  const onClose = () => {
    isOpen = false;
    onEnd();
  };
  // A reset comes as an error; what was received before it counts.
  socket.on('end', onEnd).on('error', onClose).on('close', onClose);
  return {
    write: (bytes) =>
      new Promise((resolve) => {
        if (!isOpen) return resolve(false);
        socket.write(bytes, (error) => resolve(!error));
      }),
    end: () => socket.end(),
    received: () => received,
    closed: closed.promise,
    destroy: () => socket.destroy(),
  };
}
