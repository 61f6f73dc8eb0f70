import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Condition } from '../../query/plan.ts';
import { RetryableError } from '../../runtime/errors.ts';
import {
  type FromTail,
  TAIL_LIMITS,
  type TailForm,
  type TailLimits,
  type TailMissed,
  type TailPlace,
  type TailSelector,
  type TailWorkerOptions,
  type ToTail,
  type WireChunk,
} from './wire.ts';

export interface LiveTailOptions {
  journalDir: string;
  /** From JournalProgress.buffer of the journal's writer. */
  progress: SharedArrayBuffer;
  node: number;
  limits?: Partial<TailLimits>;
  /** A subscription may hold a window in memory and a share of the follower's thread. Default 50. */
  subscriptionsPerOrgMax?: number;
  /** Over all orgs. Default 200: with full windows of plain ASCII that is 200 MB. */
  subscriptionsMax?: number;
  /** How long the follower's thread waits for another subscription before it ends. Default 10 s. */
  idleMs?: number;
  /** The thread died: a disk error or a bug of ours. All its subscriptions have ended, the next one starts a new one. */
  onFailure(error: Error): void;
}

export interface TailEvent {
  eventId: string;
  /** In the subscription's form. */
  json: string;
}

export interface TailChunk {
  /** Matching events before those of this chunk that the reader does not get; null when there are none. */
  missed: TailMissed | null;
  events: TailEvent[];
  /** Where a later subscription goes on after this chunk. */
  place: TailPlace;
}

export interface TailRequest {
  orgId: string;
  condition: Condition | null;
  /** Beside the condition. Default: none. */
  selector?: TailSelector | null;
  /** Default: as the API renders events. */
  form?: TailForm;
  /** The subscription is over, and not because it was closed by its owner. Not called before `start`. */
  onEnd(reason: TailEnd): void;
}

/** `closing`: the server stops. `failed`: the follower or `receive` did. */
export type TailEnd = 'closing' | 'failed';

export interface TailSubscription {
  /**
   * Starts at `from` and resolves with where that is: elsewhere when the journal no longer has the place, which the
   * first chunk then tells as missed. `receive` gets one chunk at a time; the next waits until its promise resolves.
   */
  start(from: TailPlace | 'end', receive: (chunk: TailChunk) => Promise<void>): Promise<TailPlace>;
  /** Safe to call twice. */
  close(): void;
}

export interface LiveTail {
  /**
   * Takes one of the org's subscriptions and makes sure that the follower runs.
   * @throws RetryableError `rate_limited` or `shutting_down`.
   */
  open(request: TailRequest): Promise<TailSubscription>;
  readonly counts: Readonly<TailCounts>;
  /** Ends all subscriptions. Safe to call twice. */
  close(): Promise<void>;
}

export interface TailCounts {
  /** Open now. */
  subscriptions: number;
  /** Events handed to readers. */
  events: number;
  /** Events that readers were told they missed, as far as their number is known. */
  missed: number;
}

const SUBSCRIPTIONS_PER_ORG_MAX = 50;
const SUBSCRIPTIONS_MAX = 200;
const IDLE_MS = 10_000;
const RETRY_AFTER_MS = 5000;
/** A worker that does not end by itself in this time is in a loop, which is a bug. */
const CLOSE_MS_MAX = 5000;
const EVENT_ID_CHARACTERS = 22;

/** The main thread's side of live tail. The follower's thread runs only while there are subscriptions. */
export function createLiveTail(options: LiveTailOptions): LiveTail {
  return new WorkerLiveTail(options);
}

class WorkerLiveTail implements LiveTail {
  readonly counts: TailCounts = { subscriptions: 0, events: 0, missed: 0 };
  private readonly options: LiveTailOptions;
  private readonly openByOrg = new Map<string, number>();
  private readonly workers = new Set<TailWorker>();
  private worker: TailWorker | null = null;
  private idleTimer: NodeJS.Timeout | null = null;
  private isClosed = false;

