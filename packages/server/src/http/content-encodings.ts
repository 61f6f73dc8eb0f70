import type { ContentEncoding, ReceiverRoute, RequestHead } from '../receivers/receiver.ts';
import { PermanentError } from '../runtime/errors.ts';

const ENCODING_NAMES: Record<string, ContentEncoding> = {
  identity: 'identity',
  gzip: 'gzip',
  'x-gzip': 'gzip',
  deflate: 'deflate',
  zlib: 'deflate',
  zstd: 'zstd',
  snappy: 'snappy',
};

/** graypy names both, and sends zlib: https://github.com/severb/graypy/blob/2.1.0/graypy/handler.py#L318 */
const GRAYPY = 'gzip,deflate';

/**
 * The encodings to undo, in the order they were applied: two named ones at the most, to keep bombs in bombs out.
 * @throws PermanentError `unsupported_media_type`
 */
export function contentEncodings(
  route: Pick<ReceiverRoute, 'encodings' | 'innerEncoding'>,
  format: string,
  { headers }: Pick<RequestHead, 'headers'>,
): ContentEncoding[] {
  const named = namedEncodings(headers['content-encoding'], route.encodings(format));
  const inner = route.innerEncoding?.(format) ?? null;
  return inner === null || named[0] === inner ? named : [inner, ...named];
}

function namedEncodings(header: string | undefined, allowed: readonly ContentEncoding[]): ContentEncoding[] {
  if (header === undefined || header === '') return [allowed[0]];
  const names = (header === GRAYPY ? 'deflate' : header).split(',').map((name) => name.trim().toLowerCase());
  if (names.length > 2) throw unsupported(header, allowed);
  return names.map((name) => {
    const encoding = Object.hasOwn(ENCODING_NAMES, name) ? ENCODING_NAMES[name] : undefined;
    if (encoding === undefined || !allowed.includes(encoding)) throw unsupported(header, allowed);
    return encoding;
  });
}

function unsupported(header: string, allowed: readonly ContentEncoding[]): PermanentError {
  const shown = header.slice(0, 60).replace(/[^\x20-\x7e]/g, '?');
  const message = `Content-Encoding "${shown}" not supported: this path reads ${allowed.join(', ')}`;
  return new PermanentError('unsupported_media_type', message, 'Content-Encoding');
}
