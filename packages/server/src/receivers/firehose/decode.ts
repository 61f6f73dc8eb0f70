import type { EventBatch } from '../../batch/event-batch.ts';
import { FIELD } from '../../batch/fields.ts';
import type { SymbolTable } from '../../batch/symbol-table.ts';
import { PermanentError } from '../../runtime/errors.ts';
import type { DecodeRequest } from '../receiver.ts';
import { detectLevel } from '../util/detect-level.ts';
import { EventDecoder } from '../util/json-event/event-decoder.ts';
import { codeOfName } from '../util/json-event/names.ts';
import { CHAR, JSON_SYNTAX_ERROR, JsonScanner, VALUE } from '../util/json-scanner.ts';
import { contentOf, requestOf, textOf } from './request.ts';
import { EventDefaults, isObject, surroundingsOf } from './surroundings.ts';

const decoders = new WeakMap<SymbolTable, FirehoseDecoder>();

/**
 * Reads `{"requestId", "timestamp", "records": [{"data": base64}]}` and returns the request's id, which the answer has to
 * name. A record holds JSON objects, text lines, or what CloudWatch Logs sends to its subscribers; it may be gzip.
 * Throws PermanentError `invalid_body`, or one that names a limit of the whole request.
 */
export function decodeFirehose(body: Buffer, batch: EventBatch, { format }: DecodeRequest): string {
  let decoder = decoders.get(batch.symbols);
  if (decoder === undefined) {
    decoder = new FirehoseDecoder(batch);
    decoders.set(batch.symbols, decoder);
  }
  return decoder.decode(body, batch, format);
}

