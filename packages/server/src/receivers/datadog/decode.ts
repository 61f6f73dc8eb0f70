import type { EventBatch } from '../../batch/event-batch.ts';
import type { SymbolTable } from '../../batch/symbol-table.ts';
import { JsonBodyDecoder } from '../util/json-event/body-decoder.ts';
import { CHAR, JSON_SYNTAX_ERROR, JsonScanner } from '../util/json-scanner.ts';
import { ItemReader } from './item-reader.ts';

const NEWLINE = 0x0a;

interface Decoder {
  scanner: JsonScanner;
  items: ItemReader;
  json: JsonBodyDecoder;
}

// One per symbol table, that is per thread: it holds what was worked out per symbol.
const decoders = new WeakMap<SymbolTable, Decoder>();

function decoderOf(batch: EventBatch): Decoder {
  let decoder = decoders.get(batch.symbols);
  if (decoder === undefined) {
    const scanner = new JsonScanner();
    const items = new ItemReader(batch, scanner);
    decoder = { scanner, items, json: new JsonBodyDecoder(batch, scanner, items) };
    decoders.set(batch.symbols, decoder);
  }
  return decoder;
}

/** Fills the batch from a JSON object, an array of them, or one after another. An empty body has no events. */
export function decodeItems(body: Buffer, batch: EventBatch, query: string): void {
  if (isBlank(body)) return;
  const { items, json } = decoderOf(batch);
  items.setDefaults(query);
  json.decode(body, batch);
}

/** Fills the batch from lines of text; a line that is a JSON object is an item. */
export function decodeLines(body: Buffer, batch: EventBatch, query: string): void {
  const { scanner, items } = decoderOf(batch);
  items.setDefaults(query);
  items.reset(batch);
  scanner.reset(body);
  const { view } = scanner;
  try {
    for (let start = 0; start < body.length; ) {
      const newline = body.indexOf(NEWLINE, start);
      const next = newline < 0 ? body.length : newline + 1;
      const first = scanner.skip(start);
      if (first < next) {
        if (body[first] === CHAR.openBrace && isObject(scanner, first, next)) items.event(first);
        else items.line(body, view, start, lineEnd(body, next));
      }
      start = next;
    }
  } finally {
    scanner.release();
  }
}

/** Whether source[start, end) is one JSON object and nothing else. */
function isObject(scanner: JsonScanner, start: number, end: number): boolean {
  try {
    const objectEnd = scanner.valueEnd(start, 0);
    return objectEnd <= end && scanner.skip(objectEnd) >= end;
  } catch (error) {
    if (error !== JSON_SYNTAX_ERROR) throw error;
    return false;
  }
}

/** The end of the line's text; `next` is behind its line break, if it has one. */
function lineEnd(body: Buffer, next: number): number {
  let end = next;
  if (body[end - 1] === NEWLINE) end--;
  return body[end - 1] === 0x0d ? end - 1 : end;
}

function isBlank(body: Buffer): boolean {
  for (const byte of body) if (byte !== 0x20 && (byte < 0x09 || byte > 0x0d)) return false;
  return true;
}
