import { type EventBatch, KIND } from '../../batch/event-batch.ts';
import { FIELD, type SymbolField, type TextField } from '../../batch/fields.ts';
import type { SymbolTable } from '../../batch/symbol-table.ts';
import { PermanentError } from '../../runtime/errors.ts';
import { SymbolMemo } from '../util/symbol-memo.ts';
import { TimestampReader } from '../util/timestamp.ts';

/** What a field of the journal becomes. https://www.freedesktop.org/software/systemd/man/systemd.journal-fields.html */
const ROLE = {
  attribute: 0,
  message: 1,
  host: 2,
  cursor: 3,
  traceId: 4,
  spanId: 5,
  priority: 6,
  time: 7,
  identifier: 8,
  unit: 9,
} as const;

const ROLE_OF_NAME: Record<string, number> = {
  MESSAGE: ROLE.message,
  PRIORITY: ROLE.priority,
  SYSLOG_IDENTIFIER: ROLE.identifier,
  _SYSTEMD_UNIT: ROLE.unit,
  _HOSTNAME: ROLE.host,
  __REALTIME_TIMESTAMP: ROLE.time,
  __CURSOR: ROLE.cursor,
  TRACE_ID: ROLE.traceId,
  SPAN_ID: ROLE.spanId,
};

/** Roles whose value goes into a field as it is. */
const FIELD_OF_ROLE: Record<number, SymbolField | TextField> = {
  [ROLE.message]: FIELD.message,
  [ROLE.host]: FIELD.host,
  [ROLE.cursor]: FIELD.clientEventId,
  [ROLE.traceId]: FIELD.traceId,
  [ROLE.spanId]: FIELD.spanId,
};

/** Emergency to debug, on OpenTelemetry's scale: the numbers that the words `emerg`, `alert` … have everywhere here. */
const SEVERITY_OF_PRIORITY = [23, 22, 21, 17, 13, 10, 9, 5];

/** Of a larger field that is not the message only so much is kept: systemd-coredump puts whole memory dumps into one. */
const FIELD_BYTES_MAX = 64 << 10;
/** Names in the export format's own rules: what does not look so is no name in front of a binary value. */
const NAME_BYTES_MAX = 64;

const NEWLINE = 0x0a;
const EQUALS = 0x3d;
/** Integers per field: name, start and end of the value, place of the next field of that name or NONE. */
const FIELD_SIZE = 4;
const NONE = -1;

const decoders = new WeakMap<SymbolTable, ExportDecoder>();

/**
 * Reads the journal's export format: lines `NAME=value`; for values with any bytes `NAME`, a line feed, the size as 64-bit
 * little-endian, the bytes, a line feed; an empty line behind each event.
 * https://systemd.io/JOURNAL_EXPORT_FORMATS/#journal-export-format
 * Throws PermanentError `invalid_body`, with the position, or one that names a limit of the whole request.
 */
export function decodeExport(body: Buffer, batch: EventBatch): void {
  let decoder = decoders.get(batch.symbols);
  if (decoder === undefined) {
    decoder = new ExportDecoder(batch.symbols);
    decoders.set(batch.symbols, decoder);
  }
  decoder.decode(body, batch);
}

class ExportDecoder {
  private readonly symbols: SymbolTable;
  private readonly roles: SymbolMemo;
  private readonly time = new TimestampReader();
  private batch!: EventBatch;
  private source!: Buffer;
  private view!: DataView;
  /** Fields of the event that is being read. */
  private fields = new Int32Array(64 * FIELD_SIZE);
  private fieldCount = 0;
  /** By name, the event in which it was seen last, and its place there: finds names given twice. */
  private seenIn = new Uint32Array(1 << 12);
  private seenAt = new Int32Array(1 << 12);
  private serial = 0;
  /** The place of the field that named the service. */
  private servicePlace = NONE;

