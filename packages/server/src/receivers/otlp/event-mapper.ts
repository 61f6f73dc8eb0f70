import { severityNumberOfText } from '@tailwater/schema';
import { type EventBatch, KIND, type Kind } from '../../batch/event-batch.ts';
import { FIELD, type Field, type SymbolField, type TextField } from '../../batch/fields.ts';
import type { IngestLimits } from '../../batch/limits.ts';
import { type StringColumn, writeVarint } from '../../batch/string-column.ts';
import type { SymbolTable } from '../../batch/symbol-table.ts';
import { PermanentError } from '../../runtime/errors.ts';
import { numberKind, numberText, VALUE, type ValueRegister } from './any-value.ts';
import { NameMemo, PLAIN } from './name-memo.ts';
import { NO_RESOURCE, NO_SCOPE, type Resource, type Scope, SYMBOL_BYTES_MAX } from './resource.ts';
import { Surroundings } from './surroundings.ts';

/** An observed time further than this from the event's own says something (a file read late); nearer is noise. */
const OBSERVED_DISTANCE_MIN_NS = 1e9;
/** The W3C flag `sampled`: the tracer's decision, nothing about the event. */
const FLAG_SAMPLED = 1;
const NUMBER = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,3})?$/;

/** The scalars of a LogRecord, gathered by a decoder and written by `endEvent`. 64-bit times as two words. */
export class LogRecordHead {
  timeLow = 0;
  timeHigh = 0;
  observedLow = 0;
  observedHigh = 0;
  severityNumber = 0;
  droppedAttributes = 0;
  flags = 0;
}

/**
 * How OTLP becomes events: everything that the protobuf and the JSON decoder have in common. README.md has the table.
 * A decoder calls `beginEvent`, hands over what it finds in any order, then `endEvent`.
 *
 * A fault of one event is a PermanentError `invalid_field` or `event_too_large`, thrown by any method between the two;
 * the decoder catches it and calls `rejectEvent`. One mapper serves one symbol table.
 */
export class EventMapper {
  batch!: EventBatch;
  private readonly names: NameMemo;
  resource: Resource = NO_RESOURCE;
  scope: Scope = NO_SCOPE;
  readonly head = new LogRecordHead();
  readonly surroundings = new Surroundings();

  private readonly symbols: SymbolTable;
  private generation: number;
  private attributes = 0;
  private repeatedBytes = 0;
  private limits: IngestLimits | null = null;
  private messageAttribute: string | null = null;
  private severityText = '';
  private severityTextId = 0;
  private eventName = '';
  private eventNameId = 0;

  constructor(symbols: SymbolTable) {
    this.symbols = symbols;
    this.generation = symbols.generation;
    this.names = new NameMemo(symbols);
  }

  /** Call before each body, with a batch of the same symbol table. */
  open(batch: EventBatch): void {
    this.batch = batch;
    this.repeatedBytes = 0;
    if (this.generation === this.symbols.generation && this.limits === batch.limits) return;
    this.generation = this.symbols.generation;
    this.limits = batch.limits;
    this.names.refresh();
    this.surroundings.clear();
  }

  beginEvent(): void {
    this.batch.beginRow();
    this.attributes = 0;
    this.messageAttribute = null;
    this.severityText = '';
    this.severityTextId = 0;
    this.eventName = '';
    this.eventNameId = 0;
    const { head } = this;
    head.timeLow = 0;
    head.timeHigh = 0;
    head.observedLow = 0;
    head.observedHigh = 0;
    head.severityNumber = 0;
    head.droppedAttributes = 0;
    head.flags = 0;
  }

  /** Throws when the event's resource or scope is faulty, which makes all its events so. */
  checkSurroundings(): void {
    if (this.resource.fault !== null) throw this.resource.fault;
    if (this.scope.fault !== null) throw this.scope.fault;
  }

  /** Writes what was gathered and what scope and resource add, and ends the event. */
  endEvent(): void {
    const { batch, head, resource } = this;
    this.settleMessageAttribute();
    this.writeTimes();
    this.writeSeverity();
    if (this.eventNameId !== 0 || this.eventName !== '') this.writeEventName();
    if (head.droppedAttributes > 0) {
      this.addAttribute('dropped_attributes_count', KIND.number, String(head.droppedAttributes));
    }
    if ((head.flags & ~FLAG_SAMPLED) !== 0) this.addAttribute('otel.flags', KIND.number, String(head.flags));
    this.writeScope();
    batch.setSymbol(FIELD.labels, resource.labels);
    if (resource.service !== 0) batch.setSymbol(FIELD.service, resource.service);
    if (resource.host !== 0) batch.setSymbol(FIELD.host, resource.host);
    if (resource.defaults.length > 0) this.writeDefaults();
    batch.endRow();
  }

