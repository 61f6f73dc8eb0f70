/**
 * The bytes on the disk, version 1. Numbers are little-endian.
 *
 * A journal is a directory of segments; a segment's name is its first position as 16 hex digits, `.seg`.
 *
 *   segment = header, header again, frame*            the copy is read where a bit of the first has rotted
 *   header  = u32 "TWSG" | u16 version | u16 0 | u32 node | u32 salt | u48 first position | u16 0 | u32 0
 *             | u32 crc32 of the 28 bytes before
 *   frame   = u32 "TWFR" | u32 payload bytes | u48 position | u16 0 | u32 crc32 of the payload
 *             | u32 crc32 of the 20 bytes before, started from the segment's salt | payload
 *
 * Positions in a segment have no gaps. The salt is random and never leaves the file: after damage the reader looks
 * for the next frame header byte by byte, and a payload that was made to look like frames, or blocks of a deleted
 * segment that the file system hands out again, must not pass for one.
 *
 * Recovery rule: a segment ends at its last valid frame; what is behind it was never acknowledged, or is damaged
 * beyond telling, and is cut (recover.ts).
 */
import { crc32 } from 'node:zlib';
import type { JournalPosition } from '../journal.ts';

export const FORMAT_VERSION = 1;
export const SEGMENT_HEADER_BYTES = 64;
const HEADER_COPY_BYTES = 32;
export const FRAME_HEADER_BYTES = 24;
/** One frame must fit in one buffer and one write call (2 GiB less a page on Linux). Bodies are capped far below. */
export const PAYLOAD_BYTES_MAX = 2 ** 30;

const SEGMENT_MAGIC = 0x47535754;
const FRAME_MAGIC = 0x52465754;
export const FRAME_MAGIC_BYTES = Buffer.from('TWFR', 'latin1');

const SEGMENT_NAME = /^([0-9a-f]{16})\.seg$/;

export interface SegmentHeader {
  version: number;
  node: number;
  salt: number;
  first: JournalPosition;
}

export function segmentName(first: JournalPosition): string {
  return `${first.toString(16).padStart(16, '0')}.seg`;
}

/** The first positions of the segments among `names`, ascending. Other names are none of ours. */
export function segmentFirsts(names: readonly string[]): JournalPosition[] {
  const firsts: JournalPosition[] = [];
  for (const name of names) {
    const digits = SEGMENT_NAME.exec(name)?.[1];
    if (digits !== undefined) firsts.push(Number.parseInt(digits, 16));
  }
  return firsts.sort((a, b) => a - b);
}

export function encodeSegmentHeader(header: SegmentHeader): Buffer {
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES);
  bytes.writeUInt32LE(SEGMENT_MAGIC, 0);
  bytes.writeUInt16LE(header.version, 4);
  bytes.writeUInt32LE(header.node, 8);
  bytes.writeUInt32LE(header.salt, 12);
  bytes.writeUIntLE(header.first, 16, 6);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 28)), 28);
  bytes.copy(bytes, HEADER_COPY_BYTES, 0, HEADER_COPY_BYTES);
  return bytes;
}

/** Null when neither copy is whole or names `first`, the position that the file's name gives. */
export function decodeSegmentHeader(bytes: Buffer, first: JournalPosition): SegmentHeader | null {
  for (let at = 0; at + HEADER_COPY_BYTES <= bytes.length; at += HEADER_COPY_BYTES) {
    if (bytes.readUInt32LE(at) !== SEGMENT_MAGIC) continue;
    if (crc32(bytes.subarray(at, at + 28)) !== bytes.readUInt32LE(at + 28)) continue;
    if (bytes.readUIntLE(at + 16, 6) !== first) continue;
    const version = bytes.readUInt16LE(at + 4);
    return { version, node: bytes.readUInt32LE(at + 8), salt: bytes.readUInt32LE(at + 12), first };
  }
  return null;
}

/** Writes one frame header into `into` at `at`. Hot: once per append. */
export function encodeFrameHeader(
  into: Buffer,
  at: number,
  salt: number,
  position: JournalPosition,
  payloadBytes: number,
  payloadCrc: number,
): void {
  into.writeUInt32LE(FRAME_MAGIC, at);
  into.writeUInt32LE(payloadBytes, at + 4);
  into.writeUInt32LE(position >>> 0, at + 8);
  into.writeUInt32LE(Math.floor(position / 2 ** 32), at + 12);
  into.writeUInt32LE(payloadCrc, at + 16);
  into.writeUInt32LE(crc32(into.subarray(at, at + 20), salt), at + 20);
}

export interface FrameHeader {
  payloadBytes: number;
  position: JournalPosition;
  payloadCrc: number;
}

/** The frame header at `at`, null when those FRAME_HEADER_BYTES are none of a segment with this salt. */
export function decodeFrameHeader(bytes: Buffer, at: number, salt: number): FrameHeader | null {
  if (bytes.readUInt32LE(at) !== FRAME_MAGIC) return null;
  const payloadBytes = bytes.readUInt32LE(at + 4);
  if (payloadBytes > PAYLOAD_BYTES_MAX || bytes.readUInt16LE(at + 14) !== 0) return null;
  if (crc32(bytes.subarray(at, at + 20), salt) !== bytes.readUInt32LE(at + 20)) return null;
  return { payloadBytes, position: bytes.readUIntLE(at + 8, 6), payloadCrc: bytes.readUInt32LE(at + 16) };
}
