import type { IngestLimits } from '../../batch/limits.ts';
import type { StoreWriterProgress } from './store-writer.ts';

/** Messages between the main thread and the store writer's worker. */

/** Where the event store answers. */
export interface StoreConnection {
  url: string;
  user: string;
  password: string;
}

export interface StoreWriterWorkerOptions {
  journalDir: string;
  cursorDir: string;
  setAsideDir: string;
  progress: SharedArrayBuffer;
  /** JournalFloors of what else needs the journal. */
  journalFloors: readonly SharedArrayBuffer[];
  connection: StoreConnection;
  storeIsEmbedded: boolean;
  node: number;
  limits: IngestLimits;
  insertRowsMax: number;
  insertIntervalMs: number;
}

export type ToStoreWriter =
  | { kind: 'flush' }
  /** The embedded engine came back on another port. */
  | { kind: 'connection'; connection: StoreConnection }
  | { kind: 'close' };

export type FromStoreWriter =
  | { kind: 'progress'; progress: StoreWriterProgress }
  | { kind: 'backlog'; journalBytes: number; frames: number; damagedBytes: number }
  | { kind: 'closed' };
