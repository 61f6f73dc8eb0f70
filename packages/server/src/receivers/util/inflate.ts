import { gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib';
import { PermanentError } from '../../runtime/errors.ts';

/**
 * For protocols that compress inside of their messages. All throw PermanentError: `payload_too_large` when there would
 * be more than `bytesMax`, and nothing beyond is ever expanded; `invalid_body` when it is no such compression.
 */

/** One gzip member or several, one after another. */
export function gunzipCapped(bytes: Uint8Array, bytesMax: number): Buffer {
  return capped('gzip', bytesMax, () => gunzipSync(bytes, optionsFor(bytes, bytesMax)));
}

/** zlib's format. */
export function inflateCapped(bytes: Uint8Array, bytesMax: number): Buffer {
  return capped('zlib block', bytesMax, () => inflateSync(bytes, optionsFor(bytes, bytesMax)));
}

export function zstdCapped(bytes: Uint8Array, bytesMax: number): Buffer {
  return capped('zstd', bytesMax, () => zstdDecompressSync(bytes, optionsFor(bytes, bytesMax)));
}

/** A large first chunk, as in pipeline/expand.ts. zlib takes no limit of 0. */
function optionsFor(bytes: Uint8Array, bytesMax: number) {
  const chunkSize = Math.max(1024, Math.min(4 << 20, bytes.length * 8));
  return { chunkSize, maxOutputLength: Math.max(1, bytesMax) };
}

function capped(format: string, bytesMax: number, expand: () => Buffer): Buffer {
  try {
    return expand();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') {
      const limit = `${bytesMax} bytes (limits.bodyExpandedBytesMax)`;
      throw new PermanentError('payload_too_large', `what is compressed in the message expands to more than ${limit}`);
    }
    throw new PermanentError('invalid_body', `what the message calls compressed is no valid ${format}`);
  }
}
