import { type EventBatch, KIND } from '../../batch/event-batch.ts';
import { FIELD } from '../../batch/fields.ts';
import type { SymbolTable } from '../../batch/symbol-table.ts';
import { PermanentError } from '../../runtime/errors.ts';
import { encodeReply } from '../util/acked-reply.ts';
import { gunzipCapped, zstdCapped } from '../util/inflate.ts';
import { JsonBytes } from '../util/json-bytes.ts';
import { EventDecoder } from '../util/json-event/event-decoder.ts';
import { codeOfName } from '../util/json-event/names.ts';
import { JSON_SYNTAX_ERROR, JsonScanner } from '../util/json-scanner.ts';
import {
  MSGPACK,
  MsgpackHead,
  MsgpackJson,
  type MsgpackKind,
  MsgpackSkipper,
  readMsgpackNumber,
} from '../util/msgpack.ts';
import { TimestampReader } from '../util/timestamp.ts';
import { type ForwardOption, NO_OPTION, readOption } from './option.ts';

/**
 * Decodes messages of the forward protocol, one after another. Returns an AckedReply whose acks are the chunks. Throws
 * PermanentError when the only message cannot be read as one, or is over a request's limits.
 */
export function decodeForward(body: Buffer, batch: EventBatch): string | undefined {
  let decoder = decoders.get(batch.symbols);
  if (decoder === undefined) {
    decoder = new ForwardDecoder(batch);
    decoders.set(batch.symbols, decoder);
  }
  return decoder.decode(body, batch);
}

/** One per symbol table, that is per thread: it holds what was worked out per symbol. */
const decoders = new WeakMap<SymbolTable, ForwardDecoder>();

/** Fluentd's EventTime: https://github.com/fluent/fluentd/wiki/Forward-Protocol-Specification-v1#eventtime-ext-format */
const EVENT_TIME = 0;
/**
 * Seconds (-1 and -2) with which Fluent Bit marks the beginning and end of a group of events:
 * https://github.com/fluent/fluent-bit/blob/master/include/fluent-bit/flb_log_event.h
 */
const GROUP_SECONDS_MIN = 0xfffffffe;
const NO_TIME = -1;

/**
 * Tags that make no name of a service: Fluent Bit's and Fluentd's tail plugins make them of paths, Docker's driver of
 * the container's id.
 */
const NO_SERVICE = /\.log$|\.var\.log\.|^[0-9a-f]{12}$|^[0-9a-f]{64}$/;

class ForwardDecoder {
  private readonly scanner = new JsonScanner();
  private readonly json = new JsonBytes();
  private readonly writer = new MsgpackJson(this.json);
  private readonly head = new MsgpackHead();
  private readonly skipper = new MsgpackSkipper();
  private readonly timestamps = new TimestampReader();
  private readonly events: EventDecoder;
  private batch: EventBatch;
  private bytesLeft = 0;
  private chunks: string[] = [];
  private tag = 0;
  private tagNamesService = false;
  /** Whole seconds of the event, for events that say no time of their own. */
  private wholeSeconds = NO_TIME;

  constructor(batch: EventBatch) {
    this.batch = batch;
    this.events = new EventDecoder(batch, this.scanner, {
      codeOf: codeOfName,
      lenient: true,
      end: (ended) => this.complete(ended),
    });
  }

  decode(body: Buffer, batch: EventBatch): string | undefined {
    this.batch = batch;
    this.events.reset(batch);
    this.bytesLeft = batch.limits.bodyExpandedBytesMax;
    this.chunks = [];
    try {
      const end = this.messages(body);
      return encodeReply({ acks: this.chunks, end }, body.length);
    } finally {
      this.scanner.release();
      this.json.release();
    }
  }

  /** Returns where it stopped: at the end, or before a message that cannot be taken and is not the only one. */
  private messages(body: Buffer): number {
    let p = 0;
    while (p < body.length) {
      const mark = this.batch.mark();
      const chunks = this.chunks.length;
      try {
        p = this.message(body, p);
      } catch (error) {
        if (!(error instanceof PermanentError) || this.isOnlyMessage(body, p)) throw error;
        this.batch.rewind(mark);
        this.chunks.length = chunks;
        return p;
      }
    }
    return p;
  }

  private isOnlyMessage(body: Buffer, position: number): boolean {
    return position === 0 && this.skipper.endOfWhole(body, 0) === body.length;
  }

