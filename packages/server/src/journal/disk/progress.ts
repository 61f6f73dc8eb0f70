import type { JournalPosition } from '../journal.ts';

/** How far the journal is durable: readers go up to here and never further. */
export interface DurableEnd {
  /** Changes with every publication; `changed` waits for one that differs. */
  version: number;
  /** One after the last durable frame. */
  next: JournalPosition;
  /** First position of the segment being written, and its durable bytes. Segments before it are durable whole. */
  segment: JournalPosition;
  segmentBytes: number;
}

const VERSION_INDEX = 0;
const NEXT_INDEX = 1;
const SEGMENT_INDEX = 2;
const SEGMENT_BYTES_INDEX = 3;

/**
 * What the writer tells readers in other threads, in shared memory. One writer, any number of readers.
 *
 * The three numbers belong together, so they are guarded by a sequence lock: the version is odd while they are being
 * written, and a reader tries again when it was odd or has moved meanwhile. All accesses are atomic, so their order
 * holds on every CPU.
 */
export class JournalProgress {
  /** Hand it to another thread and make a JournalProgress of it there. */
  readonly buffer: SharedArrayBuffer;
  readonly #version: Int32Array<SharedArrayBuffer>;
  readonly #numbers: BigInt64Array<SharedArrayBuffer>;

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(32)) {
    this.buffer = buffer;
    this.#version = new Int32Array(buffer, 0, 1);
    this.#numbers = new BigInt64Array(buffer);
  }

  /** The writer's side: everything up to `end` is on the disk. Wakes those who wait. */
  publish(end: Omit<DurableEnd, 'version'>): void {
    Atomics.add(this.#version, VERSION_INDEX, 1);
    Atomics.store(this.#numbers, NEXT_INDEX, BigInt(end.next));
    Atomics.store(this.#numbers, SEGMENT_INDEX, BigInt(end.segment));
    Atomics.store(this.#numbers, SEGMENT_BYTES_INDEX, BigInt(end.segmentBytes));
    Atomics.add(this.#version, VERSION_INDEX, 1);
    Atomics.notify(this.#version, VERSION_INDEX);
  }

  /** A publication as a whole. Before the first one all is 0. */
  read(): DurableEnd {
    // Ends: the writer is in the odd state for four stores, and each turn here starts after a publication began.
    for (;;) {
      const version = Atomics.load(this.#version, VERSION_INDEX);
      const next = Number(Atomics.load(this.#numbers, NEXT_INDEX));
      const segment = Number(Atomics.load(this.#numbers, SEGMENT_INDEX));
      const segmentBytes = Number(Atomics.load(this.#numbers, SEGMENT_BYTES_INDEX));
      if (version % 2 === 0 && Atomics.load(this.#version, VERSION_INDEX) === version) {
        return { version, next, segment, segmentBytes };
      }
    }
  }

  /**
   * Resolves when there is a publication after `version`, or `signal` aborts; never rejects. It does not keep the
   * process alive by itself: something else (a socket, the port of a worker) has to.
   */
  async changed(version: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const wait = Atomics.waitAsync(this.#version, VERSION_INDEX, version);
    if (!wait.async) return;
    let onAbort = () => {};
    const aborted = new Promise<void>((resolve) => {
      onAbort = resolve;
      signal.addEventListener('abort', onAbort, { once: true });
    });
    await Promise.race([wait.value, aborted]);
    signal.removeEventListener('abort', onAbort);
  }
}
