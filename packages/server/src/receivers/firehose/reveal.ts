import { isUtf8 } from 'node:buffer';
import { PermanentError } from '../../runtime/errors.ts';
import type { RevealOptions } from '../receiver.ts';
import { contentOf, requestOf } from './request.ts';

/**
 * The request with its records as text, `{"text"}` in the place of `{"data"}`, which `decodeFirehose` reads as well; those
 * that are no text stay Base64. What cannot be unpacked could hide anything: of such a record only its size is kept, and
 * it is rejected again.
 */
export function revealFirehose(body: Buffer, { mask, bytesMax }: RevealOptions): Buffer {
  const { requestId, timestamp, records } = requestOf(body);
  let bytesLeft = bytesMax;
  const revealed = records.map((record) => {
    const content = contentOrNull(record, bytesLeft);
    if (content === null) return { bytes: JSON.stringify(record).length };
    bytesLeft -= content.length;
    mask(content);
    return isUtf8(content) ? { text: content.toString() } : { data: content.toString('base64') };
  });
  const copy = Buffer.from(JSON.stringify({ requestId, timestamp, records: revealed }));
  if (copy.length > bytesMax) throw new PermanentError('payload_too_large', `expected at most ${bytesMax} bytes`);
  return copy;
}

/** Null when it cannot be unpacked. */
function contentOrNull(record: unknown, bytesMax: number): Buffer | null {
  try {
    return contentOf(record, bytesMax);
  } catch (error) {
    if (!(error instanceof PermanentError) || error.code !== 'invalid_body') throw error;
    return null;
  }
}
