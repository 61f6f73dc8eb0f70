import { PermanentError } from '../../runtime/errors.ts';

/**
 * Frames of the Lumberjack protocol: a version (`1` or `2`), a type, and what the type says.
 * https://github.com/logstash-plugins/logstash-input-beats/blob/main/PROTOCOL.md
 */
export const FRAME = { window: 0x57, json: 0x4a, data: 0x44, compressed: 0x43, ack: 0x41 } as const;

/** Pairs of one data frame. An event has fewer: limits.eventAttributesMax. */
const PAIRS_MAX = 10_000;

/**
 * The position behind the frame at `start`, -1 when the bytes end within it. Throws PermanentError when there is none.
 */
export function frameEnd(bytes: Buffer, start: number): number {
  const { length } = bytes;
  if (start >= length) return -1;
  if (bytes[start] !== 0x32 && bytes[start] !== 0x31) throw noFrame();
  if (start + 2 > length) return -1;
  switch (bytes[start + 1]) {
    case FRAME.window:
    case FRAME.ack:
      return start + 6 <= length ? start + 6 : -1;
    case FRAME.compressed:
      return blockEnd(bytes, start + 2);
    case FRAME.json:
      return blockEnd(bytes, start + 6);
    case FRAME.data:
      return dataEnd(bytes, start + 6);
    default:
      throw noFrame();
  }
}

/** The position behind a length and as many bytes, -1 when they are not all there. */
function blockEnd(bytes: Buffer, position: number): number {
  if (position + 4 > bytes.length) return -1;
  const end = position + 4 + bytes.readUInt32BE(position);
  return end <= bytes.length ? end : -1;
}

function dataEnd(bytes: Buffer, position: number): number {
  if (position + 4 > bytes.length) return -1;
  const pairs = bytes.readUInt32BE(position);
  if (pairs > PAIRS_MAX) throw new PermanentError('invalid_body', `a data frame may have ${PAIRS_MAX} pairs`);
  let p = position + 4;
  for (let i = 0; i < pairs * 2 && p >= 0; i++) p = blockEnd(bytes, p);
  return p;
}

function noFrame(): PermanentError {
  return new PermanentError('invalid_body', 'expected a frame of the Lumberjack protocol, version 1 or 2');
}
