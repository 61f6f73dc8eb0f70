import type { MessagePort } from 'node:worker_threads';
import type { DestinationType } from '../../destinations/destination.ts';
import { JournalProgress } from '../../journal/disk/progress.ts';
import { type DiskJournalReader, openDiskJournalReader } from '../../journal/disk/reader.ts';
import type { Egress } from '../../runtime/egress/egress.ts';
import { PermanentError, RetryableError } from '../../runtime/errors.ts';
import { type ClickHouseStore, openClickHouseStore } from '../../stores/clickhouse/store.ts';
import { testConnection } from './connection-test.ts';
import { Engine } from './engine.ts';
import type { Redelivered, RunnableIntegration, StoreConnection } from './sender.ts';
import { notExpanded, openUndelivered } from './undelivered.ts';
import type { FromSender, SenderLimits, SenderWorkerOptions, ToSender, WireError } from './wire.ts';

export interface ThreadParts {
  types: readonly DestinationType[];
  egress: Egress;
}

/** The sender's thread: what the main thread asks for, and what it is told. */
export function runSenderThread(port: MessagePort, options: SenderWorkerOptions, parts: ThreadParts): void {
  const thread = new SenderThread(port, options, parts);
  port.on('message', (message: ToSender) => thread.receive(message));
}

class SenderThread {
  private readonly port: MessagePort;
  private readonly limits: SenderLimits;
  private readonly types: ReadonlyMap<string, DestinationType>;
  private readonly egress: Egress;
  private readonly reader: DiskJournalReader;
  private readonly engine: Engine;
  private readonly timers: NodeJS.Timeout[];
  private store: ClickHouseStore | null = null;
  /** Requests that are not answered yet. */
  private readonly underWay = new Map<number, AbortController>();

  constructor(port: MessagePort, options: SenderWorkerOptions, { types, egress }: ThreadParts) {
    const { limits, node, cursorDir, journalDir, progress, undeliveredDir } = options;
    this.port = port;
    this.limits = limits;
    this.egress = egress;
    this.types = new Map(types.map((type) => [type.id, type]));
    this.reader = openDiskJournalReader({ dir: journalDir, progress: new JournalProgress(progress) });
    this.engine = new Engine({
      ...{ cursorDir, node, limits, egress },
      reader: this.reader,
      types: this.types,
      undelivered: openUndelivered(undeliveredDir, notExpanded),
      onDisabled: (id, reason) => this.send({ kind: 'disabled', id, reason }),
      onFault: (error, id) => this.fault(error, id),
    });
    this.timers = [
      setInterval(() => this.report(), limits.reportIntervalMs),
      setInterval(() => this.quietly(this.engine.commit()), limits.commitIntervalMs),
      setInterval(() => this.quietly(this.engine.checkJournal()), limits.journalCheckIntervalMs),
    ];
  }

  receive(message: ToSender): void {
    const { engine } = this;
    switch (message.kind) {
      case 'configure':
        this.quietly(engine.configure(message.revision, message.integrations).then(() => this.report()));
        break;
      case 'forget':
        this.answer(message.request, () => engine.forget(message.id).then(() => null));
        break;
      case 'test':
        this.answer(message.request, (signal) => this.test(message.request, message.integration, signal));
        break;
      case 'abort':
        this.underWay.get(message.request)?.abort();
        break;
      case 'replay':
        this.quietly(engine.replay(message.id, message.range));
        break;
      case 'cancel-replay':
        this.quietly(engine.cancelReplay(message.id));
        break;
      case 'redeliver':
        this.answer(message.request, () => engine.redeliver(message.id, message.letterBody));
        break;
      case 'connect':
        this.connect(message.connection);
        break;
      case 'close':
        this.quietly(this.close());
    }
  }

  private async test(request: number, integration: RunnableIntegration, signal: AbortSignal): Promise<null> {
    await testConnection({
      integration,
      type: this.types.get(integration.type),
      egress: this.egress,
      timeoutMs: this.limits.testMsMax,
      signal,
      report: (step) => this.send({ kind: 'step', request, step }),
    });
    return null;
  }

  private connect(connection: StoreConnection): void {
    void this.store?.close();
    this.store = openClickHouseStore({ ...connection, connectionsMax: 2 });
    this.engine.connect(this.store);
  }

  private answer(request: number, work: (signal: AbortSignal) => Promise<Redelivered | null>): void {
    const abort = new AbortController();
    this.underWay.set(request, abort);
    work(abort.signal)
      .then(
        (redelivered) => this.send({ kind: 'done', request, redelivered }),
        (error: unknown) => this.send({ kind: 'failed', request, error: wireError(error) }),
      )
      .finally(() => this.underWay.delete(request));
  }

  private async close(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer);
    for (const abort of this.underWay.values()) abort.abort();
    await this.engine.close(this.limits.closeMsMax);
    this.report();
    await this.egress.close();
    await this.reader.close();
    this.port.close();
  }

  private report(): void {
    const { engine } = this;
    const { revision } = engine;
    this.send({ kind: 'report', revision, floor: engine.floor(), integrations: engine.reports() });
  }

  private quietly(work: Promise<void>): void {
    work.catch((error: unknown) => this.fault(error, null));
  }

  private fault(error: unknown, id: string | null): void {
    this.send({ kind: 'fault', id, message: faultOf(error) });
  }

  private send(message: FromSender): void {
    this.port.postMessage(message);
  }
}

function wireError(error: unknown): WireError {
  if (error instanceof PermanentError) {
    return { kind: 'permanent', code: error.code, message: error.message, field: error.field };
  }
  if (error instanceof RetryableError) {
    return { kind: 'retryable', code: error.code, message: error.message, retryAfterMs: error.retryAfterMs };
  }
  return { kind: 'fault', message: faultOf(error) };
}

/** Faults of ours go to the server's log. Their messages may quote what was being worked on, so only places are told. */
function faultOf(error: unknown): string {
  if (error instanceof PermanentError || error instanceof RetryableError) return error.message;
  if (!(error instanceof Error)) return 'something that is no error was thrown';
  const stack = error.stack ?? '';
  return `${error.name}${stack.slice(stack.indexOf('\n    at '))}`;
}
