import { PermanentError } from '../../runtime/errors.ts';
import type { RevealOptions } from '../receiver.ts';
import { inflateCapped } from '../util/inflate.ts';
import { FRAME, frameEnd } from './frames.ts';

/** The frames with those that were compressed as they were before: `decodeFrames` reads both alike. */
export function revealFrames(body: Buffer, { mask, bytesMax }: RevealOptions): Buffer {
  const parts: Buffer[] = [];
  let bytes = 0;
  for (let p = 0; p < body.length; ) {
    const end = frameEnd(body, p);
    if (end < 0) throw new PermanentError('invalid_body', 'the bytes end within a frame');
    const isCompressed = body[p + 1] === FRAME.compressed;
    const part = isCompressed ? inflateCapped(body.subarray(p + 6, end), bytesMax - bytes) : body.subarray(p, end);
    parts.push(part);
    bytes += part.length;
    p = end;
  }
  const revealed = Buffer.concat(parts);
  mask(revealed);
  return revealed;
}
