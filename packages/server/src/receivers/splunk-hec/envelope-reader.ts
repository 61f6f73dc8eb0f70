import { type EventBatch, KIND } from '../../batch/event-batch.ts';
import { FIELD } from '../../batch/fields.ts';
import type { SymbolTable } from '../../batch/symbol-table.ts';
import type { ObjectReader } from '../util/json-event/body-decoder.ts';
import { EventDecoder } from '../util/json-event/event-decoder.ts';
import { CODE, codeOfName } from '../util/json-event/names.ts';
import { CHAR, JSON_SYNTAX_ERROR, type JsonScanner, VALUE, type ValueKind } from '../util/json-scanner.ts';
import { JsonUnescaper } from '../util/json-string.ts';
import { SymbolMemo } from '../util/symbol-memo.ts';
import { TimestampReader } from '../util/timestamp.ts';
import { HEC, HEC_TEXT, type HecCode } from './codes.ts';
import type { QueryDefaults } from './defaults.ts';

/** What the members of an envelope are. */
const MEMBER = { other: 0, event: 1, fields: 2, time: 3, host: 4, sourcetype: 5 } as const;
const MEMBERS: Readonly<Record<string, number>> = MEMBER;

/**
 * winston-splunk-httplogger puts the text under `message.msg` and what came with it under `message.meta`; the
 * Collector's exporter names the severity so.
 */
const PREFIX = /^message\.(?:meta\.)?(?=.)/;
const COLLECTOR_NAMES: Readonly<Record<string, number>> = {
  'otel.log.severity.number': CODE.severityNumber,
  'otel.log.severity.text': FIELD.severity + 1,
};

function codeOf(name: string): number {
  if (Object.hasOwn(COLLECTOR_NAMES, name)) return COLLECTOR_NAMES[name];
  const code = codeOfName(name.replace(PREFIX, ''));
  return code === CODE.container && PREFIX.test(name) ? CODE.attribute : code;
}

/** A value of the body. Strings are without their quotes. */
interface Place {
  kind: ValueKind;
  start: number;
  end: number;
  escaped: boolean;
}

const place = (): Place => ({ kind: VALUE.none, start: 0, end: 0, escaped: false });

/**
 * Makes a row of an envelope, `{"time": …, "host": …, "event": …, "fields": {…}}`. The envelope's members come in any
 * order and win over what the event says of itself, so they are found first and the event is read then.
 */
export class EnvelopeReader implements ObjectReader {
  private readonly scanner: JsonScanner;
  private readonly events: EventDecoder;
  private readonly symbols: SymbolTable;
  private readonly members: SymbolMemo;
  private readonly unescaper = new JsonUnescaper();
  private readonly timestamps = new TimestampReader();
  private readonly defaults: QueryDefaults;
  private batch: EventBatch;

  private readonly payload = place();
  private readonly fields = place();
  private readonly value = place();
  private sourcetype = 0;

  constructor(batch: EventBatch, scanner: JsonScanner, defaults: QueryDefaults) {
    this.batch = batch;
    this.scanner = scanner;
    this.symbols = batch.symbols;
    this.defaults = defaults;
    this.members = new SymbolMemo(batch.symbols, (name) =>
      Object.hasOwn(MEMBERS, name) ? MEMBERS[name] : MEMBER.other,
    );
    this.events = new EventDecoder(batch, scanner, { codeOf, lenient: true, end: () => this.end() });
  }

  reset(batch: EventBatch): void {
    this.batch = batch;
    this.events.reset(batch);
    this.members.refresh();
  }

  event(position: number): number {
    const { events, batch, fields } = this;
    events.begin();
    this.clear();
    try {
      const end = this.envelope(position);
      const fault = this.fault();
      if (fault !== null) {
        batch.rejectRow('invalid_field', fault === HEC.indexedFields ? 'fields' : 'event', HEC_TEXT[fault]);
        return end;
      }
      this.message();
      if (fields.kind === VALUE.object) events.read(fields.start);
      events.finish();
      return end;
    } catch (error) {
      batch.rollbackRow();
      if (error !== JSON_SYNTAX_ERROR) throw error;
      return -1;
    }
  }

  private clear(): void {
    this.payload.kind = VALUE.none;
    this.fields.kind = VALUE.none;
    this.sourcetype = 0;
  }

  /** Puts down where the event and the fields are, and takes over the rest. Returns the position behind the object. */
  private envelope(position: number): number {
    const { scanner, symbols } = this;
    let p = scanner.skip(position + 1);
    if (scanner.source[p] === CHAR.closeBrace) return p + 1;
    do {
      const start = scanner.nameStart(p);
      const end = scanner.stringEnd(start);
      const name = scanner.escaped ? this.escapedName(start, end) : symbols.internBytes(scanner.source, start, end);
      p = this.read(scanner.valueStart(end + 1));
      this.take(name);
      p = scanner.memberEnd(p);
    } while (scanner.source[p - 1] === CHAR.comma);
    return p;
  }

