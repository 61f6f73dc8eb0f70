import type { Event } from '@tailwater/schema';
import { EventBatch } from '../../batch/event-batch.ts';
import { readEvents } from '../../batch/event-rows.ts';
import { appendFrame, type DecodedFrame } from '../../batch/frame.ts';
import { DEFAULT_LIMITS } from '../../batch/limits.ts';
import { SymbolTable } from '../../batch/symbol-table.ts';
import type { JournalPosition } from '../../journal/journal.ts';
import type { RowFilter } from './row-filter.ts';

/** Column memory above which a batch is thrown away, so that one huge frame is not paid for ever. */
const BATCH_BYTES_KEPT = 16 << 20;

/** Turns frames into events, one frame at a time. */
export class FrameDecoder {
  /** The place in its frame of the event that was given last. */
  index = 0;
  private readonly node: number;
  private readonly symbols = new SymbolTable();
  private batch: EventBatch;

  constructor(node: number) {
    this.node = node;
    this.batch = new EventBatch(this.symbols, DEFAULT_LIMITS);
  }

  /**
   * The frame's events in order, from index `from` on and without those that `filter` rules out. To be read before the
   * next call.
   */
  events(frame: DecodedFrame, position: JournalPosition, filter: RowFilter | null, from = 0): Generator<Event> {
    if (this.batch.memoryBytes() > BATCH_BYTES_KEPT) this.batch = new EventBatch(this.symbols, DEFAULT_LIMITS);
    this.symbols.trimIfLarge();
    this.batch.clear();
    appendFrame(this.batch, frame, this.node, position);
    const check = filter?.(this.batch) ?? (() => true);
    return readEvents(this.batch, (row) => {
      this.index = row;
      return row >= from && check(row);
    });
  }
}
