import type { ErrorCode } from '@tailwater/schema';
import { type EventBatch, KIND } from '../../batch/event-batch.ts';
import { FIELD, type SymbolField, type TextField } from '../../batch/fields.ts';
import type { SymbolTable } from '../../batch/symbol-table.ts';
import { PermanentError } from '../../runtime/errors.ts';
import { CODE, codeOfName } from '../util/json-event/names.ts';
import { CHAR, JSON_SYNTAX_ERROR, JsonScanner, VALUE, type ValueKind } from '../util/json-scanner.ts';
import { JsonUnescaper } from '../util/json-string.ts';
import { readNumber } from '../util/number.ts';
import { SymbolMemo } from '../util/symbol-memo.ts';
import { TimestampReader } from '../util/timestamp.ts';

/** GELF's levels are syslog's. The number is OpenTelemetry's, as @tailwater/schema has it for emerg, alert, crit … */
const SEVERITY_NUMBER = [23, 22, 21, 17, 13, 10, 9, 5] as const;
/** https://go2docs.graylog.org/current/getting_in_log_data/gelf.html: without a level it is an alert, sent or not. */
const LEVEL_DEFAULT = 1;

/** Own meanings, beside a field's number plus one and CODE.attribute. */
const MEANING = { version: 100, level: 101, timestamp: 102, custom: 103 } as const;

const MEANING_OF_NAME: Record<string, number> = {
  version: MEANING.version,
  host: FIELD.host + 1,
  short_message: FIELD.message + 1,
  timestamp: MEANING.timestamp,
  level: MEANING.level,
};
/** Fields that GELF has names of its own for: an additional field called so stays an attribute. */
const OWN_FIELDS: ReadonlySet<number> = new Set([FIELD.host, FIELD.message, FIELD.timestamp, FIELD.severity]);

/** What a name means; of an additional field (`_user_id`) what it is without the underscore. */
function meaningOf(name: string): number {
  if (Object.hasOwn(MEANING_OF_NAME, name)) return MEANING_OF_NAME[name];
  if (!name.startsWith('_') || name.length === 1) return CODE.attribute;
  const code = codeOfName(name.slice(1));
  const field = (code & CODE.fieldMask) - 1;
  const isText = (code & (CODE.container | CODE.weak)) === 0 && field >= 0 && field <= FIELD.clientEventId;
  return isText && !OWN_FIELDS.has(field) ? field + 1 : MEANING.custom;
}

const KIND_OF_VALUE = [KIND.string, KIND.number, KIND.bool, KIND.json, KIND.json, KIND.json, KIND.json] as const;

/** Writes GELF messages as rows of a batch, from bytes to columns. One per symbol table. */
export class GelfMessageReader {
  private readonly scanner = new JsonScanner();
  private readonly unescaper = new JsonUnescaper();
  private readonly times = new TimestampReader();
  private readonly meanings: SymbolMemo;
  private readonly symbols: SymbolTable;
  private batch: EventBatch;
  private failure: { code: ErrorCode; field: string; error: string } | null = null;

  constructor(batch: EventBatch) {
    this.batch = batch;
    this.symbols = batch.symbols;
    this.meanings = new SymbolMemo(batch.symbols, meaningOf);
  }

  /**
   * Reads the messages in `bytes`: objects, one behind the other. `peer` is the sender's address, for one that names no
   * host. Returns how many there were, good or bad. @throws PermanentError too_many_events.
   */
  read(bytes: Buffer, batch: EventBatch, peer: string): number {
    this.batch = batch;
    this.meanings.refresh();
    this.scanner.reset(bytes);
    const { scanner } = this;
    const before = batch.received;
    try {
      let p = this.skip(0);
      while (p < scanner.end) p = this.skip(this.message(p, peer));
    } finally {
      scanner.release();
    }
    return batch.received - before;
  }

  /** Also over NULs: what a client sends over TCP it may send over HTTP, too. */
  private skip(position: number): number {
    const { scanner } = this;
    let p = scanner.skip(position);
    while (p < scanner.end && scanner.source[p] === 0) p = scanner.skip(p + 1);
    return p;
  }

  /** Reads what begins at the position, and returns where to go on. */
  private message(position: number, peer: string): number {
    const { scanner, batch } = this;
    if (batch.received >= batch.limits.batchEventsMax) {
      const { batchEventsMax } = batch.limits;
      throw new PermanentError('too_many_events', `one body may hold ${batchEventsMax} (limits.batchEventsMax)`);
    }
    batch.beginRow();
    this.failure = null;
    let end: number;
    try {
      if (scanner.kindAt(position) !== VALUE.object) scanner.fail('expected a GELF message, a JSON object,', position);
      end = this.members(position);
    } catch (error) {
      if (error !== JSON_SYNTAX_ERROR) throw error;
      batch.rejectRow('invalid_body', '', scanner.error);
      return this.behindBroken(position);
    }
    this.finish(peer);
    return end;
  }

  private finish(peer: string): void {
    const { batch } = this;
    // Graylog takes a message that has only a full one; it is the message then.
    if (!batch.has(FIELD.message)) this.fail('invalid_field', 'short_message', 'is missing');
    if (this.failure !== null) {
      batch.rejectRow(this.failure.code, this.failure.field, this.failure.error);
      return;
    }
    if (peer !== '' && !batch.has(FIELD.host)) batch.setText(FIELD.host, peer);
    if (!batch.has(FIELD.severity)) batch.setSeverityNumber(SEVERITY_NUMBER[LEVEL_DEFAULT]);
    batch.endRow();
  }

