import type { DecodedFrame } from '../../batch/frame.ts';

/** What a lane has not been offered yet, told by frame headers. Counts are those of its org, the filter aside. */
export class Backlog {
  /** How often the lane was level: counts of an earlier round are of no use. */
  round = 0;
  #events = 0;
  #bytes = 0;
  /** When the frame that the lane is in was received. */
  #receivedAtMs: number | null = null;

  /** While the frames between are still being counted, what is taken off can be ahead. */
  get events(): number {
    return Math.max(0, this.#events);
  }

  get bytes(): number {
    return Math.max(0, Math.round(this.#bytes));
  }

  get oldestReceivedAtMs(): number | null {
    return this.#events > 0 ? this.#receivedAtMs : null;
  }

  /** Rows of a frame that the lane will have to read by itself. */
  add(rows: number, { block, rows: all, receivedAtMs }: DecodedFrame): void {
    if (this.#events <= 0 || this.#receivedAtMs === null || receivedAtMs < this.#receivedAtMs) {
      this.#receivedAtMs = receivedAtMs;
    }
    this.#events += rows;
    this.#bytes += (block.length * rows) / all;
  }

  /** The lane has read rows that were added. */
  takeOff(rows: number, { block, rows: all, receivedAtMs }: DecodedFrame): void {
    this.#events -= rows;
    this.#bytes -= (block.length * rows) / all;
    this.#receivedAtMs = receivedAtMs;
  }

  clear(): void {
    this.round++;
    this.#events = 0;
    this.#bytes = 0;
    this.#receivedAtMs = null;
  }
}
