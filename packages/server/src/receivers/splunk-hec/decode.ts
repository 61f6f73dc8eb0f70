import type { EventBatch } from '../../batch/event-batch.ts';
import { FIELD } from '../../batch/fields.ts';
import type { SymbolTable } from '../../batch/symbol-table.ts';
import { PermanentError } from '../../runtime/errors.ts';
import { JsonBodyDecoder } from '../util/json-event/body-decoder.ts';
import { JsonScanner } from '../util/json-scanner.ts';
import { HEC, HEC_TEXT } from './codes.ts';
import { QueryDefaults } from './defaults.ts';
import { EnvelopeReader } from './envelope-reader.ts';

const NEWLINE = 0x0a;
const RETURN = 0x0d;

interface Decoder {
  defaults: QueryDefaults;
  json: JsonBodyDecoder;
}

// One per symbol table, that is per thread: it holds what was worked out per symbol.
const decoders = new WeakMap<SymbolTable, Decoder>();

function decoderOf(batch: EventBatch): Decoder {
  let decoder = decoders.get(batch.symbols);
  if (decoder === undefined) {
    const scanner = new JsonScanner();
    const defaults = new QueryDefaults();
    decoder = { defaults, json: new JsonBodyDecoder(batch, scanner, new EnvelopeReader(batch, scanner, defaults)) };
    decoders.set(batch.symbols, decoder);
  }
  return decoder;
}

/** Fills the batch from envelopes one after another, or an array of them. See README.md. */
export function decodeEvents(body: Buffer, batch: EventBatch, query: string): void {
  checkData(body);
  const { defaults, json } = decoderOf(batch);
  defaults.reset(query);
  json.decode(body, batch);
}

/** Fills the batch from lines of text. */
export function decodeRaw(body: Buffer, batch: EventBatch, query: string): void {
  checkData(body);
  const { defaults } = decoderOf(batch);
  defaults.reset(query);
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  for (let start = 0; start < body.length; ) {
    const newline = body.indexOf(NEWLINE, start);
    const next = newline < 0 ? body.length : newline + 1;
    let end = newline < 0 ? body.length : newline;
    if (end > start && body[end - 1] === RETURN) end--;
    if (end > start) {
      batch.beginRow();
      batch.setBytes(FIELD.message, body, view, start, end);
      defaults.fill(batch);
      batch.endRow();
    }
    start = next;
  }
}

/** Throws PermanentError in Splunk's words for a body of nothing but white space. */
function checkData(body: Buffer): void {
  for (const byte of body) if (byte !== 0x20 && (byte < 0x09 || byte > 0x0d)) return;
  throw new PermanentError('invalid_body', HEC_TEXT[HEC.noData]);
}
