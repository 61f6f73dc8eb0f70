import type { EventBatch } from '../../src/batch/event-batch.ts';
import { newBatch, storedEvents } from '../../src/receivers/util/test-batch.ts';

/** Small limits, so that mutated bodies meet them. */
const LIMITS = {
  eventBytesMax: 4096,
  batchEventsMax: 200,
  eventAttributesMax: 64,
  attributeNameBytesMax: 128,
  labelsMax: 16,
};

/**
 * A run for fuzzing a decoder: decodes into a batch that is used again and again, and checks that what is in it
 * afterwards goes through a journal frame, also when the body was refused. Throws what `decode` throws, or an Error when
 * the batch does not hold together.
 */
export function decoderRun(decode: (body: Buffer, batch: EventBatch) => void): (body: Buffer) => void {
  const batch = newBatch(LIMITS);
  const stored = newBatch(LIMITS);
  return (body) => {
    batch.symbols.trimIfLarge(10_000);
    batch.clear();
    const mark = batch.mark();
    try {
      decode(body, batch);
    } catch (error) {
      batch.rewind(mark);
      check(batch, stored, 0);
      throw error;
    }
    check(batch, stored, batch.received - batch.rejectedCount);
  };
}

function check(batch: EventBatch, stored: EventBatch, expected: number): void {
  const { length } = storedEvents(batch, stored);
  if (length !== expected || batch.rows !== expected) {
    throw new Error(`${expected} events expected, ${batch.rows} in the batch, ${length} in the frame`);
  }
}