  constructor(options: LiveTailOptions) {
    this.options = options;
  }

  async open(request: TailRequest): Promise<TailSubscription> {
    if (this.isClosed) throw new RetryableError('shutting_down', 'the server is stopping', RETRY_AFTER_MS);
    const release = this.reserve(request.orgId);
    try {
      const worker = this.runningWorker();
      await worker.ready;
      return new OpenSubscription(worker, request, this.counts, release);
    } catch (error) {
      release();
      throw error;
    }
  }

  async close(): Promise<void> {
    this.isClosed = true;
    if (this.idleTimer !== null) clearTimeout(this.idleTimer);
    await Promise.all([...this.workers].map((worker) => worker.close()));
  }

  /** Counts a subscription in, and returns what counts it out, once. */
  private reserve(orgId: string): () => void {
    const perOrgMax = this.options.subscriptionsPerOrgMax ?? SUBSCRIPTIONS_PER_ORG_MAX;
    const max = this.options.subscriptionsMax ?? SUBSCRIPTIONS_MAX;
    const ofOrg = this.openByOrg.get(orgId) ?? 0;
    if (ofOrg >= perOrgMax) throw tooMany(`this org has ${ofOrg} live tails open, which is the most it may have`);
    if (this.counts.subscriptions >= max) throw tooMany(`the server has ${max} live tails open, its most`);
    this.openByOrg.set(orgId, ofOrg + 1);
    this.counts.subscriptions++;
    if (this.idleTimer !== null) clearTimeout(this.idleTimer);
    let isReleased = false;
    return () => {
      if (isReleased) return;
      isReleased = true;
      this.release(orgId);
    };
  }

  private release(orgId: string): void {
    const left = (this.openByOrg.get(orgId) ?? 1) - 1;
    if (left === 0) this.openByOrg.delete(orgId);
    else this.openByOrg.set(orgId, left);
    this.counts.subscriptions--;
    if (this.counts.subscriptions > 0 || this.isClosed) return;
    this.idleTimer = setTimeout(() => {
      const idle = this.worker;
      this.worker = null;
      void idle?.close();
    }, this.options.idleMs ?? IDLE_MS);
    this.idleTimer.unref();
  }

  private runningWorker(): TailWorker {
    if (this.worker !== null) return this.worker;
    const { journalDir, progress, node, limits, onFailure } = this.options;
    const worker = new TailWorker(
      { journalDir, progress, node, limits: { ...TAIL_LIMITS, ...limits } },
      (error: Error | null) => {
        this.workers.delete(worker);
        if (this.worker === worker) this.worker = null;
        if (error !== null) onFailure(error);
      },
    );
    this.worker = worker;
    this.workers.add(worker);
    return worker;
  }
}

function tooMany(message: string): RetryableError {
  return new RetryableError('rate_limited', message, RETRY_AFTER_MS);
}

/** One run of the follower's thread, and its subscriptions. */
class TailWorker {
  /** Rejects when the thread ends before it could begin. */
  readonly ready: Promise<void>;
  readonly subscriptions = new Map<number, OpenSubscription>();
  private readonly worker: Worker;
  private readonly gone: Promise<void>;
  private isClosing = false;
  isGone = false;

  /** `onGone` is called once, with the error that ended it, or null. */
  constructor(options: TailWorkerOptions, onGone: (error: Error | null) => void) {
    this.worker = new Worker(new URL(`./worker${extname(import.meta.url)}`, import.meta.url), { workerData: options });
    let failure: Error | null = null;
    this.worker.on('error', (error) => {
      failure = error instanceof Error ? error : new Error(String(error));
    });
    this.gone = new Promise((resolve) => {
      this.worker.once('exit', () => {
        if (!this.isClosing) failure ??= new Error('the thread of live tail ended by itself');
        this.isGone = true;
        onGone(failure);
        this.endAll('failed');
        resolve();
      });
    });
    this.ready = new Promise((resolve, reject) => {
      this.worker.on('message', (message: FromTail) => {
        if (message.kind === 'ready') resolve();
        else this.receive(message);
      });
      void this.gone.then(() => reject(new RetryableError('overloaded', 'live tail could not be started', 1000)));
    });
    this.ready.catch(() => {});
  }

