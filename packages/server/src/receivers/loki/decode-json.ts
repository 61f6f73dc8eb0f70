import type { EventBatch } from '../../batch/event-batch.ts';
import type { SymbolTable } from '../../batch/symbol-table.ts';
import { PermanentError } from '../../runtime/errors.ts';
import { CHAR, JSON_SYNTAX_ERROR, JsonScanner, VALUE } from '../util/json-scanner.ts';
import { JsonUnescaper } from '../util/json-string.ts';
import { TimestampReader } from '../util/timestamp.ts';
import { EntryWriter } from './entry-writer.ts';
import { type LabelFormat, type Stream, StreamTable } from './streams.ts';

/**
 * Fills the batch from a push in JSON, `{"streams": [{"stream": {…}, "values": [["ns", "line", {…}], …]}]}`, or its form
 * from before Loki 1.0, `{"streams": [{"labels": "{…}", "entries": [{"ts": …, "line": …}]}]}`. Entries that are refused
 * are rejected, the others are taken. Throws PermanentError invalid_body when the body is no JSON, or none of that form.
 */
export function decodeJson(body: Buffer, batch: EventBatch): void {
  let decoder = decoders.get(batch.symbols);
  if (decoder === undefined) {
    decoder = new PushDecoder(batch);
    decoders.set(batch.symbols, decoder);
  }
  decoder.decode(body, batch);
}

/** One decoder per symbol table, that is per thread: it holds what was worked out per symbol. */
const decoders = new WeakMap<SymbolTable, PushDecoder>();

/** What an entry must be like, for the one that is not. */
const ENTRY_FORM =
  'an entry is ["nanoseconds", "line"] or ["nanoseconds", "line", {"name": "value"}], all of them strings';
const LEGACY_ENTRY_FORM = 'an entry is {"ts": "RFC 3339", "line": "line"}';

class PushDecoder {
  private readonly scanner = new JsonScanner();
  private readonly lines = new JsonUnescaper();
  private readonly texts = new JsonUnescaper();
  private readonly streams: StreamTable;
  private readonly writer: EntryWriter;
  private readonly timestamps = new TimestampReader();

  constructor(batch: EventBatch) {
    this.streams = new StreamTable(batch.symbols);
    this.writer = new EntryWriter(batch);
  }

  decode(body: Buffer, batch: EventBatch): void {
    const { scanner, writer } = this;
    this.streams.refresh(batch.limits);
    writer.reset(batch);
    scanner.reset(body);
    try {
      const start = scanner.skip(0);
      if (scanner.kindAt(start) !== VALUE.object) scanner.fail('expected an object with "streams"', start);
      const end = scanner.skip(this.push(start));
      if (end < scanner.end) scanner.fail('expected nothing behind the object', end);
    } catch (error) {
      if (error !== JSON_SYNTAX_ERROR) throw error;
      throw new PermanentError('invalid_body', `the body is no valid push: ${scanner.error}`);
    } finally {
      scanner.release();
      writer.release();
    }
  }

  private push(position: number): number {
    return this.members(position, (name, value) =>
      name === 'streams' ? this.elements(value, 1, (element) => this.stream(element)) : this.scanner.valueEnd(value, 1),
    );
  }

  /**
   * Reads the object at the position, which is behind it afterwards. `read` gets each member's name and the position of
   * its value, and returns the position behind that.
   */
  private members(position: number, read: (name: string, value: number) => number): number {
    const { scanner } = this;
    const { source } = scanner;
    let p = scanner.skip(position + 1);
    if (source[p] === CHAR.closeBrace) return p + 1;
    do {
      const nameStart = scanner.nameStart(p);
      const nameEnd = scanner.stringEnd(nameStart);
      // Names that matter are short and have no escapes.
      const name = nameEnd - nameStart > 16 ? '' : source.toString('latin1', nameStart, nameEnd);
      p = scanner.memberEnd(read(name, scanner.valueStart(nameEnd + 1)));
    } while (source[p - 1] === CHAR.comma);
    return p;
  }

  /** Reads the array at the position; `null` reads as an empty one, as in Go. `depth` is that of the array's elements. */
  private elements(position: number, depth: number, read: (element: number) => number): number {
    const { scanner } = this;
    const { source } = scanner;
    const kind = scanner.kindAt(position);
    if (kind === VALUE.null) return scanner.valueEnd(position, depth);
    if (kind !== VALUE.array) scanner.fail('expected an array', position);
    let p = scanner.skip(position + 1);
    if (source[p] === CHAR.closeBracket) return p + 1;
    do p = scanner.elementEnd(read(scanner.skip(p)));
    while (source[p - 1] === CHAR.comma);
    return p;
  }

  private stream(position: number): number {
    const { scanner } = this;
    if (scanner.kindAt(position) !== VALUE.object)
      scanner.fail('expected an object with "stream" and "values"', position);
    let stream: Stream | null = null;
    let waiting = -1;
    let isLegacy = false;
    const end = this.members(position, (name, value) => {
      if (name === 'stream' || name === 'labels') {
        const behind = scanner.valueEnd(value, 3);
        stream = this.findStream(value, behind);
        return behind;
      }
      if (name !== 'values' && name !== 'entries') return scanner.valueEnd(value, 3);
      isLegacy = name === 'entries';
      if (stream !== null) return this.entries(value, stream, isLegacy);
      // The labels stand behind the entries.
      waiting = value;
      return scanner.valueEnd(value, 3);
    });
    if (waiting >= 0) this.entries(waiting, stream ?? this.streams.find('object', EMPTY_OBJECT, 0, 2), isLegacy);
    return end;
  }

