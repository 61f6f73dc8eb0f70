import { PassThrough, type Readable, type Transform } from 'node:stream';
import { createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import type { ContentEncoding } from '../receivers/receiver.ts';
import { PermanentError } from '../runtime/errors.ts';

const CHUNK_BYTES = 64 << 10;

/** Encodings that can be undone while the body comes; several members or frames behind one another are one body. */
const EXPANDERS: Partial<Record<ContentEncoding, () => Transform>> = {
  gzip: () => createGunzip({ chunkSize: CHUNK_BYTES }),
  deflate: () => createInflate({ chunkSize: CHUNK_BYTES }),
  zstd: () => createZstdDecompress({ chunkSize: CHUNK_BYTES }),
};

export const canExpandStream = (encodings: readonly ContentEncoding[]): boolean =>
  encodings.every((encoding) => encoding === 'identity' || encoding in EXPANDERS);

/**
 * Undoes Content-Encodings of a body that is still coming, the last applied first. At most two chunks of each layer are
 * held, however much there is: the reader's pace is the expander's, and the reader caps what it keeps. Fails with
 * PermanentError `invalid_body` for what is no such encoding, and as the source does, which is left open for the answer.
 */
export function expandStream(source: Readable, encodings: readonly ContentEncoding[]): Readable {
  const expanders = encodings.flatMap((encoding) => EXPANDERS[encoding]?.() ?? []).reverse();
  if (expanders.length === 0) return source;
  const expanded = new PassThrough();
  const invalid = new PermanentError('invalid_body', `the body is no valid ${encodings.join(', ')}`);
  for (const expander of expanders) expander.on('error', () => expanded.destroy(invalid));
  source.once('error', (error) => expanded.destroy(error));
  // Also when the reader has had enough.
  expanded.once('close', () => {
    source.unpipe(expanders[0]);
    for (const expander of expanders) expander.destroy();
  });
  [...expanders, expanded].reduce((from: Readable, to: Transform) => from.pipe(to), source);
  return expanded;
}
