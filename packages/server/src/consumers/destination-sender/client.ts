import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { TestStep } from '../../destinations/destination.ts';
import type { JournalFloor } from '../../journal/floor.ts';
import { PermanentError, RetryableError } from '../../runtime/errors.ts';
import type {
  Delivery,
  DestinationSender,
  IntegrationStatus,
  JournalPlace,
  Redelivered,
  ReplayProgress,
  ReplayRange,
  RunnableIntegration,
  StoreConnection,
} from './sender.ts';
import {
  type EgressRules,
  type FromSender,
  type LaneReport,
  SENDER_LIMITS,
  type SenderLimits,
  type SenderWorkerOptions,
  type ToSender,
  type WireError,
} from './wire.ts';

export interface DestinationSenderOptions extends Omit<SenderWorkerOptions, 'limits' | 'egress'> {
  /** Asked when the thread starts. */
  egress(): EgressRules;
  /** How far the journal may be trimmed, as far as integrations are concerned. */
  floor: JournalFloor;
  limits?: Partial<SenderLimits>;
  /** The thread's module, for tests with types of their own. */
  threadUrl?: URL;
  /** All integrations of the set, twice a second. */
  onReport(reports: readonly LaneReport[]): void;
  /** Something to be logged. `id` null: the thread died, and is started again. */
  onFault(error: Error, id: string | null): void;
}

const RESTART_MS = 1000;
const DELIVERIES_KEPT = 100;
const CLOSE_MS_GRACE = 2000;

interface Request {
  onStep(step: TestStep): void;
  resolve(redelivered: Redelivered | null): void;
  reject(error: Error): void;
}

interface Known {
  status: IntegrationStatus;
  deliveries: Delivery[];
  replay: ReplayProgress | null;
  place: JournalPlace | null;
}

/** The main thread's side of the sender. Its thread runs from the first integration on. */
export function createDestinationSender(options: DestinationSenderOptions): DestinationSender {
  return new ThreadSender(options);
}

class ThreadSender implements DestinationSender {
  onDisabled: (id: string, reason: string) => void = () => {};
  private readonly options: DestinationSenderOptions;
  private worker: Worker | null = null;
  private gone: Promise<void> = Promise.resolve();
  private restart: NodeJS.Timeout | null = null;
  private integrations = new Map<string, RunnableIntegration>();
  private revision = 0;
  private connection: StoreConnection | null = null;
  private readonly known = new Map<string, Known>();
  private readonly requests = new Map<number, Request>();
  private lastRequest = 0;
  private isClosed = false;

  constructor(options: DestinationSenderOptions) {
    this.options = options;
  }

  configure(integrations: readonly RunnableIntegration[]): void {
    this.integrations = new Map(integrations.map((integration) => [integration.id, integration]));
    for (const id of this.known.keys()) if (!this.integrations.has(id)) this.known.delete(id);
    this.revision++;
    const { floor } = this.options;
    if (this.worker === null && this.integrations.size === 0) {
      if (this.restart === null) floor.position = Number.MAX_SAFE_INTEGER;
      return;
    }
    // Until the thread has opened the new ones and says better.
    const from = Math.min(...integrations.map((integration) => integration.from));
    floor.position = Math.min(floor.position, from);
    if (this.worker === null) this.start();
    else this.sendSet();
  }

  private sendSet(): void {
    this.send({ kind: 'configure', revision: this.revision, integrations: [...this.integrations.values()] });
  }

  private start(): void {
    if (this.isClosed || this.worker !== null) return;
    if (this.restart !== null) clearTimeout(this.restart);
    this.restart = null;
    const { journalDir, cursorDir, undeliveredDir, progress, node } = this.options;
    const limits = { ...SENDER_LIMITS, ...this.options.limits };
    const workerData: SenderWorkerOptions = {
      journalDir,
      cursorDir,
      undeliveredDir,
      progress,
      node,
      egress: this.options.egress(),
      limits,
    };
    const url = this.options.threadUrl ?? new URL(`./worker${extname(import.meta.url)}`, import.meta.url);
    const worker = new Worker(url, { workerData, name: 'forwarding' });
    this.worker = worker;
    let failure: Error | null = null;
    worker.on('error', (error) => {
      failure = error instanceof Error ? error : new Error(String(error));
    });
    worker.on('message', (message: FromSender) => this.receive(message));
    this.gone = new Promise((resolve) => {
      worker.once('exit', () => {
        this.ended(failure ?? new Error('the thread of the sender ended by itself'));
        resolve();
      });
    });
    if (this.connection !== null) this.send({ kind: 'connect', connection: this.connection });
    this.sendSet();
  }

  private ended(failure: Error): void {
    this.worker = null;
    for (const { reject } of this.requests.values()) reject(new RetryableError('overloaded', 'try again', RESTART_MS));
    this.requests.clear();
    if (this.isClosed) return;
    this.options.onFault(failure, null);
    this.restart = setTimeout(() => this.start(), RESTART_MS);
  }

