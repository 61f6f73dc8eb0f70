import { type EventBatch, KIND } from '../../batch/event-batch.ts';
import { FIELD, type Field, fieldOfName, type SymbolField, type TextField } from '../../batch/fields.ts';
import type { SymbolTable } from '../../batch/symbol-table.ts';
import { detectLevel } from '../util/detect-level.ts';
import { numberOfText } from '../util/number.ts';
import { SymbolMemo } from '../util/symbol-memo.ts';
import { fieldOfMetadataName, isLevelName, type Stream, severityOfText } from './streams.ts';

/** Loki's defaults, https://grafana.com/docs/loki/latest/configure/#limits_config */
const METADATA_BYTES_MAX = 64 << 10;
const METADATA_COUNT_MAX = 128;

/** Longest text that is looked up as a severity, in bytes. */
const LEVEL_BYTES_MAX = 32;

/** What a name of structured metadata is: an attribute, a level, or the field of the code less one. */
const ATTRIBUTE = 0;
const LEVEL = 100;
const SEVERITY_NUMBER = 101;
/** The field holds the text under the very same name, so it needs no attribute beside it. */
const MOVED = 50;

/** Fields of text that nothing else fills: what they hold is what was sent. */
const MOVED_FIELDS: ReadonlySet<Field> = new Set<Field>([
  FIELD.eventType,
  FIELD.logger,
  FIELD.userId,
  FIELD.resourceId,
  FIELD.resourceType,
  FIELD.action,
  FIELD.traceId,
  FIELD.spanId,
  FIELD.requestId,
]);

function codeOfName(name: string): number {
  if (name === 'severity_number') return SEVERITY_NUMBER;
  if (isLevelName(name)) return LEVEL;
  const field = fieldOfMetadataName(name);
  if (field === undefined) return ATTRIBUTE;
  return fieldOfName(name) === field && MOVED_FIELDS.has(field) ? field + 1 + MOVED : field + 1;
}

/**
 * Writes the entries of streams as rows of the batch: `begin`, then `timestamp`, `line` and `metadata` in any order,
 * then `end`. What an entry's structured metadata says goes before what its stream's labels say.
 */
export class EntryWriter {
  private batch: EventBatch;
  private stream: Stream | null = null;
  private readonly codes: SymbolMemo;
  private readonly levels: SymbolMemo;
  private metadataCount = 0;
  private metadataBytes = 0;
  private failure = '';
  private lineSource: Buffer;
  private lineStart = 0;
  private lineEnd = 0;

  constructor(batch: EventBatch) {
    this.batch = batch;
    this.lineSource = NO_LINE;
    this.codes = new SymbolMemo(batch.symbols, codeOfName);
    this.levels = new SymbolMemo(batch.symbols, severityOfText);
  }

  get symbols(): SymbolTable {
    return this.batch.symbols;
  }

  /** Call before each body, with a batch of the same symbol table. */
  reset(batch: EventBatch): void {
    this.batch = batch;
    this.codes.refresh();
    this.levels.refresh();
  }

  /** Lets go of the body. */
  release(): void {
    this.lineSource = NO_LINE;
    this.stream = null;
  }

  begin(stream: Stream): void {
    this.batch.beginRow();
    this.stream = stream;
    this.metadataCount = 0;
    this.metadataBytes = 0;
    this.failure = '';
    this.lineEnd = 0;
    this.lineStart = 0;
  }

  timestamp(low: number, high: number): void {
    this.batch.setTimestamp(low, high);
  }

  line(source: Buffer, view: DataView, start: number, end: number): void {
    const { batch } = this;
    const { eventBytesMax } = batch.limits;
    if (end - start > eventBytesMax) {
      this.fail(
        `max entry size '${eventBytesMax}' bytes exceeded for stream '${this.stream!.text}' ` +
          `while adding an entry with length '${end - start}' bytes`,
      );
      return;
    }
    batch.setBytes(FIELD.message, source, view, start, end);
    this.lineSource = source;
    this.lineStart = start;
    this.lineEnd = end;
  }

