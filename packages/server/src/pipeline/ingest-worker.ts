import { parentPort, workerData } from 'node:worker_threads';
import { SymbolTable } from '../batch/symbol-table.ts';
import { openDiskJournal } from '../journal/disk/journal.ts';
import { createEnrich } from '../processors/enrich/index.ts';
import { createRedact } from '../processors/redact/index.ts';
import { decoders, revealers } from '../receivers/registry.ts';
import { createDeadLetterKeeper } from './dead-letters.ts';
import { createIngest, type IngestTask } from './ingest.ts';
import {
  type FromIngestWorker,
  type IngestWorkerOptions,
  type ToIngestWorker,
  toWire,
  type WorkerTask,
} from './wire.ts';

/**
 * The thread that owns the journal's writer: everything between a request's bytes and their fsync happens here, so
 * that the main thread only moves bytes between sockets and this worker.
 */
const options = workerData as IngestWorkerOptions;
const port = parentPort!;
const send = (message: FromIngestWorker) => port.postMessage(message);

const { writer, progress, report } = await openDiskJournal({
  dir: options.journalDir,
  nextAtLeast: options.nextAtLeast,
  node: options.node,
  segmentBytes: options.segmentBytes,
  reserveBytes: options.reserveBytes,
});
const ingest = createIngest({
  journal: writer,
  decoders: decoders(),
  processors: [createEnrich({ logTypes: options.logTypes }), createRedact({ rulesOff: options.redactRulesOff })],
  symbols: new SymbolTable(),
  limits: options.limits,
  deadLetters: createDeadLetterKeeper(options.deadLetters, {
    rulesOff: options.redactRulesOff,
    revealers: revealers(),
  }),
});

const underWay = new Set<Promise<void>>();

async function handle(serial: number, buffer: ArrayBuffer, tasks: readonly WorkerTask[]): Promise<void> {
  const { outcomes, report: counted } = await ingest(tasks.map((task) => ingestTask(buffer, task)));
  send({ kind: 'done', serial, outcomes: outcomes.map(toWire), report: counted, journalFault: writer.fault });
}

function ingestTask(buffer: ArrayBuffer, { start, length, ...task }: WorkerTask): IngestTask {
  return { ...task, body: Buffer.from(buffer, start, length) };
}

port.on('message', (message: ToIngestWorker) => {
  if (message.kind === 'tasks') {
    // An error here is a bug of ours: it ends the worker, and the main thread answers 503 from then on.
    const handled: Promise<void> = handle(message.serial, message.buffer, message.tasks).finally(() =>
      underWay.delete(handled),
    );
    underWay.add(handled);
  } else {
    void close();
  }
});

/** So that a fault that is over shows as over, also when nobody sends. */
const FAULT_INTERVAL_MS = 1000;
const faultTimer = setInterval(() => send({ kind: 'fault', journalFault: writer.fault }), FAULT_INTERVAL_MS);

async function close(): Promise<void> {
  clearInterval(faultTimer);
  await Promise.all(underWay);
  await writer.close();
  send({ kind: 'closed' });
  port.close();
}

send({ kind: 'ready', progress: progress.buffer, recovery: { ...report } });
