import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { isKnownError, PermanentError, RetryableError } from '../../../runtime/errors.ts';
import type { HttpOptions } from '../../../stores/clickhouse/http.ts';
import { badQuery } from '../errors.ts';
import type { LogqlRunner, LogqlTask } from '../tasks.ts';
import type { FromWorker, ToWorker, WireError } from './wire.ts';

export interface LogqlClientOptions {
  /** Threads at most; they start with the first query and end when none came for a while. */
  threads: number;
  /** A thread died, or a query met a bug of ours. */
  onFault(error: Error): void;
  /** Told of every query that has ended; `outcome` is `done`, `gone` for one that nobody waits for, or an error's code. */
  onQuery?(kind: LogqlTask['kind'], outcome: string, seconds: number): void;
  /** Default 60 s. */
  idleMs?: number;
}

/** Queries that a thread works on at a time; more wait in the store's own queue anyway. */
const TASKS_PER_THREAD_MAX = 32;
/** A thread that does not answer so long after it should have is in a loop that nothing but its end stops. */
const GRACE_MS = 5_000;
const IDLE_MS = 60_000;
/** Series and samples that a query holds, see range/; beyond it the thread ends, not the server. */
const HEAP_MIB_MAX = 1_536;

/** The main thread's side of the query workers. */
export class LogqlClient implements LogqlRunner {
  readonly #options: LogqlClientOptions;
  readonly #threads = new Set<QueryThread>();
  #connection: HttpOptions | null = null;
  #isClosed = false;

  constructor(options: LogqlClientOptions) {
    this.#options = options;
  }

  /** Where the store is. Called again when it moves. */
  connect(connection: HttpOptions): void {
    this.#connection = connection;
    for (const thread of this.#threads) thread.send({ kind: 'connect', connection });
  }

  /** Queries that threads work on. */
  get running(): number {
    return [...this.#threads].reduce((sum, { taskCount }) => sum + taskCount, 0);
  }

  async run(task: LogqlTask, signal: AbortSignal): Promise<Uint8Array> {
    const startMs = performance.now();
    let outcome = 'done';
    try {
      return await this.#run(task, signal);
    } catch (error) {
      outcome = signal.aborted ? 'gone' : isKnownError(error) ? error.code : 'internal';
      throw error;
    } finally {
      this.#options.onQuery?.(task.kind, outcome, (performance.now() - startMs) / 1000);
    }
  }

  async #run(task: LogqlTask, signal: AbortSignal): Promise<Uint8Array> {
    signal.throwIfAborted();
    if (this.#isClosed) throw new RetryableError('shutting_down', 'the server is stopping', 5000);
    return this.#freeThread().run(task, signal);
  }

  /** Ends all threads and what they work on. Safe to call twice. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#threads].map((thread) => thread.end()));
  }

  /** The thread with the least to do; a new one while all have something and there may be more. */
  #freeThread(): QueryThread {
    const [least] = [...this.#threads].sort((a, b) => a.taskCount - b.taskCount);
    if (least !== undefined && (least.taskCount === 0 || this.#threads.size >= this.#options.threads)) {
      if (least.taskCount < TASKS_PER_THREAD_MAX) return least;
      throw new RetryableError('rate_limited', 'too many outstanding requests', 1000);
    }
    const { onFault, idleMs = IDLE_MS } = this.#options;
    const thread: QueryThread = new QueryThread({
      idleMs,
      onFault,
      onGone: () => this.#threads.delete(thread),
    });
    this.#threads.add(thread);
    if (this.#connection !== null) thread.send({ kind: 'connect', connection: this.#connection });
    return thread;
  }
}

interface Pending {
  resolve(body: Uint8Array): void;
  reject(error: Error): void;
}

interface ThreadOptions {
  idleMs: number;
  onFault(error: Error): void;
  onGone(): void;
}

let lastId = 0;

class QueryThread {
  readonly #worker: Worker;
  readonly #options: ThreadOptions;
  /** Until the thread has answered, also those that nobody waits for any more. */
  readonly #tasks = new Map<number, Pending>();
  readonly #gone: Promise<void>;
  #idle: NodeJS.Timeout | null = null;
  #ending: Error | null = null;

  constructor(options: ThreadOptions) {
    this.#options = options;
    this.#worker = new Worker(new URL(`./worker${extname(import.meta.url)}`, import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB_MAX },
    });
    let failure: Error | null = null;
    this.#worker.on('error', (error) => {
      failure = error instanceof Error ? error : new Error(String(error));
    });
    this.#worker.on('message', (message: FromWorker) => this.#receive(message));
    this.#gone = new Promise((resolve) => {
      this.#worker.once('exit', () => {
        this.#leave(failure);
        resolve();
      });
    });
    this.#worker.unref();
  }

  get taskCount(): number {
    return this.#tasks.size;
  }

  send(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  run(task: LogqlTask, signal: AbortSignal): Promise<Uint8Array> {
    if (this.#idle !== null) clearTimeout(this.#idle);
    const id = ++lastId;
    return new Promise<Uint8Array>((resolve, reject) => {
      let watch: NodeJS.Timeout;
      const watchFor = (ms: number) => {
        clearTimeout(watch);
        watch = setTimeout(() => this.#giveUp(), ms + GRACE_MS).unref();
      };
      const onAbort = () => {
        this.send({ kind: 'abort', id });
        watchFor(0);
        reject(signal.reason as Error);
      };
      const settle = () => {
        clearTimeout(watch);
        signal.removeEventListener('abort', onAbort);
      };
      this.#tasks.set(id, {
        resolve: (body) => {
          settle();
          resolve(body);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      });
      signal.addEventListener('abort', onAbort);
      watchFor(task.settings.queryTimeoutMs);
      this.send({ kind: 'run', id, task });
    });
  }

  async end(): Promise<void> {
    this.#ending ??= new RetryableError('shutting_down', 'the server is stopping', 5000);
    await this.#worker.terminate();
    await this.#gone;
  }

  #receive(message: FromWorker): void {
    const pending = this.#tasks.get(message.id);
    this.#tasks.delete(message.id);
    if (message.kind === 'done') pending?.resolve(message.body);
    else pending?.reject(this.#errorOf(message.error));
    if (this.#tasks.size > 0) return;
    this.#idle = setTimeout(() => void this.end(), this.#options.idleMs).unref();
  }

  #errorOf(error: WireError): Error {
    if (error.kind === 'permanent') return new PermanentError(error.code, error.message, error.field);
    if (error.kind === 'retryable') return new RetryableError(error.code, error.message, error.retryAfterMs);
    return new Error(error.message);
  }

  /** The thread hangs: whatever it works on is over. */
  #giveUp(): void {
    this.#ending ??= new RetryableError('query_timeout', 'the query ran longer than its limit', 1000);
    void this.#worker.terminate();
  }

  #leave(failure: Error | null): void {
    if (this.#idle !== null) clearTimeout(this.#idle);
    const isMemory = failure !== null && 'code' in failure && failure.code === 'ERR_WORKER_OUT_OF_MEMORY';
    const error =
      this.#ending ??
      (isMemory
        ? badQuery('the query needs more memory than it may have; use a shorter time range or fewer series')
        : new RetryableError('overloaded', 'the query worker ended, try again', 1000));
    if (failure !== null && !isMemory) this.#options.onFault(failure);
    for (const pending of this.#tasks.values()) pending.reject(error);
    this.#tasks.clear();
    this.#options.onGone();
  }
}