  rejectEvent(error: PermanentError): void {
    this.batch.rejectRow(error.code, error.field ?? '', error.message);
  }

  /** The symbol of an attribute's name; `parent` is the map's name that it is a member of, -1 for none. */
  name(parent: number, source: Buffer, start: number, end: number): number {
    if (end - start > this.batch.limits.attributeNameBytesMax) {
      throw this.overlongName(source.toString('utf8', start, start + 100));
    }
    const child = this.symbols.internBytes(source, start, end);
    if (parent < 0) return child;
    const name = this.names.child(parent, child);
    if (this.symbols.bytes(name).length > this.batch.limits.attributeNameBytesMax) {
      throw this.overlongName(this.symbols.text(name).slice(0, 100));
    }
    return name;
  }

  private overlongName(beginning: string): PermanentError {
    const limit = `limits.attributeNameBytesMax (${this.batch.limits.attributeNameBytesMax})`;
    return new PermanentError('event_too_large', `the attribute name has more bytes than ${limit}`, beginning);
  }

  /** Takes an attribute that is neither array nor map: into its field when it has one, else as an attribute. */
  putScalar(name: number, value: ValueRegister): void {
    switch (value.type) {
      case VALUE.utf8:
        this.putUtf8(name, value);
        return;
      case VALUE.text:
        this.putText(name, KIND.string, value.text);
        return;
      case VALUE.number:
        this.putNumber(name, value.number);
        return;
      case VALUE.integer:
        this.putText(name, KIND.number, value.text);
        return;
      case VALUE.bool:
        this.putText(name, KIND.bool, value.number === 0 ? 'false' : 'true');
        return;
      default:
        this.putJson(name, 'null');
    }
  }

  private putUtf8(name: number, { source, view, start, end }: ValueRegister): void {
    const meaning = this.names.meaning(name);
    if (meaning === FIELD.message) {
      if (this.messageAttribute === null && end > start) {
        this.messageAttribute = source.toString('utf8', start, end);
        return;
      }
    } else if (meaning !== PLAIN && end > start && !this.batch.has(meaning)) {
      if (meaning >= FIELD.durationMs) {
        if (end - start <= 32 && this.fieldFromText(meaning, source.toString('latin1', start, end))) return;
      } else if (meaning >= FIELD.message || end - start <= SYMBOL_BYTES_MAX) {
        this.batch.setBytes(meaning as SymbolField | TextField, source, view, start, end);
        return;
      }
    }
    this.countAttribute();
    if (this.batch.beginAttribute(name, KIND.string)) {
      this.batch.attributeValues.appendUtf8(source, view, start, end);
    }
  }

  private putNumber(name: number, value: number): void {
    const meaning = this.names.meaning(name);
    if (meaning === FIELD.durationMs && Number.isFinite(value) && !this.batch.has(meaning)) {
      this.batch.setDurationMs(value);
    } else if (meaning === FIELD.cost && Number.isFinite(value) && !this.batch.has(meaning)) {
      this.batch.setCost(value);
    } else if (meaning !== PLAIN) {
      this.putText(name, numberKind(value), numberText(value));
    } else {
      this.countAttribute();
      if (this.batch.beginAttribute(name, numberKind(value))) appendNumber(this.batch.attributeValues, value);
    }
  }

  /** Takes an array, or a map without members, as JSON text. */
  putJson(name: number, json: string): void {
    this.addPlain(name, KIND.json, json);
  }

  private putText(name: number, kind: Kind, text: string): void {
    const meaning = this.names.meaning(name);
    if (meaning === FIELD.message) {
      if (this.messageAttribute === null && kind === KIND.string && text !== '') {
        this.messageAttribute = text;
        return;
      }
    } else if (meaning !== PLAIN && text !== '' && !this.batch.has(meaning) && this.fieldFromText(meaning, text))
      return;
    this.addPlain(name, kind, text);
  }

