import type { MessagePort } from 'node:worker_threads';
import type { DestinationType } from '../../destinations/destination.ts';
import { JournalProgress } from '../../journal/disk/progress.ts';
import { openDiskJournalReader } from '../../journal/disk/reader.ts';
import type { Egress } from '../../runtime/egress/egress.ts';
import { PermanentError, RetryableError } from '../../runtime/errors.ts';
import { type ClickHouseStore, openClickHouseStore } from '../../stores/clickhouse/store.ts';
import { testConnection } from './connection-test.ts';
import { Engine } from './engine.ts';
import type { Redelivered, StoreConnection } from './sender.ts';
import { notExpanded, openUndelivered } from './undelivered.ts';
import type { FromSender, SenderWorkerOptions, ToSender, WireError } from './wire.ts';

export interface ThreadParts {
  types: readonly DestinationType[];
  egress: Egress;
}

/** The sender's thread: what the main thread asks for, and what it is told. */
export function runSenderThread(port: MessagePort, options: SenderWorkerOptions, { types, egress }: ThreadParts): void {
  const send = (message: FromSender) => port.postMessage(message);
  const { limits, node, cursorDir } = options;
  const reader = openDiskJournalReader({ dir: options.journalDir, progress: new JournalProgress(options.progress) });
  const typesById = new Map(types.map((type) => [type.id, type]));
  const onFault = (error: unknown, id: string | null) => send({ kind: 'fault', id, message: faultOf(error) });
  const engine = new Engine({
    reader,
    cursorDir,
    node,
    limits,
    types: typesById,
    egress,
    undelivered: openUndelivered(options.undeliveredDir, notExpanded),
    onDisabled: (id, reason) => send({ kind: 'disabled', id, reason }),
    onFault,
  });
  let store: ClickHouseStore | null = null;
  const connect = (connection: StoreConnection) => {
    void store?.close();
    store = openClickHouseStore({ ...connection, connectionsMax: 2 });
    engine.connect(store);
  };
  const underWay = new Map<number, AbortController>();
  const answer = (request: number, work: (signal: AbortSignal) => Promise<Redelivered | null>) => {
    const abort = new AbortController();
    underWay.set(request, abort);
    work(abort.signal)
      .then(
        (redelivered) => send({ kind: 'done', request, redelivered }),
        (error: unknown) => send({ kind: 'failed', request, error: wireError(error) }),
      )
      .finally(() => underWay.delete(request));
  };
  const report = () =>
    send({ kind: 'report', revision: engine.revision, floor: engine.floor(), integrations: engine.reports() });
  const quietly = (work: Promise<void>) => void work.catch((error: unknown) => onFault(error, null));
  const timers = [
    setInterval(report, limits.reportIntervalMs),
    setInterval(() => quietly(engine.commit()), limits.commitIntervalMs),
    setInterval(() => quietly(engine.checkJournal()), limits.journalCheckIntervalMs),
  ];
  const close = async () => {
    for (const timer of timers) clearInterval(timer);
    for (const abort of underWay.values()) abort.abort();
    await engine.close(limits.closeMsMax);
    report();
    await egress.close();
    await reader.close();
    port.close();
  };
  port.on('message', (message: ToSender) => {
    switch (message.kind) {
      case 'configure':
        quietly(engine.configure(message.revision, message.integrations).then(report));
        break;
      case 'forget':
        answer(message.request, () => engine.forget(message.id).then(() => null));
        break;
      case 'test': {
        const { request, integration } = message;
        const type = typesById.get(integration.type);
        const timeoutMs = limits.testMsMax;
        answer(request, async (signal) => {
          await testConnection({
            integration,
            type,
            egress,
            timeoutMs,
            signal,
            report: (step) => send({ kind: 'step', request, step }),
          });
          return null;
        });
        break;
      }
      case 'abort':
        underWay.get(message.request)?.abort();
        break;
      case 'replay':
        quietly(engine.replay(message.id, message.range));
        break;
      case 'cancel-replay':
        quietly(engine.cancelReplay(message.id));
        break;
      case 'redeliver':
        answer(message.request, () => engine.redeliver(message.id, message.letterBody));
        break;
      case 'connect':
        connect(message.connection);
        break;
      case 'close':
        quietly(close());
    }
  });
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