  private receive(message: FromSender): void {
    switch (message.kind) {
      case 'report':
        this.report(message);
        break;
      case 'disabled':
        this.onDisabled(message.id, message.reason);
        break;
      case 'step':
        this.requests.get(message.request)?.onStep(message.step);
        break;
      case 'done':
        this.requests.get(message.request)?.resolve(message.redelivered);
        this.requests.delete(message.request);
        break;
      case 'failed':
        this.requests.get(message.request)?.reject(errorOf(message.error));
        this.requests.delete(message.request);
        break;
      case 'fault':
        this.options.onFault(new Error(message.message), message.id ?? 'all');
    }
  }

  private report({ revision, floor, integrations }: FromSender & { kind: 'report' }): void {
    if (revision === this.revision) this.options.floor.position = floor;
    const own = integrations.filter(({ id }) => this.integrations.has(id));
    for (const { id, status, deliveries, replay, place } of own) {
      const before = this.known.get(id)?.deliveries ?? [];
      const newest = [...deliveries.toReversed(), ...before].slice(0, DELIVERIES_KEPT);
      this.known.set(id, { status, deliveries: newest, replay, place });
    }
    this.options.onReport(own);
  }

  async forget(id: string): Promise<void> {
    this.start();
    await this.request((request) => ({ kind: 'forget', request, id }));
  }

  async *test(integration: RunnableIntegration, signal: AbortSignal): AsyncGenerator<TestStep, void, undefined> {
    this.start();
    const steps: TestStep[] = [];
    let wake = Promise.withResolvers<void>();
    let request = 0;
    let isDone = false;
    const done = this.request(
      (number) => {
        request = number;
        return { kind: 'test', request, integration };
      },
      (step) => {
        steps.push(step);
        wake.resolve();
      },
    ).finally(() => {
      isDone = true;
      wake.resolve();
    });
    done.catch(() => {});
    const abort = () => this.send({ kind: 'abort', request });
    signal.addEventListener('abort', abort, { once: true });
    try {
      while (!isDone || steps.length > 0) {
        const step = steps.shift();
        if (step !== undefined) yield step;
        else {
          await wake.promise;
          wake = Promise.withResolvers();
        }
      }
      await done;
    } finally {
      signal.removeEventListener('abort', abort);
      if (!isDone) abort();
    }
  }

  place(id: string): JournalPlace | null {
    return this.known.get(id)?.place ?? null;
  }

  status(id: string): IntegrationStatus | null {
    return this.known.get(id)?.status ?? null;
  }

  deliveries(id: string): readonly Delivery[] {
    return this.known.get(id)?.deliveries ?? [];
  }

  replay(id: string, range: ReplayRange): void {
    if (!this.integrations.has(id)) throw new PermanentError('not_found', 'the integration is not enabled');
    this.send({ kind: 'replay', id, range });
  }

  replayProgress(id: string): ReplayProgress | null {
    return this.known.get(id)?.replay ?? null;
  }

  cancelReplay(id: string): void {
    this.send({ kind: 'cancel-replay', id });
  }

  async redeliver(id: string, letterBody: Uint8Array): Promise<Redelivered> {
    if (!this.integrations.has(id)) throw new PermanentError('not_found', 'the integration is not enabled');
    const redelivered = await this.request((request) => ({ kind: 'redeliver', request, id, letterBody }));
    return redelivered ?? { delivered: 0, rejected: [] };
  }

  connect(connection: StoreConnection): void {
    this.connection = connection;
    this.send({ kind: 'connect', connection });
  }

  async close(): Promise<void> {
    this.isClosed = true;
    if (this.restart !== null) clearTimeout(this.restart);
    const { worker } = this;
    if (worker === null) return;
    this.send({ kind: 'close' });
    const most = (this.options.limits?.closeMsMax ?? SENDER_LIMITS.closeMsMax) + CLOSE_MS_GRACE;
    const timer = setTimeout(() => void worker.terminate(), most);
    await this.gone;
    clearTimeout(timer);
  }

  private send(message: ToSender): void {
    this.worker?.postMessage(message);
  }

  private request(make: (request: number) => ToSender, onStep: (step: TestStep) => void = () => {}) {
    const request = ++this.lastRequest;
    return new Promise<Redelivered | null>((resolve, reject) => {
      if (this.worker === null) {
        reject(new RetryableError('shutting_down', 'the sender does not run', RESTART_MS));
        return;
      }
      this.requests.set(request, { onStep, resolve, reject });
      this.send(make(request));
    });
  }
}

function errorOf(error: WireError): Error {
  if (error.kind === 'permanent') return new PermanentError(error.code, error.message, error.field);
  if (error.kind === 'retryable') return new RetryableError(error.code, error.message, error.retryAfterMs);
  return new Error(error.message);
}
