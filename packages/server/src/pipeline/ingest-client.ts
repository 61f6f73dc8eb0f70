import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { ProcessorReport } from '../processors/processor.ts';
import { RetryableError } from '../runtime/errors.ts';
import type { IngestTask, TaskOutcome } from './ingest.ts';
import {
  type FromIngestWorker,
  fromWire,
  type IngestWorkerOptions,
  type JournalFault,
  type ToIngestWorker,
  type WorkerTask,
} from './wire.ts';

/** Bodies up to this are copied into one buffer with those that wait beside them. */
const COALESCED_BODY_BYTES_MAX = 16 << 10;
/** Bytes of one such buffer. */
const GROUP_BYTES_MAX = 1 << 20;
/**
 * While a group is with the worker, what comes waits so long and then goes together: alone, a request waits for nothing,
 * and under load the groups grow with the disk's latency, as the journal's do. The limit keeps a group that takes its
 * time (a slow disk, many dead letters) from holding up those behind it.
 */
const GROUP_WAIT_MS_MAX = 5;

export interface IngestClient {
  /** The request's way into the journal: resolves once its events are durable or refused. Never rejects. */
  submit(task: IngestTask): Promise<TaskOutcome>;
  /** Counts bytes of a body that is being read, until `release`. Throws RetryableError `overloaded` beyond the limit. */
  hold(bytes: number): void;
  release(bytes: number): void;
  /** Shared with readers of the journal in other threads. */
  readonly progress: SharedArrayBuffer;
  /** What was found damaged or torn at open, by counter name. */
  readonly recovery: Record<string, number>;
  /** Why nothing can be appended, null when all is well; up to a second old. */
  readonly journalFault: JournalFault;
  /** Bytes of bodies that are being read, or are handed over and not yet answered. */
  readonly inflightBytes: number;
  /** Waits for what is under way, then closes the journal. */
  close(): Promise<void>;
}

interface Waiting {
  resolve(outcome: TaskOutcome): void;
  bytes: number;
}

interface Handed {
  task: IngestTask;
  waiting: Waiting;
}

/** One message to the worker. */
interface Group {
  waiting: Waiting[];
  isSmall: boolean;
}

/**
 * Starts the ingest worker. Resolves once the journal is recovered and open; rejects when it cannot be opened.
 * `onReport` gets what the processors counted; `onFailure` is called once if the worker dies, which ends ingest.
 */
export async function startIngest(
  options: IngestWorkerOptions & { inflightBytesMax: number },
  onReport: (report: ProcessorReport) => void,
  onFailure: (error: Error) => void,
): Promise<IngestClient> {
  const { inflightBytesMax, ...workerData } = options;
  const worker = new Worker(new URL(`./ingest-worker${extname(import.meta.url)}`, import.meta.url), {
    workerData,
    name: 'ingest',
  });
  const ready = await firstMessage(worker);
  return new WorkerClient(worker, ready, inflightBytesMax, onReport, onFailure);
}

function firstMessage(worker: Worker): Promise<FromIngestWorker & { kind: 'ready' }> {
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('message', (message: FromIngestWorker) => {
      worker.off('error', reject);
      if (message.kind === 'ready') resolve(message);
      else reject(new Error(`the ingest worker began with ${message.kind}`));
    });
  });
}

class WorkerClient implements IngestClient {
  readonly progress: SharedArrayBuffer;
  readonly recovery: Record<string, number>;
  journalFault: JournalFault = null;
  inflightBytes = 0;
  private readonly worker: Worker;
  private readonly inflightBytesMax: number;
  private readonly onReport: (report: ProcessorReport) => void;
  private readonly underWay = new Map<number, Group>();
  private serial = 0;
  private small: Handed[] = [];
  private smallGroups = 0;
  private isScheduled = false;
  private timer: NodeJS.Timeout | null = null;
  private failed: Error | null = null;
  private closed: Promise<void> | null = null;

  constructor(
    worker: Worker,
    ready: FromIngestWorker & { kind: 'ready' },
    inflightBytesMax: number,
    onReport: (report: ProcessorReport) => void,
    onFailure: (error: Error) => void,
  ) {
    this.worker = worker;
    this.progress = ready.progress;
    this.recovery = ready.recovery;
    this.inflightBytesMax = inflightBytesMax;
    this.onReport = onReport;
    worker.on('message', (message: FromIngestWorker) => this.receive(message));
    worker.on('error', (error) => {
      this.fail(error instanceof Error ? error : new Error(String(error)));
      onFailure(this.failed!);
    });
  }

  submit(task: IngestTask): Promise<TaskOutcome> {
    if (this.closed !== null) return refuse('shutting_down', 'the server is stopping', 1000);
    if (this.failed !== null) return refuse('journal_unavailable', 'ingest has stopped, see /readyz', 10_000);
    const bytes = task.body.length;
    try {
      this.hold(bytes);
    } catch (error) {
      return Promise.resolve({ error: error as RetryableError });
    }
    return new Promise((resolve) => {
      const waiting = { resolve, bytes };
      if (bytes > COALESCED_BODY_BYTES_MAX) this.post([{ task, waiting }], false);
      else this.coalesce({ task, waiting });
    });
  }

