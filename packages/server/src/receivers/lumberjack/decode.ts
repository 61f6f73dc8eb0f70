import type { EventBatch } from '../../batch/event-batch.ts';
import type { SymbolTable } from '../../batch/symbol-table.ts';
import { PermanentError } from '../../runtime/errors.ts';
import { encodeReply } from '../util/acked-reply.ts';
import { inflateCapped } from '../util/inflate.ts';
import { JsonBytes } from '../util/json-bytes.ts';
import { EventDecoder } from '../util/json-event/event-decoder.ts';
import { codeOfName } from '../util/json-event/names.ts';
import { CHAR, JsonScanner, VALUE } from '../util/json-scanner.ts';
import { FRAME, frameEnd } from './frames.ts';

/**
 * Decodes whole frames. Returns an AckedReply whose acks are the head of the acknowledgement and the sequence number:
 * `2A50`, one for every window and the last. Throws PermanentError when the only frame is none, or over limits.
 */
export function decodeFrames(body: Buffer, batch: EventBatch): string | undefined {
  let decoder = decoders.get(batch.symbols);
  if (decoder === undefined) {
    decoder = new FrameDecoder(batch);
    decoders.set(batch.symbols, decoder);
  }
  return decoder.decode(body, batch);
}

/** One per symbol table, that is per thread: it holds what was worked out per symbol. */
const decoders = new WeakMap<SymbolTable, FrameDecoder>();

/** What logstash-forwarder, version 1 of the protocol, calls the message. */
const LINE = codeOfName('body');
const codeOf = (name: string) => (name === 'line' ? LINE : codeOfName(name));

const NO_SEQUENCE = -1;

class FrameDecoder {
  private readonly scanner = new JsonScanner();
  private readonly json = new JsonBytes();
  private readonly events: EventDecoder;
  private batch: EventBatch;
  private bytesLeft = 0;
  private acks: string[] = [];
  private version = 0x32;
  private sequence = NO_SEQUENCE;

  constructor(batch: EventBatch) {
    this.batch = batch;
    this.events = new EventDecoder(batch, this.scanner, { codeOf, lenient: true });
  }

  decode(body: Buffer, batch: EventBatch): string | undefined {
    this.batch = batch;
    this.events.reset(batch);
    this.bytesLeft = batch.limits.bodyExpandedBytesMax;
    this.acks = [];
    this.sequence = NO_SEQUENCE;
    try {
      const end = this.wholeFrames(body);
      this.endWindow();
      return encodeReply({ acks: this.acks, end }, body.length);
    } finally {
      this.scanner.release();
      this.json.release();
    }
  }

  /** Returns where it stopped: at the end, or before a frame that cannot be taken and is not the only one. */
  private wholeFrames(body: Buffer): number {
    let p = 0;
    while (p < body.length) {
      const end = frameEnd(body, p);
      if (end < 0) throw endsWithin();
      // Only a compressed frame can fail when some of its events are in the batch already.
      const mark = body[p + 1] === FRAME.compressed ? this.batch.mark() : null;
      const { sequence, batch } = this;
      const { received } = batch;
      try {
        this.frame(body, p, end, false);
      } catch (error) {
        if (!(error instanceof PermanentError) || (p === 0 && end === body.length)) throw error;
        batch.received = received;
        if (mark !== null) batch.rewind(mark);
        this.sequence = sequence;
        return p;
      }
      p = end;
    }
    return p;
  }

  private framesInside(bytes: Buffer): void {
    for (let p = 0; p < bytes.length; ) {
      const end = frameEnd(bytes, p);
      if (end < 0) throw endsWithin();
      this.frame(bytes, p, end, true);
      p = end;
    }
  }

  private frame(bytes: Buffer, start: number, end: number, isInside: boolean): void {
    switch (bytes[start + 1]) {
      case FRAME.window:
        this.endWindow();
        return;
      case FRAME.compressed:
        if (isInside) throw new PermanentError('invalid_body', 'a compressed frame holds no other');
        this.compressed(bytes.subarray(start + 6, end));
        return;
      case FRAME.json:
        this.event(bytes.subarray(start + 10, end));
        break;
      case FRAME.data:
        this.writePairs(bytes, start + 6);
        this.event(this.json.bytes());
        break;
      default:
        return;
    }
    this.version = bytes[start];
    this.sequence = bytes.readUInt32BE(start + 2);
  }

  private endWindow(): void {
    if (this.sequence === NO_SEQUENCE) return;
    this.acks.push(`${String.fromCharCode(this.version)}A${this.sequence}`);
    this.sequence = NO_SEQUENCE;
  }

  private compressed(block: Buffer): void {
    const plain = inflateCapped(block, this.bytesLeft);
    this.bytesLeft -= plain.length;
    this.framesInside(plain);
  }

  private event(document: Buffer): void {
    const { scanner, events, batch } = this;
    scanner.reset(document);
    const start = scanner.skip(0);
    if (scanner.kindAt(start) !== VALUE.object) {
      this.reject('an event is a JSON object');
      return;
    }
    if (events.event(start) < 0) batch.reject(batch.received - 1, 'invalid_body', '', scanner.error);
  }

  /** Reports an event that is not begun as a row. */
  private reject(error: string): void {
    const { batch } = this;
    const { batchEventsMax } = batch.limits;
    if (batch.received >= batchEventsMax) {
      throw new PermanentError('too_many_events', `a window may hold ${batchEventsMax} events (limits.batchEventsMax)`);
    }
    batch.received++;
    batch.reject(batch.received - 1, 'invalid_body', '', error);
  }

  /** Writes the pairs of a data frame as a JSON object. */
  private writePairs(bytes: Buffer, position: number): void {
    const { json } = this;
    const pairs = bytes.readUInt32BE(position);
    let p = position + 4;
    json.length = 0;
    json.byte(CHAR.openBrace);
    for (let i = 0; i < pairs * 2; i++) {
      if (i > 0) json.byte(i % 2 === 1 ? CHAR.colon : CHAR.comma);
      const end = p + 4 + bytes.readUInt32BE(p);
      json.string(bytes, p + 4, end);
      p = end;
    }
    json.byte(CHAR.closeBrace);
  }
}

function endsWithin(): PermanentError {
  return new PermanentError('invalid_body', 'the bytes end within a frame');
}