  constructor(symbols: SymbolTable) {
    this.symbols = symbols;
    this.roles = new SymbolMemo(symbols, (name) => (Object.hasOwn(ROLE_OF_NAME, name) ? ROLE_OF_NAME[name] : 0));
  }

  decode(body: Buffer, batch: EventBatch): void {
    this.batch = batch;
    this.source = body;
    this.view = new DataView(body.buffer, body.byteOffset, body.length);
    this.roles.refresh();
    this.clearFields();
    try {
      this.read(body);
    } finally {
      this.source = Buffer.alloc(0);
      this.view = new DataView(this.source.buffer, 0, 0);
    }
  }

  private read(body: Buffer): void {
    for (let p = 0; p < body.length; ) {
      if (body[p] === NEWLINE) {
        p++;
        if (this.fieldCount > 0) this.event();
        this.clearFields();
        continue;
      }
      const lineEnd = body.indexOf(NEWLINE, p);
      if (lineEnd < 0) throw cutShort(body.length);
      let equals = p;
      while (equals < lineEnd && body[equals] !== EQUALS) equals++;
      if (equals === lineEnd) p = this.binaryField(p, lineEnd);
      else {
        this.addField(p, equals, equals + 1, lineEnd);
        p = lineEnd + 1;
      }
    }
    if (this.fieldCount > 0) throw cutShort(body.length);
  }

  /** Reads the value behind a name on a line of its own. Returns the position behind it. */
  private binaryField(nameStart: number, nameEnd: number): number {
    const { source, view } = this;
    const name = source.toString('latin1', nameStart, Math.min(nameEnd, nameStart + NAME_BYTES_MAX + 1));
    if (!/^[A-Za-z0-9_]{1,64}$/.test(name)) {
      throw new PermanentError('invalid_body', `export format: expected NAME=value at byte ${nameStart}`);
    }
    const start = nameEnd + 9;
    if (start > source.length) throw cutShort(source.length);
    const size = view.getUint32(nameEnd + 5, true) * 2 ** 32 + view.getUint32(nameEnd + 1, true);
    const end = start + size;
    if (end >= source.length) throw cutShort(source.length);
    if (source[end] !== NEWLINE) {
      const problem = `expected a line feed behind the ${size} bytes of ${name}`;
      throw new PermanentError('invalid_body', `export format: ${problem} at byte ${end}`);
    }
    this.addField(nameStart, nameEnd, start, end);
    return end + 1;
  }

  private clearFields(): void {
    this.fieldCount = 0;
    this.servicePlace = NONE;
    this.serial = (this.serial + 1) >>> 0;
  }

  private addField(nameStart: number, nameEnd: number, start: number, end: number): void {
    const name = this.symbols.internBytes(this.source, nameStart, nameEnd);
    if (name >= this.seenIn.length) {
      this.seenIn = grownTo(Uint32Array, this.seenIn, name);
      this.seenAt = grownTo(Int32Array, this.seenAt, name);
    }
    const place = this.fieldCount++ * FIELD_SIZE;
    if (place >= this.fields.length) this.fields = grownTo(Int32Array, this.fields, place);
    const { fields } = this;
    fields[place] = name;
    fields[place + 1] = start;
    fields[place + 2] = end;
    fields[place + 3] = NONE;
    if (this.seenIn[name] === this.serial) fields[this.seenAt[name] + 3] = place;
    this.seenIn[name] = this.serial;
    this.seenAt[name] = place;
  }

  private event(): void {
    const { batch } = this;
    const end = this.fieldCount * FIELD_SIZE;
    batch.beginRow();
    this.setService(ROLE.identifier, end);
    this.setService(ROLE.unit, end);
    for (let place = 0; place < end; place += FIELD_SIZE) this.put(place);
    batch.endRow();
  }