  /** Sets a field of the event that it does not have yet. False when the text is none of the field's values. */
  private fieldFromText(field: Field, text: string): boolean {
    if (field >= FIELD.durationMs) {
      const value = NUMBER.test(text) ? Number(text) : Number.NaN;
      if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value))) return false;
      if (field === FIELD.durationMs) this.batch.setDurationMs(value);
      else this.batch.setCost(value);
      return true;
    }
    if (field < FIELD.message && Buffer.byteLength(text) > SYMBOL_BYTES_MAX) return false;
    this.batch.setText(field as SymbolField | TextField, text);
    return true;
  }

  private countAttribute(): void {
    if (++this.attributes <= this.batch.limits.eventAttributesMax) return;
    const limit = `${this.batch.limits.eventAttributesMax} attributes (limits.eventAttributesMax)`;
    throw new PermanentError('event_too_large', `the event has more than ${limit}`, 'attributes');
  }

  private addPlain(name: number, kind: Kind, text: string): void {
    this.countAttribute();
    if (this.batch.beginAttribute(name, kind)) this.batch.attributeValues.appendText(text);
  }

  /** Adds an attribute of a name of ours; one that the sender gave under that name comes first. */
  private addAttribute(name: string, kind: Kind, text: string): void {
    this.addPlain(this.symbols.internText(name), kind, text);
  }

  /** Takes a body that is neither array nor map. An empty one leaves the message to an attribute of that name. */
  putBody(value: ValueRegister): void {
    switch (value.type) {
      case VALUE.utf8:
        if (value.end > value.start) {
          this.batch.setBytes(FIELD.message, value.source, value.view, value.start, value.end);
        }
        return;
      case VALUE.text:
      case VALUE.integer:
        if (value.text !== '') this.batch.setText(FIELD.message, value.text);
        return;
      case VALUE.number:
        this.batch.setText(FIELD.message, numberText(value.number));
        return;
      case VALUE.bool:
        this.batch.setText(FIELD.message, value.number === 0 ? 'false' : 'true');
    }
  }

  /** Takes an array or a map as body, rendered as JSON. */
  putBodyJson(json: string): void {
    this.batch.setText(FIELD.message, json);
  }

  /**
   * An attribute named `message` is the message when there is no body. Call this when the attributes are read, before
   * the members of a structured body become attributes too, of which one may have that name.
   */
  settleMessageAttribute(): void {
    const text = this.messageAttribute;
    if (text === null) return;
    this.messageAttribute = null;
    if (this.batch.has(FIELD.message)) this.addAttribute('message', KIND.string, text);
    else this.batch.setText(FIELD.message, text);
  }

  putSeverityText(source: Buffer, start: number, end: number): void {
    if (end - start > SYMBOL_BYTES_MAX) this.severityText = source.toString('utf8', start, end);
    else this.severityTextId = this.symbols.internBytes(source, start, end);
  }

  putEventName(source: Buffer, start: number, end: number): void {
    if (end - start > SYMBOL_BYTES_MAX) this.eventName = source.toString('utf8', start, end);
    else this.eventNameId = this.symbols.internBytes(source, start, end);
  }

  private writeTimes(): void {
    const { timeLow, timeHigh, observedLow, observedHigh } = this.head;
    if (timeLow === 0 && timeHigh === 0) {
      this.setTime(observedLow, observedHigh);
      return;
    }
    this.setTime(timeLow, timeHigh);
    if (observedLow === 0 && observedHigh === 0) return;
    const distanceNs = (observedHigh - timeHigh) * 4294967296 + (observedLow - timeLow);
    if (Math.abs(distanceNs) < OBSERVED_DISTANCE_MIN_NS) return;
    const observed = (BigInt(observedHigh) << 32n) | BigInt(observedLow);
    this.addAttribute('otel.observed_timestamp', KIND.number, String(observed));
  }

  /** OTLP's times are unsigned, ours signed: what is beyond 2262 becomes the last moment there is. */
  private setTime(low: number, high: number): void {
    if (high > 0x7fffffff) this.batch.setTimestamp(0xffffffff, 0x7fffffff);
    else this.batch.setTimestamp(low, high);
  }

  private writeSeverity(): void {
    const { batch, severityTextId } = this;
    let number = this.head.severityNumber;
    if (number !== 0 && (number < 1 || number > 24)) {
      this.addAttribute('severity_number', KIND.number, String(number));
      number = 0;
    }
    if (number === 0 && severityTextId !== 0) number = severityNumberOfText(this.symbols.text(severityTextId));
    batch.setSeverityNumber(number);
    if (this.severityText !== '') this.addAttribute('severity_text', KIND.string, this.severityText);
    else if (
      severityTextId !== 0 &&
      !(batch.has(FIELD.severity) && this.names.isUsualSeverity(severityTextId, number))
    ) {
      this.addAttribute('severity_text', KIND.string, this.symbols.text(severityTextId));
    }
  }

  /** An attribute may have set the event type before: then the name stays beside it. */
  private writeEventName(): void {
    const { batch, eventNameId } = this;
    if (eventNameId !== 0 && !batch.has(FIELD.eventType)) {
      batch.setSymbol(FIELD.eventType, eventNameId);
    } else if (eventNameId === 0 || batch.symbolColumns[FIELD.eventType].data[batch.rows] !== eventNameId) {
      const name = eventNameId === 0 ? this.eventName : this.symbols.text(eventNameId);
      this.addAttribute('otel.event_name', KIND.string, name);
    }
  }

  private writeScope(): void {
    const { batch, scope } = this;
    const { logger } = scope;
    if (logger !== 0 && !batch.has(FIELD.logger)) {
      batch.setSymbol(FIELD.logger, logger);
    } else if (scope.name !== '' && (logger === 0 || batch.symbolColumns[FIELD.logger].data[batch.rows] !== logger)) {
      this.addAttribute('otel.scope.name', KIND.string, scope.name);
    }
    const repeated = scope.repeatedBytes + this.resource.repeatedBytes;
    if (repeated > 0) this.countRepeated(repeated);
    for (const { name, kind, text } of scope.attributes) {
      const meaning = this.names.meaning(name);
      // A client's own event id cannot be that of all events of a scope: as a field it would deduplicate them away.
      if (meaning === PLAIN || meaning === FIELD.clientEventId || meaning === FIELD.message) {
        this.addPlain(name, kind, text);
      } else if (!batch.has(meaning)) this.putText(name, kind, text);
    }
  }

  /** A megabyte said once in a scope and repeated on 200,000 events would be 200 GB: so it counts as a body's bytes. */
  private countRepeated(bytes: number): void {
    this.repeatedBytes += bytes;
    const { bodyExpandedBytesMax } = this.batch.limits;
    if (this.repeatedBytes <= bodyExpandedBytesMax) return;
    const limit = `limits.bodyExpandedBytesMax (${bodyExpandedBytesMax})`;
    throw new PermanentError(
      'payload_too_large',
      `scope and resource attributes, repeated on their events, have more bytes than ${limit}`,
    );
  }

  private writeDefaults(): void {
    const { batch, symbols } = this;
    for (const { field, symbol } of this.resource.defaults) {
      if (field < FIELD.message) batch.setSymbol(field as SymbolField, symbol);
      else if (batch.claim(field)) batch.textColumns[field as TextField].appendRaw(symbols.bytes(symbol));
    }
  }

  /** Sets trace or span id from raw bytes. One of another length is none, and is kept as an attribute. */
  putIdBytes(field: typeof FIELD.traceId | typeof FIELD.spanId, source: Buffer, start: number, end: number): void {
    let p = start;
    while (p < end && source[p] === 0) p++;
    if (p === end) return;
    if (end - start === idBytes(field)) this.batch.setHex(field, source, start, end - start);
    else this.addAttribute(idAttribute(field), KIND.string, source.toString('hex', start, end));
  }

  /** The same from hex digits of any case. */
  putIdHex(field: typeof FIELD.traceId | typeof FIELD.spanId, { source, view, start, end }: ValueRegister): void {
    const isHex = end - start === idBytes(field) * 2 && isLowerHex(source, start, end);
    if (isHex && !isZeros(source, start, end)) {
      this.batch.setBytes(field, source, view, start, end);
      return;
    }
    const text = source.toString('utf8', start, end).toLowerCase();
    if (/^0*$/.test(text)) return;
    if (text.length === idBytes(field) * 2 && /^[0-9a-f]*$/.test(text)) this.batch.setText(field, text);
    else this.addAttribute(idAttribute(field), KIND.string, text);
  }
}