  /** Behind the object's closing brace if that can be found, otherwise with the next line. */
  private behindBroken(position: number): number {
    const { scanner } = this;
    const { source, end } = scanner;
    const isObject = source[position] === CHAR.openBrace;
    const close = isObject ? scanner.bracketsEnd(position) : -1;
    if (close >= 0) return close;
    const newline = source.indexOf(0x0a, position);
    return newline < 0 ? end : newline + 1;
  }

  private members(position: number): number {
    const { scanner, symbols, unescaper } = this;
    const { source } = scanner;
    let p = scanner.skip(position + 1);
    if (source[p] === CHAR.closeBrace) return p + 1;
    do {
      const start = scanner.nameStart(p);
      const end = scanner.stringEnd(start);
      let name: number;
      if (scanner.escaped) {
        unescaper.unescape(source, start, end);
        name = symbols.internBytes(unescaper.bytes, 0, unescaper.length);
      } else {
        name = symbols.internBytes(source, start, end);
      }
      p = this.member(name, scanner.valueStart(end + 1));
      p = scanner.memberEnd(p);
    } while (source[p - 1] === CHAR.comma);
    return p;
  }

  private member(name: number, position: number): number {
    const { scanner } = this;
    const kind = scanner.kindAt(position);
    const next = scanner.valueEnd(position, 1);
    const isText = kind === VALUE.string;
    const escaped = isText && scanner.escaped;
    this.put(name, kind, isText ? position + 1 : position, isText ? next - 1 : next, escaped);
    return next;
  }

  private put(name: number, kind: ValueKind, start: number, end: number, escaped: boolean): void {
    const meaning = this.meanings.get(name);
    switch (meaning) {
      case MEANING.version:
        return;
      case MEANING.level:
        if (!this.level(kind, start, end)) this.keep(name, kind, start, end, escaped);
        return;
      case MEANING.timestamp:
        if (!this.timestamp(kind, start, end)) this.keep(name, kind, start, end, escaped);
        return;
      case MEANING.custom:
        this.keep(this.symbols.internText(this.symbols.text(name).slice(1)), kind, start, end, escaped);
        return;
      case CODE.attribute:
        this.keep(name, kind, start, end, escaped);
        return;
      default:
        this.field(name, (meaning - 1) as SymbolField | TextField, kind, start, end, escaped);
    }
  }

  private field(
    name: number,
    field: SymbolField | TextField,
    kind: ValueKind,
    start: number,
    end: number,
    escaped: boolean,
  ): void {
    const { batch, scanner, unescaper } = this;
    if (kind === VALUE.null) return;
    const isPlain = kind === VALUE.string || kind === VALUE.number || kind === VALUE.bool;
    const isLong = field < FIELD.message && end - start > batch.limits.eventBytesMax;
    if (isLong) this.fail('event_too_large', this.symbols.text(name), 'has more bytes than limits.eventBytesMax');
    else if (field === FIELD.message && kind === VALUE.string && start === end)
      this.fail('invalid_field', 'short_message', 'is empty');
    else if (!isPlain || batch.has(field)) this.keep(name, kind, start, end, escaped);
    else if (escaped) {
      unescaper.unescape(scanner.source, start, end);
      batch.setBytes(field, unescaper.bytes, unescaper.view, 0, unescaper.length);
    } else batch.setBytes(field, scanner.source, scanner.view, start, end);
  }

  /** 0 to 7, as a number or the text of one. */
  private level(kind: ValueKind, start: number, end: number): boolean {
    if (kind > VALUE.number || end - start > 4) return false;
    const { source } = this.scanner;
    const value =
      kind === VALUE.number ? readNumber(source, start, end) : Number(source.toString('latin1', start, end));
    if (start === end || !Number.isInteger(value) || value < 0 || value >= SEVERITY_NUMBER.length) return false;
    this.batch.setSeverityNumber(SEVERITY_NUMBER[value]);
    return true;
  }

  private timestamp(kind: ValueKind, start: number, end: number): boolean {
    const { times, scanner } = this;
    const { source } = scanner;
    if (kind > VALUE.number) return false;
    const isRead = kind === VALUE.number ? times.fromNumber(source, start, end) : times.fromText(source, start, end);
    if (isRead) this.batch.setTimestamp(times.low, times.high);
    return isRead;
  }

  private keep(name: number, kind: ValueKind, start: number, end: number, escaped: boolean): void {
    const { batch, scanner, unescaper } = this;
    if (!batch.beginAttribute(name, KIND_OF_VALUE[kind])) return;
    if (escaped) {
      unescaper.unescape(scanner.source, start, end);
      batch.attributeValues.appendUtf8(unescaper.bytes, unescaper.view, 0, unescaper.length);
    } else {
      batch.attributeValues.appendUtf8(scanner.source, scanner.view, start, end);
    }
  }

  private fail(code: ErrorCode, field: string, error: string): void {
    this.failure ??= { code, field, error };
  }
}