  /** The identifier names the service wherever it stands, the unit where there is none. */
  private setService(role: number, end: number): void {
    const { batch, fields, roles } = this;
    for (let place = 0; place < end && this.servicePlace === NONE; place += FIELD_SIZE) {
      if (roles.get(fields[place]) !== role || fields[place + 1] === fields[place + 2]) continue;
      batch.setBytes(FIELD.service, this.source, this.view, fields[place + 1], fields[place + 2]);
      this.servicePlace = place;
    }
  }

  private put(place: number): void {
    const { batch, fields } = this;
    const role = this.roles.get(fields[place]);
    if (role === ROLE.attribute) {
      this.attribute(place);
      return;
    }
    const start = fields[place + 1];
    const end = fields[place + 2];
    if (role < ROLE.priority) {
      const field = FIELD_OF_ROLE[role];
      if (batch.has(field)) this.attribute(place);
      else batch.setBytes(field, this.source, this.view, start, end);
      return;
    }
    const isSet =
      role === ROLE.priority
        ? this.setPriority(start, end)
        : role === ROLE.time
          ? this.setTime(start, end)
          : place === this.servicePlace;
    if (!isSet) this.attribute(place);
  }

  private setPriority(start: number, end: number): boolean {
    const priority = this.source[start] - 0x30;
    if (end - start !== 1 || !(priority >= 0 && priority <= 7) || this.batch.has(FIELD.severity)) return false;
    this.batch.setSeverityNumber(SEVERITY_OF_PRIORITY[priority]);
    return true;
  }

  /** Microseconds since the epoch, whatever their size. */
  private setTime(start: number, end: number): boolean {
    const { source, time, batch } = this;
    if (start === end || end - start > 17 || batch.has(FIELD.timestamp)) return false;
    let seconds = 0;
    let micros = 0;
    for (let p = start; p < end; p++) {
      const digit = source[p] - 0x30;
      if (!(digit >= 0 && digit <= 9)) return false;
      if (p < end - 6) seconds = seconds * 10 + digit;
      else micros = micros * 10 + digit;
    }
    time.fromSeconds(seconds, micros * 1000);
    batch.setTimestamp(time.low, time.high);
    return true;
  }

  private attribute(place: number): void {
    const { batch, fields } = this;
    const isRepeated = fields[place + 3] !== NONE;
    if (!batch.beginAttribute(fields[place], isRepeated ? KIND.json : KIND.string)) return;
    if (isRepeated) {
      batch.attributeValues.appendText(this.repeatedValues(place));
      return;
    }
    const start = fields[place + 1];
    const end = fields[place + 2];
    const kept = this.keptEnd(start, end);
    batch.attributeValues.appendUtf8(this.source, this.view, start, kept);
    if (kept < end) batch.addAttribute(`${this.symbols.text(fields[place])}.bytes`, KIND.number, String(end - start));
  }

  /** The end of what is kept of a value, not within a character. */
  private keptEnd(start: number, end: number): number {
    if (end - start <= FIELD_BYTES_MAX) return end;
    let kept = start + FIELD_BYTES_MAX;
    for (let i = 0; i < 3 && (this.source[kept] & 0xc0) === 0x80; i++) kept--;
    return kept;
  }

  /** A name given more than once is one attribute: its values from that place on, as a JSON array. */
  private repeatedValues(first: number): string {
    const { fields, source } = this;
    const values: string[] = [];
    for (let place = first; place !== NONE; place = fields[place + 3]) {
      const start = fields[place + 1];
      values.push(source.toString('utf8', start, this.keptEnd(start, fields[place + 2])));
    }
    return JSON.stringify(values);
  }
}

function cutShort(position: number): PermanentError {
  return new PermanentError('invalid_body', `export format: the body ends inside an event at byte ${position}`);
}

function grownTo<T extends Int32Array | Uint32Array>(type: new (length: number) => T, array: T, index: number): T {
  const larger = new type(Math.max(array.length * 2, index + FIELD_SIZE));
  larger.set(array);
  return larger;
}
