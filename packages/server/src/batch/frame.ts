import type { EventBatch } from './event-batch.ts';
import { decodeNative } from './native-decode.ts';
import { encodeNative } from './native-encode.ts';

/**
 * A journal frame's payload: a header, then one Native block. The header says what a consumer wants to know without
 * reading the block, and how long each column is, so that blocks can be merged by copying columns.
 *
 *   u8 version | u8 column count | u16 org bytes | u16 receiver bytes | u16 zero | u32 rows | u32 zero
 *   f64 received at, ms | u32 × columns: bytes of each column's values | org | receiver | block
 */
const BLOCK_VERSION = 1;
const FIXED_BYTES = 24;

export interface FrameHeader {
  orgId: string;
  receiver: string;
  rows: number;
  receivedAtMs: number;
}

export interface DecodedFrame extends FrameHeader {
  columnBytes: number[];
  /** One Native block, a view into the payload. */
  block: Buffer;
}

/** Encodes all rows of the batch as one frame, in one buffer of its own. */
export function encodeFrame(batch: EventBatch, header: Omit<FrameHeader, 'rows'>): Buffer {
  const block = encodeNative(batch, { position: false });
  const org = Buffer.from(header.orgId);
  const receiver = Buffer.from(header.receiver);
  const columns = block.columnBytes.length;
  const headerBytes = FIXED_BYTES + columns * 4 + org.length + receiver.length;
  const frame = Buffer.allocUnsafeSlow(headerBytes + block.bytes);
  frame.fill(0, 0, FIXED_BYTES);
  frame[0] = BLOCK_VERSION;
  frame[1] = columns;
  frame.writeUInt16LE(org.length, 2);
  frame.writeUInt16LE(receiver.length, 4);
  frame.writeUInt32LE(batch.rows, 8);
  frame.writeDoubleLE(header.receivedAtMs, 16);
  let p = FIXED_BYTES;
  for (const bytes of block.columnBytes) p = frame.writeUInt32LE(bytes, p);
  p += org.copy(frame, p);
  p += receiver.copy(frame, p);
  for (const part of block.parts) {
    frame.set(part, p);
    p += part.length;
  }
  return frame;
}

/** Reads a frame's header and finds its block. Throws a plain Error on a version this program does not know. */
export function decodeFrame(payload: Buffer): DecodedFrame {
  if (payload[0] !== BLOCK_VERSION) {
    throw new Error(`the frame has format version ${payload[0]}, this program reads ${BLOCK_VERSION}`);
  }
  const columns = payload[1];
  const orgEnd = FIXED_BYTES + columns * 4 + payload.readUInt16LE(2);
  const receiverEnd = orgEnd + payload.readUInt16LE(4);
  const columnBytes: number[] = [];
  for (let i = 0; i < columns; i++) columnBytes.push(payload.readUInt32LE(FIXED_BYTES + i * 4));
  return {
    orgId: payload.toString('utf8', FIXED_BYTES + columns * 4, orgEnd),
    receiver: payload.toString('utf8', orgEnd, receiverEnd),
    rows: payload.readUInt32LE(8),
    receivedAtMs: payload.readDoubleLE(16),
    columnBytes,
    block: payload.subarray(receiverEnd),
  };
}

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