  /** Reads one message: `[tag, time, record, option?]`, `[tag, [[time, record], …], option?]` or the packed forms. */
  private message(body: Buffer, position: number): number {
    const { head, skipper } = this;
    const end = skipper.endOfWhole(body, position);
    head.read(body, position);
    // A heartbeat.
    if (head.kind === MSGPACK.nil) return end;
    const { size } = head;
    if (head.kind !== MSGPACK.array || size < 2) throw noMessage();
    const content = this.readTag(body, head.start);
    const second = skipper.endOfWhole(body, content);
    const isOne = this.isTime(body, content);
    if (isOne && size < 3) throw noMessage();
    const optionAt = isOne ? skipper.endOfWhole(body, second) : second;
    const option = size > (isOne ? 3 : 2) ? readOption(body, optionAt) : NO_OPTION;
    if (option.chunk !== null) this.chunks.push(option.chunk);
    // Metrics and traces of Fluent Bit come on the same connection.
    if (option.signal !== 0) return end;
    if (isOne) this.event(body, content, second);
    else this.entries(body, content, option);
    return end;
  }

  /** Sets the message's tag and returns the position behind it. */
  private readTag(body: Buffer, position: number): number {
    const { head, batch } = this;
    head.read(body, position);
    if (head.kind !== MSGPACK.string && head.kind !== MSGPACK.binary) throw noMessage();
    const end = head.start + head.size;
    if (head.size > batch.limits.eventBytesMax) throw noMessage();
    this.tag = batch.symbols.internBytes(body, head.start, end);
    this.tagNamesService = !NO_SERVICE.test(batch.symbols.text(this.tag));
    return end;
  }

  /** Whether what is at the position is the time of one event, and not events. */
  private isTime(bytes: Buffer, position: number): boolean {
    const { head } = this;
    head.read(bytes, position);
    if (head.kind === MSGPACK.string || head.kind === MSGPACK.binary) return false;
    if (head.kind !== MSGPACK.array) return true;
    // [time, metadata], or entries, which are arrays.
    if (head.size !== 2) return false;
    const first = head.start;
    if (this.kindAt(bytes, first) === MSGPACK.array) return false;
    return this.kindAt(bytes, this.skipper.endOfWhole(bytes, first)) === MSGPACK.map;
  }

  private entries(body: Buffer, position: number, option: ForwardOption): void {
    const { head } = this;
    head.read(body, position);
    const { kind, start, size } = head;
    if (kind !== MSGPACK.array) {
      this.packed(this.expanded(body.subarray(start, start + size), option.compressed));
      return;
    }
    let p = start;
    for (let i = 0; i < size; i++) {
      this.entry(body, p);
      p = this.skipper.endOfWhole(body, p);
    }
  }

  private expanded(bytes: Buffer, compressed: string): Buffer {
    if (compressed === 'text') return bytes;
    const expand = compressed === 'gzip' ? gunzipCapped : compressed === 'zstd' ? zstdCapped : null;
    if (expand === null) {
      throw new PermanentError('invalid_body', 'expected option.compressed to be text, gzip or zstd');
    }
    const plain = expand(bytes, this.bytesLeft);
    this.bytesLeft -= plain.length;
    return plain;
  }

  /** Entries one after another. Behind one that is no MessagePack nothing can be found. */
  private packed(bytes: Buffer): void {
    for (let p = 0; p < bytes.length; ) {
      let end: number;
      try {
        end = this.skipper.endOfWhole(bytes, p);
      } catch (error) {
        if (!(error instanceof PermanentError)) throw error;
        this.reject(`${error.message}; what follows was not read`);
        return;
      }
      this.entry(bytes, p);
      p = end;
    }
  }

  /** `[time, record]` */
  private entry(bytes: Buffer, position: number): void {
    const { head } = this;
    head.read(bytes, position);
    if (head.kind === MSGPACK.array && head.size >= 2) {
      const { start } = head;
      this.event(bytes, start, this.skipper.endOfWhole(bytes, start));
    } else {
      this.reject('an event is an array of time and record');
    }
  }

  private event(bytes: Buffer, time: number, record: number): void {
    const { json } = this;
    const metadata = this.metadataAt(bytes, time);
    const timeAt = metadata === 0 ? time : this.firstOf(bytes, time);
    if (this.isGroupMark(bytes, timeAt)) return;
    if (this.kindAt(bytes, record) !== MSGPACK.map) {
      this.reject('the record is no map');
      return;
    }
    json.length = 0;
    let recordLength: number;
    try {
      this.writer.write(bytes, record);
      recordLength = json.length;
      if (metadata > 0) this.writer.write(bytes, metadata);
    } catch (error) {
      if (!(error instanceof PermanentError)) throw error;
      this.reject(error.message);
      return;
    }
    this.put(bytes, timeAt, metadata > 0 ? recordLength : 0);
  }

