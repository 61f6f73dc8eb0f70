import type { JournalPosition } from './journal.ts';

/** The place before which one consumer needs nothing of the journal, in memory shared with the thread that trims it. */
export class JournalFloor {
  /** Hand it to another thread and make a JournalFloor of it there. */
  readonly buffer: SharedArrayBuffer;
  readonly #position: BigInt64Array<SharedArrayBuffer>;

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(8)) {
    this.buffer = buffer;
    this.#position = new BigInt64Array(buffer);
  }

  /** 0 until it was set: everything is kept. */
  get position(): JournalPosition {
    return Number(Atomics.load(this.#position, 0));
  }

  set position(position: JournalPosition) {
    Atomics.store(this.#position, 0, BigInt(position));
  }
}
