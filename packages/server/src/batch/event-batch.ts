import type { ErrorCode } from '@tailwater/schema';
import { PermanentError } from '../runtime/errors.ts';
import { FIELD, type Field, SYMBOL_FIELDS, type SymbolField, TEXT_FIELDS, type TextField } from './fields.ts';
import { I64Column, NullableF64Column, U8Column, U32Column } from './growable.ts';
import type { IngestLimits } from './limits.ts';
import { StringColumn } from './string-column.ts';
import type { SymbolTable } from './symbol-table.ts';

/** How an attribute's text was typed when it came in. */
export const KIND = { string: 0, number: 1, bool: 2, json: 3 } as const;
export type Kind = (typeof KIND)[keyof typeof KIND];

/** An event that was refused; its neighbours were not. `index` counts from 0 in the order of the request. */
export interface Rejection {
  index: number;
  code: ErrorCode;
  /** The field at fault, empty when it is the whole event. */
  field: string;
  error: string;
}

export interface BatchMark {
  rows: number;
  received: number;
  rejectedCount: number;
  rejections: number;
  rejectedIndexes: number;
  texts: number[];
  attributes: number;
  attributeValues: number;
}

/** Rejections reported back in full; more are only counted. */
const REJECTIONS_REPORTED_MAX = 100;

/**
 * Many events, column by column: what decoders fill, processors work on and the Native codec reads.
 *
 * A decoder calls `beginRow`, then the setters in any order (the first value of a field wins), then `endRow`, or
 * `rollbackRow` when the event turns out bad. No object is made per event. A batch belongs to one thread and is used
 * again and again: `clear` keeps the memory.
 */
export class EventBatch {
  readonly symbols: SymbolTable;
  limits: IngestLimits;
  rows = 0;

  readonly timestamp = new I64Column();
  readonly receivedAt = new I64Column();
  /** 0 until enrich has filled it in: the sender gave none. */
  readonly severityNumber = new U8Column();
  /** Per symbol field one id a row. */
  readonly symbolColumns: Record<SymbolField, U32Column>;
  readonly org = new U32Column();
  readonly receiver = new U32Column();
  /** Filled by the Native codec: the names of the row's attributes that are no strings. */
  readonly attributeTypes = new U32Column();
  readonly textColumns: Record<TextField, StringColumn>;
  readonly durationMs = new NullableF64Column();
  readonly cost = new NullableF64Column();
  readonly retentionDays = new U32Column();

  /** Attributes of all rows, one after another; `attributeEnds[row]` is the index behind the row's last one. */
  readonly attributeEnds = new U32Column();
  readonly attributeKeys = new U32Column();
  readonly attributeKinds = new U8Column();
  readonly attributeValues = new StringColumn(1 << 16);

  /** Place in the journal, filled only where frames are read back. */
  readonly frame = new I64Column();
  readonly frameIndex = new U32Column();

  /** Events seen, accepted or not. */
  received = 0;
  rejectedCount = 0;
  rejections: Rejection[] = [];
  /** Places of all rejected events, request after request: as far as the limits let one count. */
  rejectedIndexes: number[] = [];
  /** While set, only the events at these places are taken or rejected; all others are read and forgotten. */
  only: ReadonlySet<number> | null = null;
  /** Rejections of requests that share the batch with the present one. */
  private rejectionsBefore = 0;

  private readonly textList: readonly StringColumn[];
  private readonly symbolList: readonly U32Column[];
  private readonly textMarks = new Uint32Array(TEXT_FIELDS.length);
  private attributeMark = 0;
  private attributeValueMark = 0;
  /** Bit per field that the row has. */
  private fieldsSet = 0;
  /** Row serial at which a symbol was last used as an attribute name: finds names given twice. */
  private nameSeen = new Uint32Array(4096);
  private rowSerial = 0;
  private overlongName = '';

  constructor(symbols: SymbolTable, limits: IngestLimits) {
    this.symbols = symbols;
    this.limits = limits;
    this.symbolList = SYMBOL_FIELDS.map(() => new U32Column());
    this.textList = TEXT_FIELDS.map((field) => new StringColumn(field === FIELD.message ? 1 << 18 : 1 << 14));
    this.symbolColumns = Object.fromEntries(SYMBOL_FIELDS.map((field, i) => [field, this.symbolList[i]])) as Record<
      SymbolField,
      U32Column
    >;
    this.textColumns = Object.fromEntries(TEXT_FIELDS.map((field, i) => [field, this.textList[i]])) as Record<
      TextField,
      StringColumn
    >;
  }

