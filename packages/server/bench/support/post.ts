import http from 'node:http';

/** A plain client with kept-alive connections: its CPU is not what is measured, but it must not be in the way. */
export interface Poster {
  post(path: string, body: Buffer, headers: Record<string, string>): Promise<{ status: number; text: string }>;
  close(): void;
}

export function openPoster(url: string, connections: number): Poster {
  const { hostname, port } = new URL(url);
  const agent = new http.Agent({ keepAlive: true, maxSockets: connections });
  return {
    post: (path, body, headers) =>
      new Promise((resolve, reject) => {
        const request = http.request(
          { hostname, port, path, method: 'POST', agent, headers: { ...headers, 'content-length': body.length } },
          (response) => {
            const chunks: Buffer[] = [];
            response.on('data', (chunk: Buffer) => chunks.push(chunk));
            response.on('end', () =>
              resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
            );
          },
        );
        request.on('error', reject);
        request.end(body);
      }),
    close: () => agent.destroy(),
  };
}

/** Runs `work` on every item, `width` at a time, in order of their start. */
export async function inParallel<T>(
  items: Iterable<T>,
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const iterator = items[Symbol.iterator]();
  const lane = async () => {
    for (let next = iterator.next(); next.done !== true; next = iterator.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: width }, lane));
}
