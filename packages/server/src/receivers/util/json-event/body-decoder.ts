import type { EventBatch } from '../../../batch/event-batch.ts';
import type { SymbolTable } from '../../../batch/symbol-table.ts';
import { PermanentError } from '../../../runtime/errors.ts';
import { CHAR, JSON_SYNTAX_ERROR, JsonScanner, VALUE } from '../json-scanner.ts';
import { EventDecoder, type JsonEventRules } from './event-decoder.ts';

const NEWLINE = 0x0a;
const NO_OBJECT = 'an event is a JSON object';
const NOT_READ = 'what follows was not read';

/**
 * A decoder of JSON bodies: objects one after another (NDJSON, or with any white space or none between them), arrays of
 * them, or one object that holds nothing but `logs` or `events`, an array. The bytes tell which.
 *
 * A broken event is rejected and reading goes on: in an array behind its closing bracket, elsewhere with the next line.
 * What it returns throws PermanentError invalid_body when the body is empty, too_many_events when it holds too many.
 */
export function createJsonBodyDecoder(rules: JsonEventRules): (body: Buffer, batch: EventBatch) => void {
  // One decoder per symbol table, that is per thread: it holds what was worked out per symbol.
  const decoders = new WeakMap<SymbolTable, JsonBodyDecoder>();
  return (body, batch) => {
    let decoder = decoders.get(batch.symbols);
    if (decoder === undefined) {
      const scanner = new JsonScanner();
      decoder = new JsonBodyDecoder(batch, scanner, new EventDecoder(batch, scanner, rules));
      decoders.set(batch.symbols, decoder);
    }
    decoder.decode(body, batch);
  };
}

/** What an object of the body is made into: an EventDecoder, or what stands around one. */
export interface ObjectReader {
  /** Called before each body. */
  reset(batch: EventBatch): void;
  /** As EventDecoder's. */
  event(position: number): number;
}

/** Finds the objects of a body, and the next one behind a broken one. */
export class JsonBodyDecoder {
  private readonly scanner: JsonScanner;
  private readonly events: ObjectReader;
  private batch: EventBatch;

  constructor(batch: EventBatch, scanner: JsonScanner, events: ObjectReader) {
    this.batch = batch;
    this.scanner = scanner;
    this.events = events;
  }

  decode(body: Buffer, batch: EventBatch): void {
    this.batch = batch;
    this.events.reset(batch);
    this.scanner.reset(body);
    try {
      this.body(body);
    } finally {
      this.scanner.release();
    }
  }

  private body(body: Buffer): void {
    const { scanner } = this;
    // Windows tools begin UTF-8 files with a byte order mark.
    const mark = body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? 3 : 0;
    const start = scanner.skip(mark);
    if (start === scanner.end) {
      throw new PermanentError(
        'invalid_body',
        'the body is empty: expected a JSON object, an array of them, or NDJSON',
      );
    }
    const wrapped = this.wrappedArray(start);
    if (wrapped < 0) {
      this.values(start);
      return;
    }
    const end = scanner.skip(this.array(wrapped));
    this.values(body[end] === CHAR.closeBrace ? end + 1 : end);
  }

  /** The position of the array when the body is `{"logs": [{…}, …]}` or the same with `events`, otherwise -1. */
  private wrappedArray(position: number): number {
    const { scanner } = this;
    const { source } = scanner;
    const name = scanner.skip(position + 1);
    const text = source.toString('latin1', name, name + 8);
    const nameBytes = text.startsWith('"logs"') ? 6 : text === '"events"' ? 8 : 0;
    if (nameBytes === 0 || source[position] !== CHAR.openBrace) return -1;
    const colon = scanner.skip(name + nameBytes);
    const array = scanner.skip(colon + 1);
    if (source[colon] !== CHAR.colon || source[array] !== CHAR.openBracket) return -1;
    const first = source[scanner.skip(array + 1)];
    if (first !== CHAR.openBrace && first !== CHAR.closeBracket) return -1;
    const end = scanner.bracketsEnd(array);
    if (end < 0) return array;
    const close = scanner.skip(end);
    return source[close] === CHAR.closeBrace && scanner.skip(close + 1) === scanner.end ? array : -1;
  }

  /** Reads objects and arrays up to the end of the body. */
  private values(position: number): void {
    const { scanner } = this;
    let p = scanner.skip(position);
    while (p < scanner.end) {
      const kind = scanner.kindAt(p);
      if (kind === VALUE.array) p = this.array(p);
      else if (kind === VALUE.object) p = this.object(p);
      else p = this.notAnObject(p);
      p = scanner.skip(p);
    }
  }