  clear(): void {
    this.rows = 0;
    this.received = 0;
    this.rejectedCount = 0;
    this.rejections = [];
    if (this.rejectedIndexes.length > 0) this.rejectedIndexes = [];
    this.only = null;
    this.rejectionsBefore = 0;
    for (const column of this.symbolList) column.length = 0;
    for (const column of this.textList) column.position = 0;
    const { timestamp, receivedAt, severityNumber, org, receiver, attributeTypes, durationMs, cost, retentionDays } =
      this;
    for (const column of [timestamp, receivedAt, severityNumber, org, receiver, attributeTypes, durationMs, cost])
      column.length = 0;
    for (const column of [retentionDays, this.attributeEnds, this.attributeKeys, this.attributeKinds, this.frameIndex])
      column.length = 0;
    this.frame.length = 0;
    this.attributeValues.position = 0;
  }

  /** Bytes that the larger columns hold on to, used or not. */
  memoryBytes(): number {
    let bytes = this.attributeValues.bytes.length + this.attributeKeys.data.byteLength;
    for (const column of this.textList) bytes += column.bytes.length;
    return bytes;
  }

  /** Begins another request in the same batch: its events are counted from 0. */
  beginRequest(): void {
    this.received = 0;
    this.rejectionsBefore = this.rejections.length;
  }

  /** Where the batch stands between two events, for `rewind`. */
  mark(): BatchMark {
    return {
      rows: this.rows,
      received: this.received,
      rejectedCount: this.rejectedCount,
      rejections: this.rejections.length,
      rejectedIndexes: this.rejectedIndexes.length,
      texts: this.textList.map((column) => column.position),
      attributes: this.attributeKeys.length,
      attributeValues: this.attributeValues.position,
    };
  }

  /** Forgets all events and rejections since `mark`: a request whose body turned out unreadable leaves nothing. */
  rewind(mark: BatchMark): void {
    const { rows } = mark;
    this.rows = rows;
    this.received = mark.received;
    this.rejectedCount = mark.rejectedCount;
    this.rejections.length = mark.rejections;
    this.rejectedIndexes.length = mark.rejectedIndexes;
    for (let i = 0; i < this.textList.length; i++) this.textList[i].position = mark.texts[i];
    for (const column of this.symbolList) column.length = rows;
    for (const column of [this.timestamp, this.severityNumber, this.durationMs, this.cost, this.attributeEnds]) {
      column.length = rows;
    }
    this.attributeKeys.length = mark.attributes;
    this.attributeKinds.length = mark.attributes;
    this.attributeValues.position = mark.attributeValues;
  }

  /** Starts an event. Throws PermanentError when the request holds too many. */
  beginRow(): void {
    this.received++;
    if (this.rows >= this.limits.batchEventsMax) {
      throw new PermanentError(
        'too_many_events',
        `one request may hold ${this.limits.batchEventsMax} events (limits.batchEventsMax)`,
      );
    }
    this.fieldsSet = 0;
    this.rowSerial = (this.rowSerial + 1) >>> 0;
    this.overlongName = '';
    for (let i = 0; i < this.textList.length; i++) this.textMarks[i] = this.textList[i].position;
    this.attributeMark = this.attributeKeys.length;
    this.attributeValueMark = this.attributeValues.position;
    for (let i = 0; i < this.symbolList.length; i++) {
      const column = this.symbolList[i];
      column.reserve(1);
      column.data[this.rows] = 0;
    }
    this.severityNumber.reserve(1);
    this.severityNumber.data[this.rows] = 0;
  }

  /** Ends an event. Fields not set become empty. False when it is not taken: it was over a limit, or not in `only`. */
  endRow(): boolean {
    if (this.only !== null && !this.only.has(this.received - 1)) {
      this.rollbackRow();
      return false;
    }
    const { fieldsSet, textList } = this;
    let bytes = this.attributeValues.position - this.attributeValueMark;
    for (let i = 0; i < textList.length; i++) {
      if ((fieldsSet & (1 << (FIELD.message + i))) === 0) textList[i].appendEmpty();
      bytes += textList[i].position - this.textMarks[i];
    }
    const attributes = this.attributeKeys.length - this.attributeMark;
    if (bytes > this.limits.eventBytesMax || attributes > this.limits.eventAttributesMax || this.overlongName !== '') {
      this.rejectOversized(bytes, attributes);
      return false;
    }
    if ((fieldsSet & (1 << FIELD.timestamp)) === 0) this.timestamp.push(0, 0);
    if ((fieldsSet & (1 << FIELD.durationMs)) === 0) this.durationMs.pushNull();
    if ((fieldsSet & (1 << FIELD.cost)) === 0) this.cost.pushNull();
    this.attributeEnds.push(this.attributeKeys.length);
    const rows = ++this.rows;
    for (let i = 0; i < this.symbolList.length; i++) this.symbolList[i].length = rows;
    this.severityNumber.length = rows;
    return true;
  }

  private rejectOversized(bytes: number, attributes: number): void {
    const { eventBytesMax, eventAttributesMax, attributeNameBytesMax } = this.limits;
    if (this.overlongName !== '') {
      const error = `the attribute name has more bytes than limits.attributeNameBytesMax (${attributeNameBytesMax})`;
      this.rejectRow('event_too_large', this.overlongName.slice(0, 100), error);
    } else if (bytes > eventBytesMax) {
      this.rejectRow('event_too_large', '', `the event has ${bytes} bytes, limits.eventBytesMax is ${eventBytesMax}`);
    } else {
      this.rejectRow(
        'event_too_large',
        'attributes',
        `the event has ${attributes} attributes, limits.eventAttributesMax is ${eventAttributesMax}`,
      );
    }
  }

