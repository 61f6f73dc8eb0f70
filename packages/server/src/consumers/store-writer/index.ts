import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { JournalPosition } from '../../journal/journal.ts';
import type { StoreWriterProgress } from './store-writer.ts';
import type { FromStoreWriter, StoreConnection, StoreWriterWorkerOptions, ToStoreWriter } from './wire.ts';

/** The main thread's side of the store writer. */
export interface StoreWriter {
  /** The first position that is not searchable yet; null until the writer has read its cursor. */
  readonly position: JournalPosition | null;
  /** Why the store did not take the last insert, null when it did. */
  readonly error: string | null;
  /** Journal frames that wait for the store, bytes of all segments, and of what could not be read; up to a second old. */
  readonly backlog: { frames: number; journalBytes: number; damagedBytes: number };
  /** Resolves with true once everything up to `position` is searchable, with false after `timeoutMs`. */
  waitStored(position: JournalPosition, timeoutMs: number): Promise<boolean>;
  reconnect(connection: StoreConnection): void;
  /** Inserts what it can in `deadlineMs`, then stops. What is left is inserted at the next start. */
  close(deadlineMs: number): Promise<void>;
}

interface Waiter {
  position: JournalPosition;
  resolve(stored: boolean): void;
}

/** `onProgress` is told of every insert; `onFailure` once if the worker dies, which is a bug of ours. */
export function startStoreWriter(
  options: StoreWriterWorkerOptions,
  onProgress: (progress: StoreWriterProgress) => void,
  onFailure: (error: Error) => void,
): StoreWriter {
  return new WorkerStoreWriter(options, onProgress, onFailure);
}

class WorkerStoreWriter implements StoreWriter {
  position: JournalPosition | null = null;
  error: string | null = null;
  backlog = { frames: 0, journalBytes: 0, damagedBytes: 0 };
  private readonly worker: Worker;
  private readonly waiters = new Set<Waiter>();
  private readonly onProgress: (progress: StoreWriterProgress) => void;

  constructor(
    options: StoreWriterWorkerOptions,
    onProgress: (progress: StoreWriterProgress) => void,
    onFailure: (error: Error) => void,
  ) {
    this.onProgress = onProgress;
    this.worker = new Worker(new URL(`./worker${extname(import.meta.url)}`, import.meta.url), { workerData: options });
    this.worker.on('message', (message: FromStoreWriter) => this.receive(message));
    this.worker.on('error', (error) => {
      this.error = 'the store writer has stopped';
      onFailure(error instanceof Error ? error : new Error(String(error)));
    });
  }

  private receive(message: FromStoreWriter): void {
    if (message.kind === 'backlog') {
      const { frames, journalBytes, damagedBytes } = message;
      this.backlog = { frames, journalBytes, damagedBytes };
    } else if (message.kind === 'progress') {
      const position = Math.max(this.position ?? 0, message.progress.position);
      this.position = position;
      this.error = message.progress.error;
      this.onProgress(message.progress);
      for (const waiter of this.waiters) if (waiter.position < position) waiter.resolve(true);
    }
  }

  waitStored(position: JournalPosition, timeoutMs: number): Promise<boolean> {
    if (this.position !== null && position < this.position) return Promise.resolve(true);
    return new Promise((resolve) => {
      const timer = setTimeout(() => waiter.resolve(false), timeoutMs);
      const waiter: Waiter = {
        position,
        resolve: (stored) => {
          clearTimeout(timer);
          this.waiters.delete(waiter);
          resolve(stored);
        },
      };
      this.waiters.add(waiter);
      this.send({ kind: 'flush' });
    });
  }

  reconnect(connection: StoreConnection): void {
    this.send({ kind: 'connection', connection });
  }

  async close(deadlineMs: number): Promise<void> {
    const gone = new Promise<void>((resolve) => this.worker.once('exit', () => resolve()));
    this.send({ kind: 'close' });
    const timer = setTimeout(() => void this.worker.terminate(), deadlineMs);
    await gone;
    clearTimeout(timer);
  }

  private send(message: ToStoreWriter): void {
    this.worker.postMessage(message);
  }
}
