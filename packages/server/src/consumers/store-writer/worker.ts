import { readFileSync, statfsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { EventBatch } from '../../batch/event-batch.ts';
import { SymbolTable } from '../../batch/symbol-table.ts';
import { openCursor } from '../../journal/cursor.ts';
import { JournalProgress } from '../../journal/disk/progress.ts';
import { openDiskJournalReader } from '../../journal/disk/reader.ts';
import { JournalFloor } from '../../journal/floor.ts';
import { RetryableError } from '../../runtime/errors.ts';
import { openClickHouseStore } from '../../stores/clickhouse/store.ts';
import { createSetAside } from './set-aside.ts';
import { FlushSwitch, runStoreWriter, type StoreWriterOptions, type StoreWriterState } from './store-writer.ts';
import type { FromStoreWriter, StoreWriterWorkerOptions, ToStoreWriter } from './wire.ts';

/** The store writer in a thread of its own: merging blocks of 100,000 events would hold up sockets and appends. */
const options = workerData as StoreWriterWorkerOptions;
const port = parentPort!;
const send = (message: FromStoreWriter) => port.postMessage(message);

const BACKLOG_INTERVAL_MS = 1000;
const RETRY_MS = 1000;

const openStore = (connection: StoreWriterWorkerOptions['connection']) =>
  openClickHouseStore({ ...connection, connectionsMax: 2 });

let store = openStore(options.connection);
const journalFloors = options.journalFloors.map((buffer) => new JournalFloor(buffer));
const reader = openDiskJournalReader({ dir: options.journalDir, progress: new JournalProgress(options.progress) });
const cursor = await openCursor<StoreWriterState>(options.cursorDir, 'store-writer');
const stopping = new AbortController();
const flush = new FlushSwitch();

port.on('message', (message: ToStoreWriter) => {
  if (message.kind === 'flush') flush.flush();
  else if (message.kind === 'close') stopping.abort();
  else {
    void store.close();
    store = openStore(message.connection);
  }
});

const INSERT_BYTES_MIN = 1 << 20;
const INSERT_BYTES_MAX = 64 << 20;

/**
 * The store reserves an insert's size on the disk, uncompressed, before it writes, and a range that was begun cannot be
 * made smaller. So on a small disk inserts are small: they must fit into what is left when the journal has filled it.
 */
function insertBytesMax(dir: string): number {
  const { blocks, bsize } = statfsSync(dir);
  return Math.max(INSERT_BYTES_MIN, Math.min(INSERT_BYTES_MAX, Math.floor((blocks * bsize) / 64)));
}

/** The kernel makes it up when it starts. Null where there is none: then nobody sees that the machine was started again. */
function bootId(): string | null {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return null;
  }
}

/** A disk that does not answer is the appends' business to report; the numbers stay as they were. */
function sendBacklog(): void {
  try {
    const { next } = reader.range();
    const frames = next - (cursor.load()?.position ?? next);
    send({ kind: 'backlog', journalBytes: reader.bytes(), frames, damagedBytes: reader.damage.bytes });
  } catch (error) {
    if (!(error instanceof RetryableError)) throw error;
  }
}

send({
  kind: 'progress',
  progress: { position: cursor.load()?.position ?? reader.range().oldest, rows: 0, setAside: 0, error: null },
});
/** Before it the store needs nothing, and to where the journal was trimmed. */
let storedTo = cursor.load()?.position ?? 0;
let trimmedTo = 0;

async function trim(): Promise<void> {
  const before = Math.min(storedTo, ...journalFloors.map(({ position }) => position));
  if (before <= trimmedTo) return;
  await reader.trim(before);
  trimmedTo = before;
}

const timer = setInterval(() => {
  sendBacklog();
  // Others free the journal too, and a full disk lets nothing in that would bring on the next insert.
  trim().catch((error: unknown) => {
    if (!(error instanceof RetryableError)) throw error;
  });
}, BACKLOG_INTERVAL_MS);

const writerOptions: StoreWriterOptions = {
  reader: {
    read: (from, how) => reader.read(from, how),
    range: () => reader.range(),
    bytes: () => reader.bytes(),
    trim: (before) => {
      storedTo = before;
      return trim();
    },
    close: () => reader.close(),
  },
  cursor,
  store: {
    insert: (...insert) => store.insert(...insert),
    select: (...select) => store.select(...select),
    remove: (...remove) => store.remove(...remove),
    storedFrames: (...range) => store.storedFrames(...range),
    ping: () => store.ping(),
    close: () => store.close(),
  },
  node: options.node,
  boot: options.storeIsEmbedded ? bootId() : null,
  batch: new EventBatch(new SymbolTable(), options.limits),
  insertRowsMax: options.insertRowsMax,
  insertIntervalMs: options.insertIntervalMs,
  insertBytesMax: insertBytesMax(options.journalDir),
  setAside: createSetAside(options.setAsideDir, options.node),
  onProgress: (progress) => send({ kind: 'progress', progress }),
};

/** A disk that fails for a while stops the writer for a while: it goes on from its cursor. */
while (!stopping.signal.aborted) {
  try {
    await runStoreWriter(writerOptions, stopping.signal, flush);
  } catch (error) {
    if (!(error instanceof RetryableError)) throw error;
    const position = cursor.load()?.position ?? 1;
    send({ kind: 'progress', progress: { position, rows: 0, setAside: 0, error: error.message } });
    await delay(RETRY_MS);
  }
}
clearInterval(timer);
await reader.close();
await store.close();
send({ kind: 'closed' });
port.close();
