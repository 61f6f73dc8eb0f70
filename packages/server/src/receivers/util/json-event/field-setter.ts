import { severityNumberOfLevel, severityNumberOfText } from '@tailwater/schema';
import type { EventBatch } from '../../../batch/event-batch.ts';
import { FIELD, type Field, type SymbolField, type TextField } from '../../../batch/fields.ts';
import { type JsonScanner, VALUE, type ValueKind } from '../json-scanner.ts';
import type { JsonUnescaper } from '../json-string.ts';
import { numberOfText, readNumber } from '../number.ts';
import { SymbolMemo } from '../symbol-memo.ts';
import { TimestampReader } from '../timestamp.ts';
import { CODE } from './names.ts';

/** Longest word that is looked up as a severity, in bytes. */
const SEVERITY_WORD_BYTES_MAX = 32;

const TIMESTAMP_ERROR =
  'is no timestamp: expected ISO 8601, or seconds, milliseconds, microseconds or nanoseconds since the epoch';

/** Puts JSON values into the fields of the row that was begun. */
export class FieldSetter {
  private batch: EventBatch;
  private readonly scanner: JsonScanner;
  private readonly unescaper: JsonUnescaper;
  private readonly severities: SymbolMemo;
  private readonly timestamps = new TimestampReader();
  private readonly lenient: boolean;

  constructor(batch: EventBatch, scanner: JsonScanner, unescaper: JsonUnescaper, lenient: boolean) {
    this.batch = batch;
    this.lenient = lenient;
    this.scanner = scanner;
    this.unescaper = unescaper;
    this.severities = new SymbolMemo(batch.symbols, severityNumberOfText);
  }

  reset(batch: EventBatch): void {
    this.batch = batch;
    this.severities.refresh();
  }

  /**
   * Sets the field of `code` (see CODE) from the value at [start, end) of the scanner's source. Returns null when that
   * is done, '' when the value shall stay an attribute, or what is wrong with it.
   */
  set(code: number, kind: ValueKind, start: number, end: number, escaped: boolean): string | null {
    const isAlias = (code & CODE.alias) !== 0;
    const fieldCode = code & CODE.fieldMask;
    if (fieldCode === CODE.severityNumber) return this.severityNumber(kind, start, end) ? null : '';
    const field = (fieldCode - 1) as Field;
    if (this.batch.has(field)) return '';
    switch (field) {
      case FIELD.timestamp:
        if (this.timestamp(kind, start, end, escaped)) return null;
        return this.lenient ? '' : TIMESTAMP_ERROR;
      case FIELD.severity:
        if (this.severity(isAlias, kind, start, end)) return null;
        return kind === VALUE.string || kind === VALUE.number || isAlias ? '' : this.expected(code, NAMES[kind]);
      case FIELD.durationMs:
      case FIELD.cost:
        if (this.number(field, kind, start, end)) return null;
        return isAlias ? '' : this.expected(code, kind === VALUE.number ? 'one this large' : NAMES[kind]);
      default:
        if (kind === VALUE.array) return isAlias ? '' : this.expected(code, 'an array');
        return this.string(field as SymbolField | TextField, start, end, escaped);
    }
  }

  /** The error of a field whose value has the wrong type. */
  expected(code: number, found: string): string {
    const field = (code & CODE.fieldMask) - 1;
    if (field === FIELD.timestamp) return TIMESTAMP_ERROR;
    if (field === FIELD.durationMs || field === FIELD.cost) return `must be a number or the text of one, not ${found}`;
    if (field === FIELD.severity) return `must be a word or a number, not ${found}`;
    return `must be a string, not ${found}`;
  }

  private string(field: SymbolField | TextField, start: number, end: number, escaped: boolean): string | null {
    const { batch, scanner, unescaper } = this;
    const { eventBytesMax } = batch.limits;
    // Symbols are not counted as the event's bytes, since they repeat; this one would be no symbol.
    if (field < FIELD.message && end - start > eventBytesMax) {
      return `has more bytes than limits.eventBytesMax (${eventBytesMax})`;
    }
    if (escaped) {
      unescaper.unescape(scanner.source, start, end);
      batch.setBytes(field, unescaper.bytes, unescaper.view, 0, unescaper.length);
    } else {
      batch.setBytes(field, scanner.source, scanner.view, start, end);
    }
    return null;
  }

  private timestamp(kind: ValueKind, start: number, end: number, escaped: boolean): boolean {
    const { timestamps, scanner } = this;
    if (escaped || kind > VALUE.number) return false;
    const read =
      kind === VALUE.string
        ? timestamps.fromText(scanner.source, start, end)
        : timestamps.fromNumber(scanner.source, start, end);
    if (read) this.batch.setTimestamp(timestamps.low, timestamps.high);
    return read;
  }

  private number(field: typeof FIELD.durationMs | typeof FIELD.cost, kind: ValueKind, start: number, end: number) {
    const { batch, scanner } = this;
    const value = this.numberOf(kind, scanner.source, start, end);
    if (!Number.isFinite(value)) return false;
    if (field === FIELD.durationMs) batch.setDurationMs(value);
    else batch.setCost(value);
    return true;
  }

  /** The number that a number or a text states, NaN when it states none. */
  private numberOf(kind: ValueKind, source: Buffer, start: number, end: number): number {
    if (kind === VALUE.number) return readNumber(source, start, end);
    if (kind === VALUE.string && end - start <= 40) return numberOfText(source.toString('latin1', start, end));
    return Number.NaN;
  }

  /**
   * A word of any logger, or a number: `severity` speaks OpenTelemetry's scale from 1 to 24, all other names speak that
   * of Pino and Bunyan. False when it is neither.
   */
  private severity(isAlias: boolean, kind: ValueKind, start: number, end: number): boolean {
    const { batch, scanner } = this;
    let severityNumber = 0;
    if (kind === VALUE.string && end - start <= SEVERITY_WORD_BYTES_MAX) {
      severityNumber = this.severities.get(batch.symbols.internBytes(scanner.source, start, end));
    }
    if (severityNumber === 0) {
      const level = this.numberOf(kind, scanner.source, start, end);
      severityNumber = !isAlias && isSeverityNumber(level) ? level : severityNumberOfLevel(level);
    }
    if (severityNumber === 0) return false;
    batch.setSeverityNumber(severityNumber);
    return true;
  }

  /** OpenTelemetry's number is finer than the word beside it, so it wins also when it comes second. */
  private severityNumber(kind: ValueKind, start: number, end: number): boolean {
    const { batch, scanner } = this;
    const value = this.numberOf(kind, scanner.source, start, end);
    if (!isSeverityNumber(value)) return false;
    batch.claim(FIELD.severity);
    batch.severityNumber.data[batch.rows] = value;
    return true;
  }
}

const NAMES = ['another text', 'a number', 'true or false', 'null', 'an array', 'an object', 'nothing'] as const;

function isSeverityNumber(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= 24;
}