  hold(bytes: number): void {
    if (this.inflightBytes + bytes > this.inflightBytesMax) {
      const limit = `limits.inflightBytesMax (${this.inflightBytesMax})`;
      throw new RetryableError('overloaded', `more bytes of requests are under way than ${limit}`, 1000);
    }
    this.inflightBytes += bytes;
  }

  release(bytes: number): void {
    this.inflightBytes -= bytes;
  }

  private coalesce(handed: Handed): void {
    this.small.push(handed);
    this.schedule();
  }

  /** At the end of this turn of the event loop: requests that were read in one turn go together. */
  private schedule(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    setImmediate(() => {
      this.isScheduled = false;
      if (this.smallGroups === 0) this.postSmall();
      else this.timer ??= setTimeout(() => this.postSmall(), GROUP_WAIT_MS_MAX);
    });
  }

  private postSmall(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    while (this.small.length > 0) {
      this.smallGroups++;
      this.post(byOrg(this.takeGroup()), true);
    }
  }

  private takeGroup(): Handed[] {
    let bytes = 0;
    let count = 0;
    for (const { waiting } of this.small) {
      bytes += waiting.bytes;
      if (bytes > GROUP_BYTES_MAX) break;
      count++;
    }
    return this.small.splice(0, count);
  }

  private post(group: Handed[], isSmall: boolean): void {
    const serial = ++this.serial;
    const tasks: WorkerTask[] = [];
    let start = 0;
    for (const { task } of group) {
      const { body, ...rest } = task;
      tasks.push({ ...rest, start, length: body.length });
      start += body.length;
    }
    const buffer = group.length === 1 ? ownBuffer(group[0].task.body) : joinedBuffer(group, start);
    this.underWay.set(serial, { waiting: group.map(({ waiting }) => waiting), isSmall });
    const message: ToIngestWorker = { kind: 'tasks', serial, buffer, tasks };
    this.worker.postMessage(message, [buffer]);
  }

  private receive(message: FromIngestWorker): void {
    if (message.kind === 'fault') this.journalFault = message.journalFault;
    if (message.kind !== 'done') return;
    const group = this.underWay.get(message.serial);
    this.underWay.delete(message.serial);
    this.journalFault = message.journalFault;
    this.onReport(message.report);
    if (group === undefined) return;
    if (group.isSmall) this.smallGroups--;
    if (this.small.length > 0) this.schedule();
    group.waiting.forEach(({ resolve, bytes }, i) => {
      this.release(bytes);
      resolve(fromWire(message.outcomes[i]));
    });
  }

  private fail(error: Error): void {
    this.failed = error;
    this.journalFault = 'journal_unavailable';
    const outcome = { error: new RetryableError('journal_unavailable', 'ingest has stopped, see /readyz', 10_000) };
    for (const { waiting } of this.underWay.values()) for (const { resolve } of waiting) resolve(outcome);
    for (const { waiting } of this.small) waiting.resolve(outcome);
    this.underWay.clear();
    this.small = [];
  }

  close(): Promise<void> {
    this.closed ??= new Promise((resolve) => {
      if (this.failed !== null) resolve();
      this.worker.once('exit', () => resolve());
      this.postSmall();
      this.worker.postMessage({ kind: 'close' } satisfies ToIngestWorker);
    });
    return this.closed;
  }
}

/**
 * Neighbours of one org and receiver share a journal frame, see ingest.ts; between requests that wait at the same time
 * there is no order to keep.
 */
function byOrg(group: Handed[]): Handed[] {
  return group.sort((a, b) => compare(a.task.orgId, b.task.orgId) || compare(a.task.receiver, b.task.receiver));
}

const compare = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1);

function joinedBuffer(entries: readonly Handed[], bytes: number): ArrayBuffer {
  const joined = new Uint8Array(new ArrayBuffer(bytes));
  let start = 0;
  for (const { task } of entries) {
    joined.set(task.body, start);
    start += task.body.length;
  }
  return joined.buffer;
}

/** The body's own memory when nothing else is in it, a copy otherwise: what is transferred is gone on this side. */
function ownBuffer(body: Buffer): ArrayBuffer {
  const { buffer } = body;
  if (buffer instanceof ArrayBuffer && body.byteOffset === 0 && buffer.byteLength === body.length) return buffer;
  const copy = new Uint8Array(body.length);
  copy.set(body);
  return copy.buffer;
}

function refuse(code: 'shutting_down' | 'journal_unavailable', message: string, retryAfterMs: number) {
  return Promise.resolve({ error: new RetryableError(code, message, retryAfterMs) });
}
