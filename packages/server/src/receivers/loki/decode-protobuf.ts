import type { EventBatch } from '../../batch/event-batch.ts';
import type { SymbolTable } from '../../batch/symbol-table.ts';
import { TimestampReader } from '../util/timestamp.ts';
import { EntryWriter } from './entry-writer.ts';
import { ProtobufReader } from './protobuf-reader.ts';
import { type Stream, StreamTable } from './streams.ts';

/**
 * Tags (field number and wire type) of logproto's messages, all of length-delimited fields but for the timestamp's:
 * https://github.com/grafana/loki/blob/main/pkg/push/push.proto
 */
const TAG = {
  pushStreams: 0x0a,
  streamLabels: 0x0a,
  streamEntries: 0x12,
  entryTimestamp: 0x0a,
  entryLine: 0x12,
  entryMetadata: 0x1a,
  seconds: 0x08,
  nanos: 0x10,
  pairName: 0x0a,
  pairValue: 0x12,
} as const;

/**
 * Fills the batch from a PushRequest. Entries of streams with labels that are refused are rejected, the others are
 * taken. Throws PermanentError invalid_body when the bytes are no PushRequest.
 */
export function decodeProtobuf(body: Buffer, batch: EventBatch): void {
  let decoder = decoders.get(batch.symbols);
  if (decoder === undefined) {
    decoder = new PushDecoder(batch);
    decoders.set(batch.symbols, decoder);
  }
  decoder.decode(body, batch);
}

/** One decoder per symbol table, that is per thread: it holds what was worked out per symbol. */
const decoders = new WeakMap<SymbolTable, PushDecoder>();

const NO_BYTES = Buffer.alloc(0);

class PushDecoder {
  private readonly reader = new ProtobufReader();
  private readonly streams: StreamTable;
  private readonly writer: EntryWriter;
  private readonly timestamps = new TimestampReader();

  constructor(batch: EventBatch) {
    this.streams = new StreamTable(batch.symbols);
    this.writer = new EntryWriter(batch);
  }

  decode(body: Buffer, batch: EventBatch): void {
    const { reader, writer } = this;
    this.streams.refresh(batch.limits);
    writer.reset(batch);
    reader.reset(body);
    try {
      while (reader.position < body.length) {
        const tag = reader.varint(body.length);
        if (tag === TAG.pushStreams) this.stream(reader.lengthEnd(body.length));
        else reader.skip(tag, body.length);
      }
    } finally {
      reader.reset(NO_BYTES);
      writer.release();
    }
  }

  private stream(end: number): void {
    const { reader } = this;
    const stream = this.findStream(end);
    while (reader.position < end) {
      const tag = reader.varint(end);
      if (tag !== TAG.streamEntries) reader.skip(tag, end);
      else this.entry(stream, reader.lengthEnd(end));
    }
  }

  /** Reads the labels, which may stand behind the entries; the position stays. */
  private findStream(end: number): Stream {
    const { reader } = this;
    const start = reader.position;
    let labelsStart = start;
    let labelsEnd = start;
    while (reader.position < end) {
      const tag = reader.varint(end);
      if (tag !== TAG.streamLabels) {
        reader.skip(tag, end);
        continue;
      }
      labelsEnd = reader.lengthEnd(end);
      labelsStart = reader.position;
      break;
    }
    reader.position = start;
    return this.streams.find('text', reader.source, labelsStart, labelsEnd);
  }

  private entry(stream: Stream, end: number): void {
    const { reader, writer } = this;
    if (stream.error !== '') {
      while (reader.position < end) reader.skip(reader.varint(end), end);
      writer.reject(stream);
      return;
    }
    writer.begin(stream);
    try {
      this.entryFields(end);
    } catch (error) {
      writer.rollback();
      throw error;
    }
    writer.end();
  }

  private entryFields(end: number): void {
    const { reader, writer } = this;
    const { source, view } = reader;
    while (reader.position < end) {
      const tag = reader.varint(end);
      if (tag === TAG.entryLine) {
        const lineEnd = reader.lengthEnd(end);
        writer.line(source, view, reader.position, lineEnd);
        reader.position = lineEnd;
      } else if (tag === TAG.entryTimestamp) {
        this.timestamp(reader.lengthEnd(end));
      } else if (tag === TAG.entryMetadata) {
        this.metadata(reader.lengthEnd(end));
      } else {
        reader.skip(tag, end);
      }
    }
  }

  private timestamp(end: number): void {
    const { reader, timestamps } = this;
    let seconds = 0;
    let nanos = 0;
    while (reader.position < end) {
      const tag = reader.varint(end);
      if (tag !== TAG.seconds && tag !== TAG.nanos) {
        reader.skip(tag, end);
        continue;
      }
      reader.varint64(end);
      const value = reader.high * 4294967296 + (reader.low >>> 0);
      if (tag === TAG.seconds) seconds = value;
      else nanos = value;
    }
    if (nanos < 0 || nanos > 999_999_999) {
      this.writer.fail(`timestamp: nanos not in range [0, 1e9): ${nanos}`);
      return;
    }
    timestamps.fromSeconds(seconds, nanos);
    this.writer.timestamp(timestamps.low, timestamps.high);
  }

  private metadata(end: number): void {
    const { reader, writer } = this;
    const { source, view } = reader;
    let nameStart = 0;
    let nameEnd = 0;
    let valueStart = 0;
    let valueEnd = 0;
    while (reader.position < end) {
      const tag = reader.varint(end);
      if (tag === TAG.pairName) {
        nameEnd = reader.lengthEnd(end);
        nameStart = reader.position;
        reader.position = nameEnd;
      } else if (tag === TAG.pairValue) {
        valueEnd = reader.lengthEnd(end);
        valueStart = reader.position;
        reader.position = valueEnd;
      } else {
        reader.skip(tag, end);
      }
    }
    const name = writer.symbols.internBytes(source, nameStart, nameEnd);
    writer.metadata(name, nameEnd - nameStart, source, view, valueStart, valueEnd);
  }
}
