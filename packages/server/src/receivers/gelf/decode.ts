import type { EventBatch } from '../../batch/event-batch.ts';
import type { SymbolTable } from '../../batch/symbol-table.ts';
import { PermanentError } from '../../runtime/errors.ts';
import { eachMessage } from '../util/framed.ts';
import { gunzipCapped, inflateCapped } from '../util/inflate.ts';
import { GelfMessageReader } from './message-reader.ts';

/** One reader per symbol table, that is per thread: it holds what was worked out per symbol. */
const readers = new WeakMap<SymbolTable, GelfMessageReader>();

function readerOf(batch: EventBatch): GelfMessageReader {
  const known = readers.get(batch.symbols);
  if (known !== undefined) return known;
  const reader = new GelfMessageReader(batch);
  readers.set(batch.symbols, reader);
  return reader;
}

/** Fills the batch from the body of `POST /gelf`: one message, or several one behind the other. See README.md. */
export function decodeGelf(body: Buffer, batch: EventBatch): void {
  if (readerOf(batch).read(withoutMark(body), batch, '') > 0) return;
  throw new PermanentError('invalid_body', 'the body is empty: expected a GELF message, a JSON object');
}

/** Windows tools begin UTF-8 with a byte order mark. */
function withoutMark(body: Buffer): Buffer {
  return body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? body.subarray(3) : body;
}

/** Fills the batch from messages as `joinMessages` puts them together, each plain, gzip or zlib. */
export function decodeGelfMessages(body: Buffer, batch: EventBatch): void {
  const reader = readerOf(batch);
  eachMessage(body, (start, end, peerStart, peerEnd, isCut) => {
    const peer = body.toString('latin1', peerStart, peerEnd);
    if (isCut) {
      refuse(batch, new PermanentError('event_too_large', `the message has more than ${end - start} bytes`));
      return;
    }
    let message: Buffer;
    try {
      message = expanded(body.subarray(start, end), messageBytesMax(batch.limits));
    } catch (error) {
      if (!(error instanceof PermanentError)) throw error;
      refuse(batch, error);
      return;
    }
    if (reader.read(message, batch, peer) === 0) {
      refuse(batch, new PermanentError('invalid_body', 'the message is empty: expected a JSON object'));
    }
  });
}

/** Bytes of a message as JSON: an event of the largest size, and its names, quotes and escapes. */
export function messageBytesMax({ eventBytesMax }: { eventBytesMax: number }): number {
  return eventBytesMax * 2 + (1 << 16);
}

function expanded(bytes: Buffer, bytesMax: number): Buffer {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return gunzipCapped(bytes, bytesMax);
  // zlib: method 8 in the low bits, and the first two bytes a multiple of 31 (RFC 1950). `{` and white space are not.
  if ((bytes[0] & 0x8f) === 0x08 && ((bytes[0] << 8) | bytes[1]) % 31 === 0) return inflateCapped(bytes, bytesMax);
  return bytes;
}

/** Rejects a message that is no row. Its neighbours are not touched. */
function refuse(batch: EventBatch, { code, message }: PermanentError): void {
  const { batchEventsMax } = batch.limits;
  if (batch.received >= batchEventsMax) {
    throw new PermanentError('too_many_events', `one body may hold ${batchEventsMax} (limits.batchEventsMax)`);
  }
  batch.reject(batch.received++, code === 'payload_too_large' ? 'event_too_large' : code, '', message);
}
