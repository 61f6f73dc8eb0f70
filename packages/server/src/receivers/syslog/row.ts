import { type EventBatch, KIND } from '../../batch/event-batch.ts';
import { FIELD, type SymbolField, type TextField } from '../../batch/fields.ts';
import { TimestampReader } from '../util/timestamp.ts';
import { bsdTime } from './bsd-time.ts';

/** OpenTelemetry's severity by syslog's, as @tailwater/schema has it for the words emerg, alert, crit … */
const SEVERITY_NUMBER = [23, 22, 21, 17, 13, 10, 9, 5] as const;

/** https://www.rfc-editor.org/rfc/rfc5424#section-6.2.1; 12 to 15 as rsyslog and others have them. */
const FACILITY =
  'kern user mail daemon auth syslog lpr news uucp cron authpriv ftp ntp audit alert clock local0 local1 local2 local3 local4 local5 local6 local7'.split(
    ' ',
  );

/** What RFC 3164 says of a message without a priority: user, notice. */
const DEFAULT_PRIORITY = 13;
const PRIORITY_MAX = 191;

/** Longest host, tag, id …: anything longer is text. The RFCs' own limits (255, 48, 128, 32) are met by few. */
export const WORD_BYTES_MAX = 1024;

const SPACE = 0x20;

/** Puts parts of a message, as positions in the body, into the row that was begun. */
export class SyslogRow {
  readonly source: Buffer;
  readonly batch: EventBatch;
  private readonly view: DataView;
  private readonly receivedAtMs: number;
  private readonly reader = new TimestampReader();

  constructor(source: Buffer, batch: EventBatch, receivedAtMs: number) {
    this.source = source;
    this.batch = batch;
    this.view = new DataView(source.buffer, source.byteOffset, source.byteLength);
    this.receivedAtMs = receivedAtMs;
  }

  set(field: SymbolField | TextField, start: number, end: number): void {
    if (start < end) this.batch.setBytes(field, this.source, this.view, start, end);
  }

  /** The message may be empty, and is then. */
  setMessage(start: number, end: number): void {
    // For rsyslog the blank behind the tag is the beginning of the message, and it sends it in RFC 5424 too: see
    // `sp-if-no-1st-sp` in https://www.rsyslog.com/doc/configuration/property_replacer.html
    const from = this.source[start] === SPACE ? start + 1 : start;
    this.set(FIELD.message, Math.min(from, end), end);
  }

  attribute(name: string, start: number, end: number): void {
    this.attributeOf(this.batch.symbols.internText(name), start, end);
  }

  attributeOf(name: number, start: number, end: number): void {
    const { batch, source, view } = this;
    if (batch.beginAttribute(name, KIND.string)) batch.attributeValues.appendUtf8(source, view, start, end);
  }

  /** Reads `<PRI>` at the position, sets what it says, and returns the position behind it; the same without one. */
  priority(start: number, end: number): number {
    const { source } = this;
    let value = 0;
    let p = start + 1;
    for (; p < end && p < start + 4 && isDigit(source[p]); p++) value = value * 10 + source[p] - 0x30;
    const isThere = source[start] === 0x3c && p > start + 1 && p < end && source[p] === 0x3e && value <= PRIORITY_MAX;
    const priority = isThere ? value : DEFAULT_PRIORITY;
    this.batch.setSeverityNumber(SEVERITY_NUMBER[priority & 7]);
    this.batch.addAttribute('syslog.facility', KIND.string, FACILITY[priority >> 3]);
    return isThere ? p + 1 : start;
  }

  /** Sets the time from ISO 8601 at the position and returns the position behind it, -1 when it is none. */
  isoTime(start: number, end: number): number {
    const { source, reader } = this;
    if (!isDigit(source[start]) || source[start + 4] !== 0x2d) return -1;
    let last = this.wordEnd(start, end);
    if (source[last - 1] === 0x3a) last--;
    if (last - start < 19 || !reader.fromText(source, start, last)) return -1;
    this.batch.setTimestamp(reader.low, reader.high);
    return last;
  }

  /** The same for RFC 3164's `Nov 21 14:00:00`, which has no year and no zone. */
  bsdTime(start: number, end: number): number {
    const time = bsdTime(this.source, start, end, this.receivedAtMs);
    if (time === null) return -1;
    this.reader.fromSeconds(time.seconds, time.nanos);
    this.batch.setTimestamp(this.reader.low, this.reader.high);
    return time.end;
  }

  /** The position of the next space, `end` when there is none. */
  wordEnd(start: number, end: number): number {
    let p = start;
    while (p < end && this.source[p] !== SPACE) p++;
    return p;
  }
}

export function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}
