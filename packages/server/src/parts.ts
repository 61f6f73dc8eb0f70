import type { Admission } from './admission/admission.ts';
import type { Quotas } from './admission/quotas.ts';
import type { Config } from './config.ts';
import type { StoreWriter } from './consumers/store-writer/index.ts';
import type { Authenticator } from './control/authenticator.ts';
import type { ControlDb } from './control/control-db.ts';
import type { Integrations } from './control/integrations/integrations.ts';
import type { OrgCache } from './control/org-cache.ts';
import type { DeadLetterStores } from './open-dead-letters.ts';
import type { IngestClient } from './pipeline/ingest-client.ts';
import type { Producers } from './producers/producers.ts';
import type { LogqlRunner } from './query/logql/tasks.ts';
import type { OwnLog } from './runtime/own-log.ts';
import type { Runner } from './runtime/runner.ts';
import type { Telemetry } from './runtime/telemetry.ts';
import type { OpenStore } from './stores/open.ts';

/** What main.ts has opened when the HTTP side is opened. */
export interface Parts {
  config: Config;
  paths: Paths;
  log: OwnLog;
  telemetry: Telemetry;
  runner: Runner;
  control: ControlDb;
  authenticator: Authenticator;
  orgs: OrgCache;
  deadLetters: DeadLetterStores;
  ingest: IngestClient;
  producers: Producers;
  integrations: Integrations;
  admission: Admission;
  quotas: Quotas;
  store: OpenStore;
  logql: LogqlRunner & { readonly running: number };
  /** Null until the event store was opened for the first time. */
  writer: () => StoreWriter | null;
}

/** Every place in the data directory, by name. */
export interface Paths {
  dataDir: string;
  journalDir: string;
  cursorDir: string;
  setAsideDir: string;
  deadLetterDir: string;
  /** Dead letters of destinations. */
  undeliveredDir: string;
}

export function pathsOf(dataDir: string): Paths {
  return {
    dataDir,
    journalDir: `${dataDir}/journal`,
    cursorDir: `${dataDir}/cursors`,
    setAsideDir: `${dataDir}/set-aside`,
    deadLetterDir: `${dataDir}/dead-letters`,
    undeliveredDir: `${dataDir}/undelivered`,
  };
}