function isLowerHex(source: Buffer, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const byte = source[i];
    if (byte < 0x30 || byte > 0x66 || (byte > 0x39 && byte < 0x61)) return false;
  }
  return true;
}

function isZeros(source: Buffer, start: number, end: number): boolean {
  let i = start;
  while (i < end && source[i] === 0x30) i++;
  return i === end;
}

const idBytes = (field: Field) => (field === FIELD.traceId ? 16 : 8);
const idAttribute = (field: Field) => (field === FIELD.traceId ? 'otel.trace_id' : 'otel.span_id');

/** Appends a number's text. Small whole numbers, the most frequent by far, are written digit by digit. */
function appendNumber(column: StringColumn, value: number): void {
  if (!(value >= 0 && value < 1e9) || value !== Math.trunc(value) || (value === 0 && 1 / value < 0)) {
    column.appendText(numberText(value));
    return;
  }
  column.room(10);
  let digits = 1;
  for (let bound = 10; bound <= value; bound *= 10) digits++;
  const { bytes } = column;
  let p = writeVarint(bytes, column.position, digits) + digits;
  column.position = p;
  let rest = value | 0;
  do {
    const tenth = (rest / 10) | 0;
    bytes[--p] = 48 + rest - tenth * 10;
    rest = tenth;
  } while (rest > 0);
}