  /** Forgets the event that was begun. */
  rollbackRow(): void {
    const { textList, rows } = this;
    for (let i = 0; i < textList.length; i++) textList[i].position = this.textMarks[i];
    this.attributeKeys.length = this.attributeMark;
    this.attributeKinds.length = this.attributeMark;
    this.attributeValues.position = this.attributeValueMark;
    this.timestamp.length = rows;
    this.durationMs.length = rows;
    this.cost.length = rows;
  }

  /** Forgets the event that was begun and reports why. */
  rejectRow(code: ErrorCode, field: string, error: string): void {
    this.rollbackRow();
    this.reject(this.received - 1, code, field, error);
  }

  /** Reports an event that never was begun (count it in `received` first) or has been rolled back. */
  reject(index: number, code: ErrorCode, field: string, error: string): void {
    if (this.only !== null && !this.only.has(index)) return;
    this.rejectedCount++;
    this.rejectedIndexes.push(index);
    if (this.rejections.length - this.rejectionsBefore < REJECTIONS_REPORTED_MAX)
      this.rejections.push({ index, code, field, error });
  }

  /** Whether the row has the field already. */
  has(field: Field): boolean {
    return (this.fieldsSet & (1 << field)) !== 0;
  }

  /** Marks a field as set; true when it was not before. For callers that write a column themselves. */
  claim(field: Field): boolean {
    const bit = 1 << field;
    if ((this.fieldsSet & bit) !== 0) return false;
    this.fieldsSet |= bit;
    return true;
  }

  setSymbol(field: SymbolField, id: number): void {
    if (this.claim(field)) this.symbolList[field].data[this.rows] = id;
  }

  /** Sets a symbol or text field from source[start, end), read as UTF-8. `view` spans the same bytes as `source`. */
  setBytes(field: SymbolField | TextField, source: Buffer, view: DataView, start: number, end: number): void {
    if (!this.claim(field)) return;
    if (field < FIELD.message) this.symbolList[field].data[this.rows] = this.symbols.internBytes(source, start, end);
    else this.textList[field - FIELD.message].appendUtf8(source, view, start, end);
  }

  setText(field: SymbolField | TextField, text: string): void {
    if (!this.claim(field)) return;
    if (field < FIELD.message) this.symbolList[field].data[this.rows] = this.symbols.internText(text);
    else this.textList[field - FIELD.message].appendText(text);
  }

  /** Sets trace or span id from raw bytes, written as lower-case hex. */
  setHex(field: TextField, source: Uint8Array, start: number, byteCount: number): void {
    if (this.claim(field)) this.textList[field - FIELD.message].appendHex(source, start, byteCount);
  }

  /** Nanoseconds since the epoch as two 32-bit words. 0 means not given. */
  setTimestamp(low: number, high: number): void {
    if (this.claim(FIELD.timestamp)) this.timestamp.push(low, high);
  }

  /** 1 to 24, OpenTelemetry's scale. Anything else counts as not given. */
  setSeverityNumber(severityNumber: number): void {
    if (severityNumber >= 1 && severityNumber <= 24 && this.claim(FIELD.severity)) {
      this.severityNumber.data[this.rows] = severityNumber;
    }
  }

  setDurationMs(value: number): void {
    if (this.claim(FIELD.durationMs)) this.durationMs.push(value);
  }

  setCost(value: number): void {
    if (this.claim(FIELD.cost)) this.cost.push(value);
  }

  /**
   * Starts an attribute; the caller then appends exactly one value to `attributeValues`. False (and nothing to append)
   * when the row has an attribute of that name already: the first one wins.
   */
  beginAttribute(nameId: number, kind: Kind): boolean {
    if (nameId >= this.nameSeen.length) this.growNameSeen(nameId);
    if (this.nameSeen[nameId] === this.rowSerial) return false;
    this.nameSeen[nameId] = this.rowSerial;
    if (this.symbols.bytes(nameId).length > this.limits.attributeNameBytesMax) {
      this.overlongName = this.symbols.text(nameId);
    }
    this.attributeKeys.push(nameId);
    this.attributeKinds.push(kind);
    return true;
  }

  private growNameSeen(nameId: number): void {
    const grown = new Uint32Array(Math.max(this.nameSeen.length * 2, nameId + 1));
    grown.set(this.nameSeen);
    this.nameSeen = grown;
  }

  /** Adds an attribute from text. */
  addAttribute(name: string, kind: Kind, text: string): void {
    if (this.beginAttribute(this.symbols.internText(name), kind)) this.attributeValues.appendText(text);
  }
}
