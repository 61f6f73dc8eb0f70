import type { EventBatch } from './event-batch.ts';
import { decodeNative } from './native-decode.ts';
import { encodeNative } from './native-encode.ts';
import type { SequenceMark } from './sequence-mark.ts';

/**
 * A journal frame's payload: a header, then one Native block. The header says what a consumer wants to know without
 * reading the block, and how long each column is, so that blocks can be merged by copying columns.
 *
 *   u8 version | u8 column count | u16 org bytes | u16 receiver bytes | u16 zero | u32 rows | u32 mark bytes
 *   f64 received at, ms | u32 × columns: bytes of each column's values | org | receiver | marks | block
 *
 * Marks are the JSON [[producer, first, next], …]: version 2. Without any the frame is of version 1, which has none.
 */
const BLOCK_VERSION = 1;
const MARKED_VERSION = 2;
const FIXED_BYTES = 24;

export interface FrameHeader {
  orgId: string;
  receiver: string;
  rows: number;
  receivedAtMs: number;
  /** Whose numbered events are in it, null when nobody's. */
  marks: readonly SequenceMark[] | null;
}

export interface DecodedFrame extends FrameHeader {
  columnBytes: number[];
  /** One Native block, a view into the payload. */
  block: Buffer;
}

/** Encodes all rows of the batch as one frame, in one buffer of its own. */
export function encodeFrame(
  batch: EventBatch,
  header: Omit<FrameHeader, 'rows' | 'marks'> & Partial<FrameHeader>,
): Buffer {
  const block = encodeNative(batch, { position: false });
  const org = Buffer.from(header.orgId);
  const receiver = Buffer.from(header.receiver);
  const marks = Buffer.from(encodeMarks(header.marks ?? []));
  const columns = block.columnBytes.length;
  const headerBytes = FIXED_BYTES + columns * 4 + org.length + receiver.length + marks.length;
  const frame = Buffer.allocUnsafeSlow(headerBytes + block.bytes);
  frame.fill(0, 0, FIXED_BYTES);
  frame[0] = marks.length === 0 ? BLOCK_VERSION : MARKED_VERSION;
  frame[1] = columns;
  frame.writeUInt16LE(org.length, 2);
  frame.writeUInt16LE(receiver.length, 4);
  frame.writeUInt32LE(batch.rows, 8);
  frame.writeUInt32LE(marks.length, 12);
  frame.writeDoubleLE(header.receivedAtMs, 16);
  let p = FIXED_BYTES;
  for (const bytes of block.columnBytes) p = frame.writeUInt32LE(bytes, p);
  p += org.copy(frame, p);
  p += receiver.copy(frame, p);
  p += marks.copy(frame, p);
  for (const part of block.parts) {
    frame.set(part, p);
    p += part.length;
  }
  return frame;
}

/** Reads a frame's header and finds its block. Throws a plain Error on a version this program does not know. */
export function decodeFrame(payload: Buffer): DecodedFrame {
  if (payload[0] !== BLOCK_VERSION && payload[0] !== MARKED_VERSION) {
    throw new Error(`the frame has format version ${payload[0]}, this program reads up to ${MARKED_VERSION}`);
  }
  const columns = payload[1];
  const orgEnd = FIXED_BYTES + columns * 4 + payload.readUInt16LE(2);
  const receiverEnd = orgEnd + payload.readUInt16LE(4);
  const marksEnd = receiverEnd + payload.readUInt32LE(12);
  const columnBytes: number[] = [];
  for (let i = 0; i < columns; i++) columnBytes.push(payload.readUInt32LE(FIXED_BYTES + i * 4));
  return {
    orgId: payload.toString('utf8', FIXED_BYTES + columns * 4, orgEnd),
    receiver: payload.toString('utf8', orgEnd, receiverEnd),
    rows: payload.readUInt32LE(8),
    receivedAtMs: payload.readDoubleLE(16),
    marks: marksEnd === receiverEnd ? null : decodeMarks(payload.toString('utf8', receiverEnd, marksEnd)),
    columnBytes,
    block: payload.subarray(marksEnd),
  };
}

const encodeMarks = (marks: readonly SequenceMark[]): string =>
  marks.length === 0 ? '' : JSON.stringify(marks.map(({ producer, first, next }) => [producer, first, next]));

/** Our own text, under the frame's checksum: its shape is not checked again. */
const decodeMarks = (text: string): SequenceMark[] =>
  (JSON.parse(text) as [string, number, number][]).map(([producer, first, next]) => ({ producer, first, next }));

/** Appends a frame's rows to the batch, with their places in the journal. */
export function appendFrame(batch: EventBatch, frame: DecodedFrame, node: number, position: number): void {
  decodeNative(frame.block, frame.columnBytes, batch);
  const low = position >>> 0;
  const high = ((node << 16) | Math.floor(position / 4294967296)) >>> 0;
  batch.frame.reserve(frame.rows);
  batch.frameIndex.reserve(frame.rows);
  for (let i = 0; i < frame.rows; i++) {
    batch.frame.push(low, high);
    batch.frameIndex.push(i);
  }
}
