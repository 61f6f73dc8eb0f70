import { parentPort } from 'node:worker_threads';
import { PermanentError, RetryableError } from '../../../runtime/errors.ts';
import { type ClickHouseStore, openClickHouseStore } from '../../../stores/clickhouse/store.ts';
import { runTask } from '../run-task.ts';
import type { LogqlTask } from '../tasks.ts';
import type { FromWorker, ToWorker, WireError } from './wire.ts';

/** A thread that answers LogQL queries: what they cost here delays neither ingest nor the API. */
const port = parentPort!;
const running = new Map<number, AbortController>();
let store: ClickHouseStore | null = null;

port.on('message', (message: ToWorker) => {
  if (message.kind === 'connect') {
    const old = store;
    store = openClickHouseStore(message.connection);
    void old?.close();
  } else if (message.kind === 'run') void run(message.id, message.task);
  else running.get(message.id)?.abort();
});

async function run(id: number, task: LogqlTask): Promise<void> {
  const abort = new AbortController();
  running.set(id, abort);
  const timeout = AbortSignal.timeout(task.settings.queryTimeoutMs);
  try {
    if (store === null) throw new RetryableError('store_unavailable', 'the event store is not open yet', 2000);
    const text = await runTask(task, { store, signal: AbortSignal.any([abort.signal, timeout]) });
    const body = new TextEncoder().encode(text);
    port.postMessage({ kind: 'done', id, body } satisfies FromWorker, [body.buffer]);
  } catch (error) {
    const told = timeout.aborted
      ? new RetryableError('query_timeout', 'the query ran longer than its limit', 1000)
      : error;
    port.postMessage({ kind: 'failed', id, error: wireError(told) } satisfies FromWorker);
  } finally {
    running.delete(id);
  }
}

function wireError(error: unknown): WireError {
  if (error instanceof PermanentError) {
    return { kind: 'permanent', code: error.code, message: error.message, field: error.field };
  }
  if (error instanceof RetryableError) {
    return { kind: 'retryable', code: error.code, message: error.message, retryAfterMs: error.retryAfterMs };
  }
  return { kind: 'fault', message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}
