import type { EventBatch } from '../../src/batch/event-batch.ts';
import { PermanentError, RetryableError } from '../../src/runtime/errors.ts';
import type { EventStore } from '../../src/stores/store.ts';
import type { Random } from './random.ts';

const failure = () => new RetryableError('store_unavailable', 'simulated', 1);

/**
 * Deduplication as ClickHouse's MergeTree does it: an insert is several parts, the token of each is noted before the
 * part is in its place, and notes are not synced. See src/stores/clickhouse/deduplication-log.ts.
 */
export class ForgetfulStore implements EventStore {
  /** Faults from now on, each as likely as this. */
  faultRate = 0;
  readonly #random: Random;
  /** The embedded engine is started by us: it mends its notes before. */
  readonly #isEmbedded: boolean;
  /** What the writer sends: the rows of a Native block are not looked into here. */
  readonly #batch: EventBatch;
  readonly #poisoned: ReadonlySet<number>;
  readonly #crash: () => void;
  /** Tokens by part, in the order in which they were noted. */
  readonly #noted = new Map<string, { isThere: boolean }>();
  /** How often each frame is stored. */
  readonly counts = new Map<number, number>();

  constructor(options: {
    random: Random;
    isEmbedded: boolean;
    batch: EventBatch;
    poisoned: ReadonlySet<number>;
    /** Ends the process that writes. */
    crash(): void;
  }) {
    this.#random = options.random;
    this.#isEmbedded = options.isEmbedded;
    this.#batch = options.batch;
    this.#poisoned = options.poisoned;
    this.#crash = options.crash;
  }

  async insert(_block: readonly Uint8Array[], _rows: number, token: string): Promise<void> {
    this.#mayFail();
    const frames = new Set<number>();
    for (let row = 0; row < this.#batch.rows; row++) frames.add(this.#batch.frame.data[row * 2]!);
    if ([...frames].some((frame) => this.#poisoned.has(frame))) throw new PermanentError('invalid_body', 'poisoned');
    for (const partition of [0, 1, 2]) {
      const part = [...frames].filter((frame) => frame % 3 === partition);
      if (part.length > 0) this.#store(`${token} ${partition}`, part);
    }
    this.#mayFail();
  }

  #store(note: string, frames: readonly number[]): void {
    if (this.#noted.has(note)) return;
    const state = { isThere: false };
    this.#noted.set(note, state);
    this.#mayFail();
    for (const frame of frames) this.counts.set(frame, (this.counts.get(frame) ?? 0) + 1);
    state.isThere = true;
    this.#mayFail();
  }

  #mayFail(): void {
    if (!this.#random.chance(this.faultRate)) return;
    const what = this.#random.weighted({ error: 2, kill: 1, crash: 1 });
    if (what === 'kill') this.restart();
    if (what === 'crash') this.#crash();
    throw failure();
  }

  /** A server that is killed keeps its notes; that some are of parts which are not there, only we mend. */
  restart(): void {
    if (!this.#isEmbedded) return;
    for (const [note, { isThere }] of this.#noted) if (!isThere) this.#noted.delete(note);
  }

  /** The newest notes are gone, and all parts are there. */
  cutPower(): void {
    const notes = [...this.#noted.keys()];
    for (const note of notes.slice(this.#random.int(notes.length + 1))) this.#noted.delete(note);
    this.restart();
  }

  async storedFrames(_node: number, from: number, to: number): Promise<ReadonlySet<number>> {
    this.#mayFail();
    return new Set([...this.counts.keys()].filter((frame) => frame >= from && frame <= to));
  }

  // biome-ignore lint/correctness/useYield: nothing is read from it.
  async *select(): AsyncGenerator<never[]> {
    throw failure();
  }

  async remove(): Promise<void> {}

  async ping(): Promise<boolean> {
    return true;
  }

  async close(): Promise<void> {}
}
