import { setImmediate as turn } from 'node:timers/promises';
import { readEvents } from '../../../src/batch/event-rows.ts';
import { appendFrame, decodeFrame } from '../../../src/batch/frame.ts';
import { DEFAULT_LIMITS } from '../../../src/batch/limits.ts';
import { SymbolTable } from '../../../src/batch/symbol-table.ts';
import type { JournalWriter } from '../../../src/journal/journal.ts';
import { isMendable } from '../../../src/pipeline/dead-letters.ts';
import { createIngest, type IngestTask, type TaskOutcome } from '../../../src/pipeline/ingest.ts';
import type { IngestClient } from '../../../src/pipeline/ingest-client.ts';
import { decoders } from '../../../src/receivers/registry.ts';
import { newBatch } from '../../../src/receivers/util/test-batch.ts';
import { isKnownError, PermanentError, RetryableError } from '../../../src/runtime/errors.ts';

/** What becomes of the next task; null takes it. */
export type Script = () => PermanentError | RetryableError | null;

/**
 * What stands behind `accept`: the program's own decoding into a journal in memory, and a script that says of each
 * task whether it is taken. Nothing in front of that seam is ours to replace; what is behind it is the world that a
 * receiver knows nothing of, and only from here can every outcome be had at will.
 */
export class ScriptedIngest implements IngestClient {
  readonly progress = new SharedArrayBuffer(8);
  readonly recovery = {};
  readonly journalFault = null;
  inflightBytes = 0;
  script: Script;
  /** Whether there is no memory for the next bytes. */
  isFull: () => boolean = () => false;
  /** How often each message was accepted. */
  readonly accepted = new Map<string, number>();
  /** The same of those that were refused for good and are kept as dead letters. */
  readonly letters = new Map<string, number>();
  /** What decoding threw that no decoder may throw. */
  readonly faults: unknown[] = [];
  submitted = 0;
  /** Tasks that wait at the gate. */
  waiting = 0;
  private gate: PromiseWithResolvers<void> | null = null;
  /** What the journal throws at the append that is made now. */
  private appendError: RetryableError | null = null;
  private readonly ingest = this.ingestInto(this.accepted);
  private readonly refuse = this.ingestInto(this.letters);

  constructor(script: Script) {
    this.script = script;
  }

  get acceptedCount(): number {
    return this.accepted.values().reduce((sum, count) => sum + count, 0);
  }

  async submit(task: IngestTask): Promise<TaskOutcome> {
    const bytes = task.body.length;
    this.submitted++;
    try {
      this.hold(bytes);
    } catch (error) {
      return { error: error as RetryableError };
    }
    try {
      // Another thread in the program: never in the same turn.
      await turn();
      this.waiting++;
      await this.gate?.promise;
      this.waiting--;
      return await this.decided(task);
    } finally {
      this.release(bytes);
    }
  }

  hold(bytes: number): void {
    if (this.isFull()) throw new RetryableError('overloaded', 'no memory', 1);
    this.inflightBytes += bytes;
  }

  release(bytes: number): void {
    this.inflightBytes -= bytes;
  }

  /** From now on tasks wait until the gate is opened. */
  shutGate(): void {
    this.gate = Promise.withResolvers();
  }

  openGate(): void {
    this.gate?.resolve();
    this.gate = null;
  }

  async close(): Promise<void> {}

  private async decided(task: IngestTask): Promise<TaskOutcome> {
    const error = this.script();
    if (error instanceof PermanentError) {
      if (isMendable(error)) await this.refuse([task]);
      return { error };
    }
    // A full disk is found out last, when all is decoded; the other reasons before.
    if (error !== null && error.code !== 'disk_full') return { error };
    this.appendError = error;
    try {
      const ingested = this.ingest([task]);
      this.appendError = null;
      return (await ingested).outcomes[0]!;
    } catch (caught) {
      if (!isKnownError(caught)) this.faults.push(caught);
      throw caught;
    }
  }

  private ingestInto(messages: Map<string, number>) {
    const journal = this.journalOf(messages);
    return createIngest({
      ...{ journal, decoders: decoders(), processors: [], symbols: new SymbolTable(), limits: DEFAULT_LIMITS },
    });
  }

  private journalOf(messages: Map<string, number>): JournalWriter {
    const stored = newBatch();
    let next = 1;
    const append = async (payload: readonly Uint8Array[]) => {
      if (this.appendError !== null) throw this.appendError;
      stored.clear();
      appendFrame(stored, decodeFrame(Buffer.concat(payload)), 1, next);
      for (const { message } of readEvents(stored)) messages.set(message, (messages.get(message) ?? 0) + 1);
      return next++;
    };
    return {
      append,
      get next() {
        return next;
      },
      fault: null,
      close: async () => {},
    };
  }
}