  private escapedName(start: number, end: number): number {
    const { unescaper, scanner, symbols } = this;
    unescaper.unescape(scanner.source, start, end);
    return symbols.internBytes(unescaper.bytes, 0, unescaper.length);
  }

  /** Finds the value at the position and returns the position behind it. */
  private read(position: number): number {
    const { scanner, value } = this;
    value.kind = scanner.kindAt(position);
    value.escaped = false;
    if (value.kind !== VALUE.string) {
      value.start = position;
      value.end = scanner.valueEnd(position, 1);
      return value.end;
    }
    value.start = position + 1;
    value.end = scanner.stringEnd(value.start);
    value.escaped = scanner.escaped;
    return value.end + 1;
  }

  private take(name: number): void {
    const { value } = this;
    switch (this.members.get(name)) {
      case MEMBER.event:
        Object.assign(this.payload, value);
        return;
      case MEMBER.fields:
        Object.assign(this.fields, value);
        return;
      case MEMBER.time:
        if (value.kind !== VALUE.null && !this.time()) this.attribute(name);
        return;
      case MEMBER.host:
        if (value.kind <= VALUE.bool && value.end - value.start <= SYMBOL_BYTES_MAX) this.text(FIELD.host);
        else this.attribute(name);
        return;
      case MEMBER.sourcetype:
        this.sourcetype = this.symbolOfValue();
        this.attribute(name);
        return;
      default:
        this.attribute(name);
    }
  }

  /** The value as a symbol, 0 when it is none. */
  private symbolOfValue(): number {
    const { value, scanner } = this;
    const bytes = value.end - value.start;
    const isPlain = value.kind === VALUE.string && !value.escaped && bytes > 0 && bytes <= SYMBOL_BYTES_MAX;
    return isPlain ? this.symbols.internBytes(scanner.source, value.start, value.end) : 0;
  }

  /** Seconds, as number or text, or what loggers write for them: milliseconds and finer, by the number of digits. */
  private time(): boolean {
    const { value, timestamps, scanner } = this;
    if (value.kind > VALUE.number || value.escaped) return false;
    if (!timestamps.fromText(scanner.source, value.start, value.end)) return false;
    this.batch.setTimestamp(timestamps.low, timestamps.high);
    return true;
  }

  private text(field: typeof FIELD.host | typeof FIELD.message, value: Place = this.value): void {
    const { batch, scanner, unescaper } = this;
    if (value.escaped) {
      unescaper.unescape(scanner.source, value.start, value.end);
      batch.setBytes(field, unescaper.bytes, unescaper.view, 0, unescaper.length);
    } else {
      batch.setBytes(field, scanner.source, scanner.view, value.start, value.end);
    }
  }

  private attribute(name: number): void {
    const { batch, scanner, unescaper, value } = this;
    if (value.kind === VALUE.null || !batch.beginAttribute(name, ATTRIBUTE_KIND[value.kind])) return;
    if (value.escaped) {
      unescaper.unescape(scanner.source, value.start, value.end);
      batch.attributeValues.appendUtf8(unescaper.bytes, unescaper.view, 0, unescaper.length);
    } else {
      batch.attributeValues.appendUtf8(scanner.source, scanner.view, value.start, value.end);
    }
  }

  private fault(): HecCode | null {
    const { payload, fields } = this;
    if (payload.kind === VALUE.none || payload.kind === VALUE.null) return HEC.eventRequired;
    if (payload.kind === VALUE.string && payload.start === payload.end) return HEC.eventBlank;
    if (fields.kind === VALUE.none || fields.kind === VALUE.null) return null;
    return fields.kind === VALUE.object && this.isFlat(fields.start) ? null : HEC.indexedFields;
  }

  /** Whether no member of the object is an object. */
  private isFlat(position: number): boolean {
    const { scanner } = this;
    let p = scanner.skip(position + 1);
    if (scanner.source[p] === CHAR.closeBrace) return true;
    do {
      const value = scanner.valueStart(scanner.stringEnd(scanner.nameStart(p)) + 1);
      if (scanner.kindAt(value) === VALUE.object) return false;
      p = scanner.memberEnd(scanner.valueEnd(value, 1));
    } while (scanner.source[p - 1] === CHAR.comma);
    return true;
  }

  /** An object is the event; anything else is its message. */
  private message(): void {
    const { payload } = this;
    if (payload.kind === VALUE.object) this.events.read(payload.start);
    else this.text(FIELD.message, payload);
  }

  private end(): void {
    const { batch, sourcetype } = this;
    if (sourcetype !== 0) batch.setSymbol(FIELD.service, sourcetype);
    this.defaults.fill(batch);
  }
}

/** Longer ones would fill the table of symbols. */
const SYMBOL_BYTES_MAX = 4096;

/** As EventDecoder keeps values. */
const ATTRIBUTE_KIND = [KIND.string, KIND.number, KIND.bool, KIND.json, KIND.json, KIND.json, KIND.json] as const;