  private object(position: number): number {
    this.checkCount();
    const end = this.events.event(position);
    if (end >= 0) return end;
    this.reject(this.scanner.error);
    return this.nextObject(position, this.scanner.errorAt);
  }

  private notAnObject(position: number): number {
    this.count();
    this.reject(`${NO_OBJECT}: expected "{" at byte ${position}`);
    return this.lineAfter(position);
  }

  /**
   * Where to go on behind an object that began at `start` and went wrong at `errorAt`. On its first line: with the object
   * that follows its closing brace there, otherwise the next line. Further down it is either a line cut short, so that its error lies in its neighbour, or an object over many
   * lines: the next line with an object that begins at the same column.
   */
  private nextObject(start: number, errorAt: number): number {
    const { source, end } = this.scanner;
    let line = this.lineAfter(start);
    if (errorAt < line) return this.neighbourOnLine(start, line);
    const column = this.indentation(start === 0 ? 0 : source.lastIndexOf(NEWLINE, start - 1) + 1);
    while (line < end) {
      const indentation = this.indentation(line);
      if (indentation === column && source[line + indentation] === CHAR.openBrace) break;
      line = this.lineAfter(line);
    }
    return line;
  }

  /** Splunk's clients put objects one after another without a line break. */
  private neighbourOnLine(start: number, line: number): number {
    const { scanner } = this;
    const end = scanner.bracketsEnd(start);
    if (end < 0 || end >= line) return line;
    const next = scanner.skip(end);
    return scanner.source[next] === CHAR.openBrace ? next : line;
  }

  private lineAfter(position: number): number {
    const { source, end } = this.scanner;
    const newline = source.indexOf(NEWLINE, position);
    return newline < 0 ? end : newline + 1;
  }

  private indentation(line: number): number {
    const { source } = this.scanner;
    let p = line;
    while (source[p] === 0x20 || source[p] === 0x09) p++;
    return p - line;
  }

  /** Reads the array at the position. Returns the position behind it, the body's end when it cannot be followed. */
  private array(position: number): number {
    const { scanner } = this;
    const { source } = scanner;
    let p = scanner.skip(position + 1);
    if (source[p] === CHAR.closeBracket) return p + 1;
    do {
      const start = scanner.skip(p);
      p = this.element(start);
      if (p < 0) {
        p = this.elementEnd(start);
        this.reject(p < 0 ? `${scanner.error}; ${NOT_READ}` : scanner.error);
        if (p < 0) return scanner.end;
      }
      p = this.separator(p);
      if (p < 0) return scanner.end;
    } while (source[p - 1] === CHAR.comma);
    return p;
  }

  /** Reads one element. Returns the position behind it, -1 when its syntax is wrong. */
  private element(position: number): number {
    const { scanner } = this;
    if (scanner.kindAt(position) === VALUE.object) {
      this.checkCount();
      return this.events.event(position);
    }
    this.count();
    let end: number;
    try {
      end = scanner.valueEnd(position, 1);
    } catch (error) {
      if (error !== JSON_SYNTAX_ERROR) throw error;
      return -1;
    }
    this.reject(NO_OBJECT);
    return end;
  }

  /** The position behind a broken element, -1 when that cannot be told. */
  private elementEnd(position: number): number {
    const { scanner } = this;
    const { source, end } = scanner;
    const kind = scanner.kindAt(position);
    if (kind === VALUE.object || kind === VALUE.array) return scanner.bracketsEnd(position);
    if (kind === VALUE.string) return -1;
    let p = position;
    while (p < end && source[p] !== CHAR.comma && source[p] !== CHAR.closeBracket) p++;
    return p < end ? p : -1;
  }

  /** The position behind the comma or bracket that follows an element, -1 when there is none. */
  private separator(position: number): number {
    const { scanner } = this;
    try {
      return scanner.elementEnd(position);
    } catch (error) {
      if (error !== JSON_SYNTAX_ERROR) throw error;
      this.count();
      this.reject(`${scanner.error}; ${NOT_READ}`);
      return -1;
    }
  }

  /** Counts an event that is not begun as a row. */
  private count(): void {
    this.checkCount();
    this.batch.received++;
  }

  /** Broken events count too: each costs about what a good one does. */
  private checkCount(): void {
    const { received, limits } = this.batch;
    if (received < limits.batchEventsMax) return;
    throw new PermanentError(
      'too_many_events',
      `one request may hold ${limits.batchEventsMax} events (limits.batchEventsMax)`,
    );
  }

  private reject(error: string): void {
    this.batch.reject(this.batch.received - 1, 'invalid_body', '', error);
  }
}
