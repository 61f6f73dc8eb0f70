import { gunzipSync, inflateRawSync, inflateSync, zstdDecompressSync } from 'node:zlib';
import snappy from 'snappy';
import type { ContentEncoding } from '../receivers/receiver.ts';
import { PermanentError } from '../runtime/errors.ts';

/**
 * Undoes Content-Encodings, the last applied first. Nothing is ever expanded beyond `bytesMax`: zlib and zstd stop
 * there, snappy says its size up front. Throws PermanentError `payload_too_large` or `invalid_body`.
 */
export function expand(body: Buffer, encodings: readonly ContentEncoding[], bytesMax: number): Buffer {
  let expanded = body;
  for (let i = encodings.length - 1; i >= 0; i--) expanded = expandOne(expanded, encodings[i], bytesMax);
  if (expanded.length > bytesMax) throw tooLarge(bytesMax);
  return expanded;
}

function expandOne(body: Buffer, encoding: ContentEncoding, bytesMax: number): Buffer {
  if (encoding === 'identity') return body;
  try {
    switch (encoding) {
      case 'gzip':
        return gunzipSync(body, zlibOptions(body, bytesMax));
      case 'deflate':
        return inflate(body, bytesMax);
      case 'zstd':
        return zstdDecompressSync(body, zlibOptions(body, bytesMax));
      case 'snappy':
        return expandSnappy(body, bytesMax);
    }
  } catch (error) {
    if (error instanceof PermanentError) throw error;
    if (isTooLarge(error)) throw tooLarge(bytesMax);
    throw new PermanentError('invalid_body', `the body is no valid ${encoding}`);
  }
}

/** A large first chunk: growing 16 KiB at a time costs half as much again as the decompression. */
function zlibOptions(body: Buffer, bytesMax: number) {
  const chunkSize = Math.max(1024, Math.min(4 << 20, body.length * 8));
  return { chunkSize, maxOutputLength: bytesMax };
}

/** HTTP's deflate is zlib's format; some clients send raw deflate (RFC 9110 §8.4.1.2 notes it). */
function inflate(body: Buffer, bytesMax: number): Buffer {
  try {
    return inflateSync(body, zlibOptions(body, bytesMax));
  } catch (error) {
    if (isTooLarge(error)) throw tooLarge(bytesMax);
    return inflateRawSync(body, zlibOptions(body, bytesMax));
  }
}

function expandSnappy(body: Buffer, bytesMax: number): Buffer {
  if (snappyExpandedBytes(body) > bytesMax) throw tooLarge(bytesMax);
  // The copy is quicker than an external buffer with its finaliser (0.16 against 1.02 µs an event).
  return snappy.uncompressSync(body, { copyOutputData: true }) as Buffer;
}

/** The block format begins with the expanded size as a varint: https://github.com/google/snappy/blob/main/format_description.txt */
function snappyExpandedBytes(body: Buffer): number {
  let size = 0;
  for (let i = 0; i < 5 && i < body.length; i++) {
    size += (body[i] & 0x7f) * 2 ** (7 * i);
    if (body[i] < 0x80) return size;
  }
  throw new PermanentError('invalid_body', 'the body is no valid snappy block');
}

function isTooLarge(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
}

function tooLarge(bytesMax: number): PermanentError {
  return new PermanentError(
    'payload_too_large',
    `the body expands to more than ${bytesMax} bytes (limits.bodyExpandedBytesMax)`,
  );
}