  private findStream(start: number, end: number): Stream {
    const { scanner, texts } = this;
    const { source } = scanner;
    const kind = scanner.kindAt(start);
    if (kind === VALUE.object) return this.streams.find('object', source, start, end);
    if (kind !== VALUE.string) scanner.fail('expected the labels as an object or a string', start);
    texts.unescape(source, start + 1, end - 1);
    const format: LabelFormat = 'text';
    return this.streams.find(format, texts.bytes, 0, texts.length);
  }

  private entries(position: number, stream: Stream, isLegacy: boolean): number {
    if (stream.error !== '') {
      return this.elements(position, 4, (element) => {
        this.writer.reject(stream);
        return this.scanner.valueEnd(element, 4);
      });
    }
    return this.elements(position, 4, (element) => this.entry(element, stream, isLegacy));
  }

  private entry(position: number, stream: Stream, isLegacy: boolean): number {
    const { writer, scanner } = this;
    writer.begin(stream);
    let end: number;
    try {
      end = isLegacy ? this.legacyFields(position) : this.fields(position);
      if (end < 0) {
        writer.fail(isLegacy ? LEGACY_ENTRY_FORM : ENTRY_FORM);
        end = scanner.valueEnd(position, 4);
      }
    } catch (error) {
      writer.rollback();
      throw error;
    }
    writer.end();
    return end;
  }

  /** Reads `["ns", "line", {…}]`. Returns the position behind it, -1 when it has another form. */
  private fields(position: number): number {
    const { scanner } = this;
    const { source } = scanner;
    if (source[position] !== CHAR.openBracket) return -1;
    let p = scanner.skip(position + 1);
    if (source[p] !== CHAR.quote) return -1;
    const end = scanner.stringEnd(p + 1);
    this.timestamp(p + 1, end, false);
    p = scanner.skip(end + 1);
    if (source[p] !== CHAR.comma) return -1;
    p = scanner.skip(p + 1);
    if (source[p] !== CHAR.quote) return -1;
    p = scanner.skip(this.line(p + 1));
    if (source[p] === CHAR.comma) {
      p = scanner.skip(p + 1);
      if (source[p] !== CHAR.openBrace) return -1;
      p = this.metadata(p);
      if (p < 0) return -1;
      p = scanner.skip(p);
    }
    return source[p] === CHAR.closeBracket ? p + 1 : -1;
  }

  private legacyFields(position: number): number {
    const { scanner } = this;
    const { source } = scanner;
    if (source[position] !== CHAR.openBrace) return -1;
    let hasForm = true;
    const end = this.members(position, (name, value) => {
      const isField = name === 'ts' || name === 'line' || name === 'timestamp';
      if (isField && source[value] === CHAR.quote) {
        if (name === 'line') return this.line(value + 1);
        const textEnd = scanner.stringEnd(value + 1);
        this.timestamp(value + 1, textEnd, true);
        return textEnd + 1;
      }
      if (isField) hasForm = false;
      return scanner.valueEnd(value, 5);
    });
    return hasForm ? end : -1;
  }

  /**
   * Loki takes whole nanoseconds only. Numbers with fewer digits are read by their size, as everywhere in this program:
   * as nanoseconds they would lie before 1973.
   */
  private timestamp(start: number, end: number, isText: boolean): void {
    const { scanner, timestamps, writer } = this;
    const read = isText
      ? timestamps.fromText(scanner.source, start, end)
      : timestamps.fromNumber(scanner.source, start, end);
    if (read) writer.timestamp(timestamps.low, timestamps.high);
    else writer.fail(isText ? LEGACY_ENTRY_FORM : ENTRY_FORM);
  }

  /** Reads the line whose content begins at the position. Returns the position behind its closing quote. */
  private line(position: number): number {
    const { scanner, writer, lines } = this;
    const end = scanner.stringEnd(position);
    if (scanner.escaped) {
      // Kept until the entry ends, when its level is looked for in it.
      lines.unescape(scanner.source, position, end);
      writer.line(lines.bytes, lines.view, 0, lines.length);
    } else {
      writer.line(scanner.source, scanner.view, position, end);
    }
    return end + 1;
  }

  /** Reads an object of strings. Returns the position behind it, -1 when a value is no string. */
  private metadata(position: number): number {
    const { scanner, texts, writer } = this;
    const { source, view } = scanner;
    let p = scanner.skip(position + 1);
    if (source[p] === CHAR.closeBrace) return p + 1;
    do {
      const nameStart = scanner.nameStart(p);
      const nameEnd = scanner.stringEnd(nameStart);
      const name = this.nameSymbol(nameStart, nameEnd);
      p = scanner.valueStart(nameEnd + 1);
      if (source[p] !== CHAR.quote) return -1;
      const valueEnd = scanner.stringEnd(p + 1);
      if (scanner.escaped) {
        texts.unescape(source, p + 1, valueEnd);
        writer.metadata(name, nameEnd - nameStart, texts.bytes, texts.view, 0, texts.length);
      } else {
        writer.metadata(name, nameEnd - nameStart, source, view, p + 1, valueEnd);
      }
      p = scanner.memberEnd(valueEnd + 1);
    } while (source[p - 1] === CHAR.comma);
    return p;
  }

  private nameSymbol(start: number, end: number): number {
    const { scanner, texts, writer } = this;
    if (!scanner.escaped) return writer.symbols.internBytes(scanner.source, start, end);
    texts.unescape(scanner.source, start, end);
    return writer.symbols.internBytes(texts.bytes, 0, texts.length);
  }
}

const EMPTY_OBJECT = Buffer.from('{}');
