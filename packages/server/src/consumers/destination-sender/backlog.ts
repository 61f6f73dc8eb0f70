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
    return Math.max(0, this.#bytes);
  }

  get oldestReceivedAtMs(): number | null {
    return this.#events > 0 ? this.#receivedAtMs : null;
  }

  /** A frame that the lane will have to read by itself. */
  add(rows: number, bytes: number, receivedAtMs: number): void {
    if (this.#events <= 0 || this.#receivedAtMs === null || receivedAtMs < this.#receivedAtMs) {
      this.#receivedAtMs = receivedAtMs;
    }
    this.#events += rows;
    this.#bytes += bytes;
  }

  /** The lane has read a frame that was added. */
  takeOff(rows: number, bytes: number, receivedAtMs: number): void {
    this.#events -= rows;
    this.#bytes -= bytes;
    this.#receivedAtMs = receivedAtMs;
  }

  clear(): void {
    this.round++;
    this.#events = 0;
    this.#bytes = 0;
    this.#receivedAtMs = null;
  }
}
