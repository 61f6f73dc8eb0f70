import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { StoreConnection } from '../consumers/store-writer/wire.ts';
import { RetryableError } from '../runtime/errors.ts';
import { type Engine, startEngine } from './clickhouse/engine.ts';
import { migrate } from './clickhouse/migrate.ts';
import { type ClickHouseStore, openClickHouseStore } from './clickhouse/store.ts';
import type { EventStore } from './store.ts';

export interface OpenStoreOptions {
  dataDir: string;
  engineMemoryBytesMax: number;
  /** An external server; null for the embedded engine. */
  external: StoreConnection | null;
  /** Called when the store is open for the first time, and again when it moved to another address. */
  onConnection(connection: StoreConnection): void;
  onFault(error: unknown): void;
}

export interface OpenStore {
  /** Throws `store_unavailable` until the store answers for the first time. */
  store: EventStore;
  /** `pid` is that of the embedded engine. */
  status(): { ready: boolean; detail: string; restarts: number; pid: number | null };
  /** Resolves when the store was opened for the first time. */
  opened: Promise<void>;
  close(): Promise<void>;
}

const RETRY_MS = 2000;

/**
 * Opens the event store and keeps trying: a store that is down, missing or on a full disk is no reason not to start,
 * the journal takes everything meanwhile.
 */
export function openStore(options: OpenStoreOptions): OpenStore {
  const stopping = new AbortController();
  const abandoning = new AbortController();
  let engine: Engine | null = null;
  let starting: Promise<Engine> | null = null;
  let current: ClickHouseStore | null = null;
  let detail = 'starting';

  const connect = async (): Promise<void> => {
    if (options.external === null && engine === null) {
      starting = startEngine({
        signal: abandoning.signal,
        dataDir: join(options.dataDir, 'store'),
        memoryBytesMax: options.engineMemoryBytesMax,
        onState: (status) => {
          if (status.state !== 'ready' || current === null || engine === null) return;
          const connection = { url: status.url, user: engine.user, password: engine.password };
          current = openClickHouseStore(connection);
          options.onConnection(connection);
        },
      });
      engine = await starting;
    }
    const connection = options.external ?? connectionOf(engine!);
    const store = openClickHouseStore(connection);
    await migrate(store);
    current = store;
    detail = '';
    options.onConnection(connection);
  };

  const keepTrying = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        return await connect();
      } catch (error) {
        detail = error instanceof Error ? error.message : String(error);
        if (!(error instanceof RetryableError)) options.onFault(error);
        await delay(RETRY_MS, undefined, { signal: stopping.signal }).catch(() => {});
      }
    }
  };
  const opened = keepTrying();

  return {
    store: lateStore(() => current),
    status: () => ({
      ready: current !== null && (engine === null || engine.status().state === 'ready'),
      detail: engine !== null && engine.status().state !== 'ready' ? (engine.status().stderr.at(-1) ?? '') : detail,
      restarts: engine?.status().restarts ?? 0,
      pid: engine?.pid ?? null,
    }),
    opened,
    close: async () => {
      stopping.abort();
      // One that is only starting would keep the process alive.
      if (engine === null) abandoning.abort();
      await starting?.catch(() => undefined);
      await current?.close();
      await engine?.stop();
    },
  };
}

/** The store that `current` answers; until then everything but `ping` and `close` throws `store_unavailable`. */
function lateStore(current: () => ClickHouseStore | null): EventStore {
  const ready = (): ClickHouseStore => {
    const store = current();
    if (store === null) throw new RetryableError('store_unavailable', 'the event store is not open yet', RETRY_MS);
    return store;
  };
  return {
    insert: async (...insert) => ready().insert(...insert),
    select: (...select) => ready().select(...select),
    remove: async (...remove) => ready().remove(...remove),
    storedFrames: async (...range) => ready().storedFrames(...range),
    ping: async () => (await current()?.ping()) ?? false,
    close: async () => current()?.close(),
  };
}

function connectionOf({ url, user, password }: Engine): StoreConnection {
  return { url, user, password };
}
