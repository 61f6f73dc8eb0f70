import type { IncomingMessage } from 'node:http';
import { PermanentError } from '../runtime/errors.ts';

/**
 * Reads a request's body, at most `bytesMax` bytes. A larger one is refused as soon as that is known: by its
 * Content-Length before a byte is read, otherwise at the byte that is too many. `hold` is told of bytes as they come
 * and may throw to end it. Throws PermanentError `payload_too_large`, or `invalid_body` when the sender gave up half-way.
 */
export function readBody(request: IncomingMessage, bytesMax: number, hold: (bytes: number) => void): Promise<Buffer> {
  const declared = Number(request.headers['content-length'] ?? Number.NaN);
  if (declared > bytesMax) return Promise.reject(tooLarge(bytesMax));
  return Number.isNaN(declared) ? readChunked(request, bytesMax, hold) : readDeclared(request, declared, hold);
}

/**
 * One allocation of the right size: it can be handed to another thread without a copy. node:http keeps to the length.
 * Memory is taken as it is filled, so a length that is only announced costs nothing.
 */
function readDeclared(request: IncomingMessage, bytes: number, hold: (bytes: number) => void): Promise<Buffer> {
  const body = Buffer.from(new ArrayBuffer(bytes));
  let position = 0;
  return collect(request, (chunk) => {
    hold(chunk.length);
    position += chunk.copy(body, position);
  }).then(() => body);
}

function readChunked(request: IncomingMessage, bytesMax: number, hold: (bytes: number) => void): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  return collect(request, (chunk) => {
    bytes += chunk.length;
    if (bytes > bytesMax) throw tooLarge(bytesMax);
    hold(chunk.length);
    chunks.push(chunk);
  }).then(() => Buffer.concat(chunks, bytes));
}

function collect(request: IncomingMessage, take: (chunk: Buffer) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (error: Error) => {
      request.off('data', onData);
      reject(error);
    };
    const onData = (chunk: Buffer) => {
      try {
        take(chunk);
      } catch (error) {
        stop(error as Error);
      }
    };
    request.on('data', onData);
    request.once('end', resolve);
    const cutShort = () => stop(new PermanentError('invalid_body', 'the body ended before its length'));
    request.once('error', cutShort);
    request.once('aborted', cutShort);
  });
}

function tooLarge(bytesMax: number): PermanentError {
  return new PermanentError('payload_too_large', `the body has more than ${bytesMax} bytes (limits.bodyBytesMax)`);
}