  /** Makes a row of the record, and the metadata behind it, that were written as JSON. */
  private put(bytes: Buffer, timeAt: number, metadataAt: number): void {
    const { scanner, events, batch } = this;
    scanner.reset(this.json.bytes());
    events.begin();
    try {
      this.setTime(bytes, timeAt);
      events.read(0);
      if (metadataAt > 0) events.readAttributes(metadataAt);
    } catch (error) {
      if (error !== JSON_SYNTAX_ERROR) throw error;
      batch.rejectRow('invalid_body', '', scanner.error);
      return;
    }
    events.finish();
  }

  /** The position of the metadata of `[time, metadata]`, 0 when the time stands alone or the metadata is empty. */
  private metadataAt(bytes: Buffer, time: number): number {
    const { head } = this;
    head.read(bytes, time);
    if (head.kind !== MSGPACK.array || head.size < 2) return 0;
    const metadata = this.skipper.endOfWhole(bytes, head.start);
    return this.kindAt(bytes, metadata) === MSGPACK.map ? metadata : 0;
  }

  private kindAt(bytes: Buffer, position: number): MsgpackKind {
    this.head.read(bytes, position);
    return this.head.kind;
  }

  private firstOf(bytes: Buffer, array: number): number {
    this.head.read(bytes, array);
    return this.head.start;
  }

  private isGroupMark(bytes: Buffer, time: number): boolean {
    const { head } = this;
    head.read(bytes, time);
    if (head.kind === MSGPACK.number) {
      const seconds = readMsgpackNumber(bytes, time);
      return seconds === -1 || seconds === -2;
    }
    return this.isEventTime() && bytes.readUInt32BE(head.start) >= GROUP_SECONDS_MIN;
  }

  private isEventTime(): boolean {
    const { kind, extension, size } = this.head;
    return kind === MSGPACK.extension && extension === EVENT_TIME && size === 8;
  }

  /**
   * An exact time is the event's, whatever the record says. Whole seconds are kept for a record that says no time:
   * clients without EventTime send them, and their records may know better.
   */
  private setTime(bytes: Buffer, position: number): void {
    const { head, timestamps, batch } = this;
    this.wholeSeconds = NO_TIME;
    head.read(bytes, position);
    if (this.isEventTime()) {
      timestamps.fromSeconds(bytes.readUInt32BE(head.start), bytes.readUInt32BE(head.start + 4) % 1e9);
      batch.setTimestamp(timestamps.low, timestamps.high);
    } else if (head.kind === MSGPACK.number) {
      const seconds = Number(readMsgpackNumber(bytes, position));
      if (Number.isInteger(seconds) && seconds > 0) this.wholeSeconds = seconds;
      else this.setFraction(seconds);
    }
  }

  private setFraction(seconds: number): void {
    if (!(seconds > 0) || !Number.isFinite(seconds)) return;
    // A double holds no better than a quarter of a microsecond today.
    const whole = Math.floor(seconds);
    const micros = Math.min(999_999, Math.round((seconds - whole) * 1e6));
    this.timestamps.fromSeconds(whole, micros * 1000);
    this.batch.setTimestamp(this.timestamps.low, this.timestamps.high);
  }

  /** What the message says of an event that does not say it itself. */
  private complete(batch: EventBatch): void {
    const { tag, timestamps, wholeSeconds } = this;
    const { symbols } = batch;
    if (wholeSeconds !== NO_TIME && !batch.has(FIELD.timestamp)) {
      this.timestampOfSeconds(wholeSeconds);
      batch.setTimestamp(timestamps.low, timestamps.high);
    }
    if (tag === 0) return;
    // A record's own `tag` is another thing, and stays.
    if (
      batch.beginAttribute(symbols.internText('tag'), KIND.string) ||
      batch.beginAttribute(symbols.internText('fluent.tag'), KIND.string)
    ) {
      batch.attributeValues.appendRaw(symbols.bytes(tag));
    }
    if (this.tagNamesService) batch.setSymbol(FIELD.service, tag);
  }

  /** Some clients send milliseconds where the protocol says seconds: their size tells. */
  private timestampOfSeconds(value: number): void {
    const text = Buffer.from(String(value));
    if (!this.timestamps.fromNumber(text, 0, text.length)) this.timestamps.fromSeconds(0, 0);
  }

  /** Reports an event that is not begun as a row. */
  private reject(error: string): void {
    const { batch } = this;
    const { batchEventsMax } = batch.limits;
    if (batch.received >= batchEventsMax) {
      throw new PermanentError(
        'too_many_events',
        `one message may hold ${batchEventsMax} events (limits.batchEventsMax)`,
      );
    }
    batch.received++;
    batch.reject(batch.received - 1, 'invalid_body', '', error);
  }
}

function noMessage(): PermanentError {
  return new PermanentError('invalid_body', 'expected a message of the forward protocol: [tag, events, option]');
}