  private receive(message: Exclude<FromTail, { kind: 'ready' }>): void {
    if (message.kind === 'subscribed') this.subscriptions.get(message.subscription)?.started(message.from);
    else for (const chunk of message.chunks) this.subscriptions.get(chunk.subscription)?.deliver(chunk);
  }

  send(message: ToTail): void {
    this.worker.postMessage(message);
  }

  async close(): Promise<void> {
    if (!this.isClosing) {
      this.isClosing = true;
      this.endAll('closing');
      this.send({ kind: 'close' });
    }
    const timer = setTimeout(() => void this.worker.terminate(), CLOSE_MS_MAX);
    await this.gone;
    clearTimeout(timer);
  }

  private endAll(reason: TailEnd): void {
    for (const subscription of this.subscriptions.values()) subscription.end(reason);
  }
}

function ended(): RetryableError {
  return new RetryableError('overloaded', 'live tail has ended', 1000);
}

let lastId = 0;

class OpenSubscription implements TailSubscription {
  private readonly id = ++lastId;
  private readonly worker: TailWorker;
  private readonly request: TailRequest;
  private readonly counts: TailCounts;
  private readonly release: () => void;
  private onStarted: { resolve(from: TailPlace): void; reject(error: Error): void } | null = null;
  private handle: (chunk: TailChunk) => Promise<void> = async () => {};
  /** The chunks handed over so far, one after another. */
  private queue: Promise<void> = Promise.resolve();
  private isClosed = false;

  constructor(worker: TailWorker, request: TailRequest, counts: TailCounts, release: () => void) {
    this.worker = worker;
    this.request = request;
    this.counts = counts;
    this.release = release;
  }

  start(from: TailPlace | 'end', receive: (chunk: TailChunk) => Promise<void>): Promise<TailPlace> {
    const { orgId, condition, selector = null, form = 'api' } = this.request;
    if (this.worker.isGone) return Promise.reject(ended());
    this.handle = receive;
    this.worker.subscriptions.set(this.id, this);
    this.worker.send({ kind: 'subscribe', subscription: this.id, orgId, condition, selector, form, from });
    return new Promise((resolve, reject) => {
      this.onStarted = { resolve, reject };
    });
  }

  started(from: TailPlace): void {
    this.onStarted?.resolve(from);
    this.onStarted = null;
  }

  /** Queues a chunk. The window bounds the queue: the worker sends no more until it gets credit. */
  deliver(chunk: WireChunk): void {
    this.queue = this.queue.then(async () => {
      if (this.isClosed) return;
      try {
        await this.handle(readChunk(chunk));
      } catch {
        this.end('failed');
        return;
      }
      this.counts.events += chunk.count;
      this.counts.missed += chunk.missed?.count ?? 0;
      const characters = chunk.events.length - Math.max(0, chunk.count - 1);
      if (!this.isClosed) {
        this.worker.send({ kind: 'credit', subscription: this.id, events: chunk.count, characters });
      }
    });
  }

  end(reason: TailEnd): void {
    if (this.isClosed) return;
    this.close();
    this.onStarted?.reject(ended());
    this.request.onEnd(reason);
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    if (this.worker.subscriptions.delete(this.id)) this.worker.send({ kind: 'unsubscribe', subscription: this.id });
    this.release();
  }
}

function readChunk({ missed, events, count, place }: WireChunk): TailChunk {
  const lines = count === 0 ? [] : events.split('\n');
  return {
    missed,
    events: lines.map((line) => ({
      eventId: line.slice(0, EVENT_ID_CHARACTERS),
      json: line.slice(EVENT_ID_CHARACTERS),
    })),
    place,
  };
}
