import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { EventBatch } from '../../src/batch/event-batch.ts';
import { DEFAULT_LIMITS } from '../../src/batch/limits.ts';
import { SymbolTable } from '../../src/batch/symbol-table.ts';
import { FlushSwitch, runStoreWriter, type StoreWriterState } from '../../src/consumers/store-writer/store-writer.ts';
import { openCursor } from '../../src/journal/cursor.ts';
import { openDiskJournal } from '../../src/journal/disk/journal.ts';
import { openDiskJournalReader } from '../../src/journal/disk/reader.ts';
import { frameOf } from '../app/api-fixture.ts';
import { tempDir } from '../support/server.ts';
import { ForgetfulStore } from './forgetful-store.ts';
import { Random } from './random.ts';

const FRAMES = 24;
const LIVES_MAX = 6;

export interface History {
  seed: number;
  /** How often each frame is stored, in their order; frames that never were are missing. */
  stored: [frame: number, times: number][];
  setAside: Set<number>;
  /** What it must be. */
  expected: { stored: [frame: number, times: number][]; setAside: Set<number> };
}

/**
 * One history of a store writer with a real journal and a store that fails, decided by `seed` alone: killed and started
 * again, with its store and without, until the faults end.
 */
export async function runHistory(seed: number, isEmbedded: boolean): Promise<History> {
  const random = new Random(seed);
  const dir = tempDir();
  const journal = await openDiskJournal({ dir: join(dir, 'journal'), node: 0, reserveBytes: 0 });
  for (let i = 0; i < FRAMES; i++)
    await journal.writer.append([frameOf('org', [{ message: 'one' }, { message: 'two' }])]);
  const poisoned = new Set(random.chance(0.5) ? [random.between(1, FRAMES)] : []);
  const setAside = new Set<number>();
  const batch = new EventBatch(new SymbolTable(), DEFAULT_LIMITS);
  let stopping = new AbortController();
  const store = new ForgetfulStore({ random, isEmbedded, batch, poisoned, crash: () => stopping.abort() });
  let boot = 0;
  for (let life = 1; life <= LIVES_MAX; life++) {
    stopping = new AbortController();
    store.faultRate = life === LIVES_MAX ? 0 : random.pick([0.05, 0.2]);
    const cursor = await openCursor<StoreWriterState>(dir, 'store-writer');
    if ((cursor.load()?.position ?? 1) > FRAMES) break;
    const reader = openDiskJournalReader({ dir: join(dir, 'journal'), progress: journal.progress });
    await runStoreWriter(
      {
        reader,
        cursor,
        store,
        node: 0,
        boot: isEmbedded ? `boot ${boot}` : null,
        batch,
        insertRowsMax: random.pick([2, 8, 20]),
        insertIntervalMs: 1,
        insertBytesMax: 1 << 20,
        setAside: async ({ position }) => void setAside.add(position),
        onProgress: ({ position }) => {
          if (position > FRAMES) stopping.abort();
        },
      },
      stopping.signal,
      new FlushSwitch(),
    );
    await reader.close();
    if (isEmbedded && random.chance(0.5)) {
      store.cutPower();
      boot++;
    } else store.restart();
  }
  await journal.writer.close();
  rmSync(dir, { recursive: true });
  const frames = Array.from({ length: FRAMES }, (_, i) => i + 1).filter((frame) => !poisoned.has(frame));
  return {
    seed,
    stored: [...store.counts].sort(([a], [b]) => a - b),
    setAside,
    expected: { stored: frames.map((frame) => [frame, 1]), setAside: poisoned },
  };
}
