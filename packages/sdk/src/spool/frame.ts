import { crc32 } from 'node:zlib';
import type { ProducerFacts, Shipment } from '../wire.ts';

/**
 * A frame: length and CRC-32 of what follows (each 4 bytes, little-endian), a line of JSON that says whose events these
 * are and which, and the events as NDJSON. Every frame tells all that is needed to send it.
 */
const HEADER_BYTES = 8;
/** More is no length but damage: a shipment has about 1 MiB. */
export const FRAME_BYTES_MAX = 8 << 20;
const LINE_BREAK = 0x0a;

interface FrameFacts {
  producer: ProducerFacts;
  first: number;
  count: number;
  next: number;
  atMs: number;
  lost: Record<string, number>;
}

export function encodeFrame({ body, ...facts }: Shipment): Buffer {
  const { producer, first, count, next, atMs, lost } = facts;
  const line = Buffer.from(`${JSON.stringify({ producer, first, count, next, atMs, lost })}\n`);
  const frame = Buffer.allocUnsafe(HEADER_BYTES + line.length + body.length);
  line.copy(frame, HEADER_BYTES);
  body.copy(frame, HEADER_BYTES + line.length);
  frame.writeUInt32LE(frame.length - HEADER_BYTES, 0);
  frame.writeUInt32LE(crc32(frame.subarray(HEADER_BYTES)), 4);
  return frame;
}

/**
 * What stands at `start`: a frame and where it ends; how many bytes are wanted to read one; damage, and where to read on
 * (null: nowhere).
 */
export type Read =
  | { kind: 'frame'; shipment: Shipment; end: number }
  | { kind: 'wanted'; bytes: number }
  | { kind: 'damage'; end: number | null };

export function readFrame(bytes: Buffer, start: number): Read {
  const left = bytes.length - start;
  if (left < HEADER_BYTES) return { kind: 'wanted', bytes: HEADER_BYTES };
  const length = bytes.readUInt32LE(start);
  if (length === 0 || length > FRAME_BYTES_MAX) return { kind: 'damage', end: null };
  if (left < HEADER_BYTES + length) return { kind: 'wanted', bytes: HEADER_BYTES + length };
  const end = start + HEADER_BYTES + length;
  const payload = bytes.subarray(start + HEADER_BYTES, end);
  if (crc32(payload) !== bytes.readUInt32LE(start + 4)) return { kind: 'damage', end };
  try {
    const lineEnd = payload.indexOf(LINE_BREAK);
    const facts = JSON.parse(payload.toString('utf8', 0, lineEnd)) as FrameFacts;
    return { kind: 'frame', shipment: { ...facts, body: payload.subarray(lineEnd + 1) }, end };
  } catch {
    return { kind: 'damage', end };
  }
}

/** The two as one, when the second follows the first. */
export function joinShipments(parts: readonly Shipment[]): Shipment {
  const last = parts[parts.length - 1];
  if (parts.length === 1) return last;
  const count = parts.reduce((sum, part) => sum + part.count, 0);
  return { ...last, first: parts[0].first, count, body: Buffer.concat(parts.map(({ body }) => body)) };
}