  /**
   * Structured metadata: the value is source[start, end). `nameBytes` is what the name had in the body. What fills a
   * field under another name (`level`, `traceID`) stays an attribute as well: it is asked for by the name it had.
   */
  metadata(name: number, nameBytes: number, source: Buffer, view: DataView, start: number, end: number): void {
    const { batch } = this;
    this.metadataCount++;
    this.metadataBytes += nameBytes + end - start;
    const code = this.codes.get(name);
    const isMoved = code >= MOVED && code < LEVEL;
    const isSet = code !== ATTRIBUTE && this.setField(isMoved ? code - MOVED : code, source, view, start, end);
    if (isSet && isMoved) return;
    if (batch.beginAttribute(name, KIND.string)) batch.attributeValues.appendUtf8(source, view, start, end);
  }

  /** False when the field is taken or the value does not fit it. */
  private setField(code: number, source: Buffer, view: DataView, start: number, end: number): boolean {
    const { batch } = this;
    if (code >= LEVEL) return this.setSeverity(code, source, start, end);
    const field = (code - 1) as Field;
    if (batch.has(field)) return false;
    if (field <= FIELD.clientEventId) {
      batch.setBytes(field as SymbolField | TextField, source, view, start, end);
      return true;
    }
    const value = end - start > 40 ? Number.NaN : numberOfText(source.toString('latin1', start, end));
    if (Number.isNaN(value)) return false;
    if (field === FIELD.durationMs) batch.setDurationMs(value);
    else if (field === FIELD.cost) batch.setCost(value);
    else return false;
    return true;
  }

  private setSeverity(code: number, source: Buffer, start: number, end: number): boolean {
    const { batch } = this;
    if (batch.has(FIELD.severity) || end - start > LEVEL_BYTES_MAX) return false;
    const severityNumber =
      code === LEVEL
        ? this.levels.get(batch.symbols.internBytes(source, start, end))
        : numberOfText(source.toString('latin1', start, end));
    batch.setSeverityNumber(Number.isInteger(severityNumber) ? severityNumber : 0);
    return batch.has(FIELD.severity);
  }

  /** The entry is refused for its first fault. `error` is in Loki's words where Loki has some. */
  fail(error: string): void {
    if (this.failure === '') this.failure = error;
  }

  /** Takes back the entry that was begun. */
  rollback(): void {
    this.batch.rollbackRow();
  }

  end(): void {
    const { batch } = this;
    const stream = this.stream!;
    if (this.metadataCount > METADATA_COUNT_MAX || this.metadataBytes > METADATA_BYTES_MAX) this.failMetadata();
    if (this.failure !== '') {
      batch.rejectRow('invalid_field', '', this.failure);
      return;
    }
    for (const { field, id } of stream.symbols) batch.setSymbol(field, id);
    for (const { field, bytes, view } of stream.texts) batch.setBytes(field, bytes, view, 0, bytes.length);
    if (!batch.has(FIELD.severity)) {
      const detected = stream.severityNumber || detectLevel(this.lineSource, this.lineStart, this.lineEnd);
      batch.setSeverityNumber(detected);
    }
    batch.endRow();
  }

  private failMetadata(): void {
    const start = `stream '${this.stream!.text}' has `;
    const advice = (setting: string) =>
      `Please see \`limits_config.${setting}\` or contact your Loki administrator to increase it`;
    if (this.metadataBytes > METADATA_BYTES_MAX) {
      const sizes = `'${this.metadataBytes}' bytes, limit: '${METADATA_BYTES_MAX}' bytes`;
      this.fail(`${start}structured metadata too large: ${sizes}. ${advice('max_structured_metadata_size')}`);
    } else {
      const counts = `'${this.metadataCount}', limit: '${METADATA_COUNT_MAX}'`;
      this.fail(
        `${start}too many structured metadata labels: ${counts}. ${advice('max_structured_metadata_entries_count')}`,
      );
    }
  }

  /** Refuses an entry of a stream that is refused. */
  reject(stream: Stream): void {
    this.batch.received++;
    this.batch.reject(this.batch.received - 1, 'invalid_field', '', stream.error);
  }
}

const NO_LINE = Buffer.alloc(0);