/** First names of what CloudWatch Logs sends: other objects are not looked into. */
const CLOUDWATCH_NAME = /^\{\s*"(messageType|owner|logGroup|logStream|subscriptionFilters|logEvents)"/;
const NEWLINE = 0x0a;
const RETURN = 0x0d;

/**
 * Records of one request that are no Base64 or no gzip. zlib keeps what a failed call took until decoding is over, and no
 * stream has some bad ones beside a thousand good ones.
 */
const BROKEN_RECORDS_MAX = 1000;

const tooManyBroken = () =>
  new PermanentError('invalid_body', `Firehose: more than ${BROKEN_RECORDS_MAX} records are no Base64 or no gzip`);

class FirehoseDecoder {
  private readonly scanner = new JsonScanner();
  private readonly events: EventDecoder;
  private readonly defaults = new EventDefaults();
  private batch: EventBatch;
  private inflatable = 0;
  private brokenRecords = 0;

  constructor(batch: EventBatch) {
    this.batch = batch;
    const end = (filled: EventBatch) => this.defaults.apply(filled);
    this.events = new EventDecoder(batch, this.scanner, { codeOf: codeOfName, lenient: true, end });
  }

  decode(body: Buffer, batch: EventBatch, format: string): string {
    const { requestId, timestamp, records } = requestOf(body);
    this.batch = batch;
    this.inflatable = batch.limits.bodyExpandedBytesMax;
    this.brokenRecords = 0;
    this.events.reset(batch);
    const { defaults } = this;
    defaults.common = surroundingsOf(format).common;
    defaults.requestId = requestId;
    const timestampMs = millisecondsOf(timestamp);
    try {
      for (let i = 0; i < records.length; i++) {
        this.ofCloudWatch({}, '', timestampMs);
        const bytes = this.bytesOf(records[i], i);
        if (bytes !== null) this.record(bytes);
      }
    } finally {
      this.scanner.release();
    }
    return requestId;
  }

  /** The record's content, null when it was rejected. */
  private bytesOf(record: unknown, index: number): Buffer | null {
    try {
      const bytes = contentOf(record, this.inflatable);
      this.inflatable -= bytes.length;
      return bytes;
    } catch (error) {
      if (!(error instanceof PermanentError) || error.code !== 'invalid_body') throw error;
      this.rejectRecord(index, error.message);
      if (++this.brokenRecords > BROKEN_RECORDS_MAX) throw tooManyBroken();
      return null;
    }
  }

  private rejectRecord(index: number, error: string): void {
    const { batch } = this;
    batch.received++;
    batch.reject(batch.received - 1, 'invalid_body', `records[${index}].data`, error);
  }

  /** JSON objects with or without anything between them; every line that begins with none is a text. */
  private record(bytes: Buffer): void {
    const { scanner } = this;
    scanner.reset(bytes);
    for (let p = scanner.skip(0); p < scanner.end; p = scanner.skip(p)) {
      const next = scanner.kindAt(p) === VALUE.object ? this.object(p) : -1;
      p = next < 0 ? this.line(p) : next;
    }
  }

  /** Reads the object at the position and returns the position behind it, -1 when its syntax is wrong. */
  private object(position: number): number {
    const { scanner } = this;
    const head = scanner.source.toString('latin1', position, position + 64);
    if (CLOUDWATCH_NAME.test(head)) {
      const end = this.subscription(position);
      if (end >= 0) return end;
    }
    return this.event(position, false);
  }

  /** With `whole`, the object has to be all there is. */
  private event(position: number, whole: boolean): number {
    const { batch, events, scanner } = this;
    events.begin();
    let end: number;
    try {
      end = events.read(position);
    } catch (error) {
      if (error !== JSON_SYNTAX_ERROR) {
        batch.rollbackRow();
        throw error;
      }
      end = -1;
    }
    if (end < 0 || (whole && scanner.skip(end) < scanner.end)) {
      // It is a text, and is counted as that.
      batch.rollbackRow();
      batch.received--;
      return -1;
    }
    events.finish();
    return end;
  }

  private line(position: number): number {
    const { source, end } = this.scanner;
    const newline = source.indexOf(NEWLINE, position);
    const lineEnd = newline < 0 ? end : newline;
    this.text(position, lineEnd);
    return lineEnd;
  }

  /** One event of the scanner's bytes there, without the line feeds at their end. */
  private text(start: number, end: number): void {
    const { batch, scanner, defaults } = this;
    const { source } = scanner;
    let last = end;
    while (last > start && (source[last - 1] === NEWLINE || source[last - 1] === RETURN)) last--;
    batch.beginRow();
    batch.setBytes(FIELD.message, source, scanner.view, start, last);
    batch.setSeverityNumber(detectLevel(source, start, last));
    defaults.apply(batch);
    batch.endRow();
  }

  /**
   * What CloudWatch Logs sends to its subscribers. Returns the position behind it, -1 when it is something else.
   * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
   */
  private subscription(position: number): number {
    const { scanner, defaults } = this;
    const end = this.valueEnd(position);
    if (end < 0) return -1;
    const envelope = JSON.parse(scanner.source.toString('utf8', position, end)) as Record<string, unknown>;
    const { messageType, logEvents } = envelope;
    // Sent once, to see whether anybody is there.
    if (messageType === 'CONTROL_MESSAGE') return end;
    if (messageType !== 'DATA_MESSAGE' || !Array.isArray(logEvents)) return -1;
    const { source } = scanner;
    const timestampMs = defaults.timestampMs;
    for (const logEvent of logEvents as unknown[]) this.logEvent(envelope, logEvent, timestampMs);
    this.ofCloudWatch({}, '', timestampMs);
    scanner.reset(source);
    return end;
  }

  private valueEnd(position: number): number {
    try {
      return this.scanner.valueEnd(position, 0);
    } catch (error) {
      if (error !== JSON_SYNTAX_ERROR) throw error;
      return -1;
    }
  }

  /** `{"id", "timestamp", "message"}`. A message that is a JSON object is read as one. */
  private logEvent(envelope: Record<string, unknown>, logEvent: unknown, requestMs: number): void {
    const { batch, scanner } = this;
    if (!isObject(logEvent) || typeof logEvent.message !== 'string') {
      batch.received++;
      batch.reject(batch.received - 1, 'invalid_field', 'logEvents', 'expected an object with a text `message`');
      return;
    }
    const { id, timestamp, message } = logEvent;
    this.ofCloudWatch(envelope, textOf(id), millisecondsOf(timestamp) || requestMs);
    scanner.reset(Buffer.from(message));
    const start = scanner.skip(0);
    const isObjectText = scanner.source[start] === CHAR.openBrace;
    if (!isObjectText || this.event(start, true) < 0) this.text(0, scanner.end);
  }

  private ofCloudWatch(envelope: Record<string, unknown>, eventId: string, timestampMs: number): void {
    const { defaults } = this;
    defaults.owner = textOf(envelope.owner);
    defaults.logGroup = textOf(envelope.logGroup);
    defaults.logStream = textOf(envelope.logStream);
    defaults.eventId = eventId;
    defaults.timestampMs = timestampMs;
  }
}

/** Beyond 2286 in seconds: a time is in milliseconds by Amazon's word, but moto sends seconds. */
const SECONDS_MAX = 1e10;

function millisecondsOf(timestamp: unknown): number {
  if (typeof timestamp !== 'number' || !(timestamp > 0)) return 0;
  return timestamp < SECONDS_MAX ? timestamp * 1000 : timestamp;
}
