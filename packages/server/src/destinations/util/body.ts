import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { EncodedEvent } from '../destination.ts';

const gzipAsync = promisify(gzip);

/** Below it, gzip's header and the work cost more than is won. Bytes. */
const GZIP_FROM_BYTES = 1024;
/** zlib's 0 to 9: JSON of events is a tenth smaller at 6, and takes twice the time. */
const GZIP_LEVEL = 3;

/** Around the events of a body, and between them. */
export interface Framing {
  before?: string;
  between?: string;
  after?: string;
}

/** One body of all events, each copied once. */
export function joinEvents(events: readonly Pick<EncodedEvent, 'bytes'>[], framing: Framing = {}): Buffer {
  const [before, between, after] = [framing.before ?? '', framing.between ?? '', framing.after ?? ''].map((text) =>
    Buffer.from(text),
  ) as [Buffer, Buffer, Buffer];
  const gaps = Math.max(0, events.length - 1) * between.length;
  const total = events.reduce((sum, { bytes }) => sum + bytes.length, before.length + gaps + after.length);
  const body = Buffer.allocUnsafe(total);
  let end = before.copy(body, 0);
  for (const [i, { bytes }] of events.entries()) {
    if (i > 0) end += between.copy(body, end);
    body.set(bytes, end);
    end += bytes.length;
  }
  after.copy(body, end);
  return body;
}

export interface CompressedBody {
  body: Buffer;
  /** `content-encoding` where it was compressed. */
  headers: Record<string, string>;
}

/** Compressed off the main thread, where that is worth it. */
export async function compressed(body: Buffer): Promise<CompressedBody> {
  if (body.length <= GZIP_FROM_BYTES) return { body, headers: {} };
  return { body: await gzipAsync(body, { level: GZIP_LEVEL }), headers: { 'content-encoding': 'gzip' } };
}
