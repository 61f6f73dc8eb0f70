import { once } from 'node:events';
import type { FastifyReply } from 'fastify';
import { errorAnswer } from './errors.ts';

/** Text handed to the socket at a time: enough that the cost of a write does not show. */
const WRITE_CHARACTERS = 64 << 10;

interface StreamOptions {
  requestId: string;
  onFault: (error: unknown, requestId: string) => void;
  /** `content-type` and others. */
  headers: Record<string, string>;
  /** A last line for an error that comes late. */
  errorLine?: (body: object) => string;
  /** Told of bytes that were handed to the socket. */
  onWritten?: (bytes: number) => void;
}

/** Streams lines as application/x-ndjson, as `streamLines` does. Late errors come as a last line `{"error":…}`. */
export function streamNdjson(
  reply: FastifyReply,
  chunks: AsyncIterator<string[]>,
  options: Pick<StreamOptions, 'requestId' | 'onFault'>,
): Promise<void> {
  const headers = { 'content-type': 'application/x-ndjson' };
  return streamLines(reply, chunks, { ...options, headers, errorLine: (body) => `${JSON.stringify(body)}\n` });
}

/**
 * Streams lines, no faster than the client reads. The first chunk is awaited before the status is sent, so that what
 * fails at once is answered as any other error: this rejects then. On later errors the connection is cut instead of
 * ended, so that no client takes the part for the whole.
 */
export async function streamLines(
  reply: FastifyReply,
  chunks: AsyncIterator<string[]>,
  { requestId, onFault, headers, errorLine, onWritten }: StreamOptions,
): Promise<void> {
  const first = await chunks.next();
  const { raw } = reply;
  reply.hijack();
  raw.writeHead(200, { ...(reply.getHeaders() as Record<string, string>), ...headers });
  const closed = new Promise<void>((resolve) => raw.once('close', resolve));
  try {
    for (let next = first; next.done !== true && !raw.destroyed; next = await chunks.next()) {
      for (const text of pieces(next.value)) {
        onWritten?.(Buffer.byteLength(text));
        if (!raw.write(text)) await Promise.race([once(raw, 'drain').catch(() => {}), closed]);
        if (raw.destroyed) return;
      }
    }
    raw.end();
  } catch (error) {
    if (raw.destroyed) return;
    const { body, isFault } = errorAnswer(error, requestId);
    if (isFault) onFault(error, requestId);
    raw.write(errorLine?.(body) ?? '', () => raw.destroy());
  } finally {
    await chunks.return?.();
  }
}

function* pieces(lines: readonly string[]): Generator<string> {
  let text = '';
  for (const line of lines) {
    text += `${line}\n`;
    if (text.length < WRITE_CHARACTERS) continue;
    yield text;
    text = '';
  }
  if (text !== '') yield text;
}
