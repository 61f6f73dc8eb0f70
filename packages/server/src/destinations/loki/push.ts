import { compress } from 'snappy';
import type { EncodedEvent } from '../destination.ts';
import { compressed } from '../util/body.ts';
import { lengthField } from '../util/protobuf.ts';
import type { LokiConfig } from './config.ts';

const LINE_FEED = 0x0a;

/** Where the entry begins in the bytes of an event. */
export function streamOf({ bytes }: Pick<EncodedEvent, 'bytes'>): { stream: Buffer; entry: Buffer } {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = all.indexOf(LINE_FEED);
  return { stream: all.subarray(0, end), entry: all.subarray(end + 1) };
}

/** The request of events, each stream once with its entries in the order of the batch. */
export async function pushBody(
  events: readonly EncodedEvent[],
  format: LokiConfig['format'],
): Promise<{ body: Buffer; headers: Record<string, string> }> {
  const streams = new Map<string, { stream: Buffer; entries: Buffer[] }>();
  for (const event of events) {
    const { stream, entry } = streamOf(event);
    const key = stream.toString('latin1');
    const known = streams.get(key);
    if (known === undefined) streams.set(key, { stream, entries: [entry] });
    else known.entries.push(entry);
  }
  if (format === 'protobuf') {
    const parts = [...streams.values()].map(({ stream, entries }) =>
      lengthField(1, lengthField(1, stream), ...entries.map((entry) => lengthField(2, entry))),
    );
    return { body: await compress(Buffer.concat(parts)), headers: { 'content-type': 'application/x-protobuf' } };
  }
  const { body, headers } = await compressed(jsonBody([...streams.values()]));
  return { body, headers: { ...headers, 'content-type': 'application/json' } };
}

function jsonBody(streams: readonly { stream: Buffer; entries: readonly Buffer[] }[]): Buffer {
  const comma = Buffer.from(',');
  const parts: Buffer[] = [Buffer.from('{"streams":[')];
  for (const [i, { stream, entries }] of streams.entries()) {
    if (i > 0) parts.push(comma);
    parts.push(Buffer.from('{"stream":'), stream, Buffer.from(',"values":['));
    for (const [j, entry] of entries.entries()) parts.push(...(j > 0 ? [comma, entry] : [entry]));
    parts.push(Buffer.from(']}'));
  }
  parts.push(Buffer.from(']}'));
  return Buffer.concat(parts);
}
