import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Admission } from './admission/admission.ts';
import { defaultQuota, Quotas } from './admission/quotas.ts';
import { signInUrl } from './api/routes/sessions/create-link.ts';
import { type Config, isOpenMode, redactRulesOff } from './config.ts';
import { type StoreWriter, startStoreWriter } from './consumers/store-writer/index.ts';
import type { StoreWriterState } from './consumers/store-writer/store-writer.ts';
import type { StoreConnection } from './consumers/store-writer/wire.ts';
import { Authenticator } from './control/authenticator.ts';
import { bootstrap } from './control/bootstrap.ts';
import { type ControlDb, openControlDb } from './control/control-db.ts';
import { OrgCache } from './control/org-cache.ts';
import { createSignInLink, OPERATOR_GRANT } from './control/sign-in-links.ts';
import { openCursor } from './journal/cursor.ts';
import { lockDataDir } from './journal/disk/lock.ts';
import { JournalProgress } from './journal/disk/progress.ts';
import { openDiskJournalReader } from './journal/disk/reader.ts';
import { JournalFloor } from './journal/floor.ts';
import { openDeadLetterStores } from './open-dead-letters.ts';
import { openDeletions } from './open-deletions.ts';
import { openHttp } from './open-http.ts';
import { openIntegrations } from './open-integrations.ts';
import { openListeners } from './open-listeners.ts';
import { OWN_RECEIVER, ownEventsInto } from './open-own-events.ts';
import { openSender } from './open-sender.ts';
import { type Parts, type Paths, pathsOf } from './parts.ts';
import { type IngestClient, startIngest } from './pipeline/ingest-client.ts';
import { Producers, type ProducersState } from './producers/producers.ts';
import { LogqlClient } from './query/logql/worker/client.ts';
import { PermanentError } from './runtime/errors.ts';
import { OwnEvents, withOwnEvents } from './runtime/own-events.ts';
import { createOwnLog, type OwnLog } from './runtime/own-log.ts';
import { Runner } from './runtime/runner.ts';
import { createTelemetry, type Telemetry } from './runtime/telemetry.ts';
import { VERSION } from './runtime/version.ts';
import { type OpenStore, openStore } from './stores/open.ts';
import { webUiDir } from './web-ui/dist-dir.ts';

/** What a started server tells about itself. */
export interface Announcement {
  httpPort: number;
  /** Null when it is switched off or another program has it. */
  otlpHttpPort: number | null;
  /** Ports beside the main one by `receiver.listener`: `syslog.udp`, `otlp.http`. */
  listenerPorts: Readonly<Record<string, number>>;
  url: string;
  dataDir: string;
  openMode: boolean;
  /** An admin key made at the first start. Shown once: it is nowhere kept. */
  generatedKey: string | null;
  /** The web UI's address; with keys a link that signs in once, which is a secret. Null when the UI is not built. */
  webUrl: string | null;
}

export interface RunningServer extends Announcement {
  /** Ends requests under way and closes everything, within 10 s. Safe to call twice. */
  stop(): Promise<void>;
}

const STOP_DEADLINE_MS = 9_000;
/** How long the start waits for the event store. Ingest works without it, so a longer wait helps nobody. */
const STORE_WAIT_MS = 2_000;

/**
 * Opens and starts everything, the end of the data's path first, so that nothing comes in before it can go on. Rejects,
 * with everything closed again, when a part that ingest needs cannot be opened.
 */
export async function serve(config: Config): Promise<RunningServer> {
  const telemetry = createTelemetry();
  const ownEvents = openOwnEvents(config, telemetry);
  const stderrLog = createOwnLog(config.log);
  const log = ownEvents === null ? stderrLog : withOwnEvents(stderrLog, ownEvents);
  const runner = new Runner((error, name) => log.error({ err: error }, `closing ${name} failed`));
  try {
    const announcement = await open({ config, log, runner, telemetry, ownEvents });
    return { ...announcement, stop: () => runner.stop(STOP_DEADLINE_MS) };
  } catch (error) {
    await runner.stop(STOP_DEADLINE_MS);
    throw error;
  }
}

interface Surroundings extends Pick<Parts, 'config' | 'log' | 'runner' | 'telemetry'> {
  /** Null when they are switched off. */
  ownEvents: OwnEvents | null;
}

function openOwnEvents({ log }: Config, telemetry: Telemetry): OwnEvents | null {
  if (log.ownEvents === 'off') return null;
  return new OwnEvents({ onDropped: (count) => telemetry.countListener(OWN_RECEIVER, 'message_dropped', count) });
}

async function open({ config, log, runner, telemetry, ownEvents }: Surroundings): Promise<Announcement> {
  log.milestone({ version: VERSION, node_version: process.versions.node }, `Tailwater ${VERSION} starts`);
  const dataDir = resolve(config.dataDir);
  makeDataDir(dataDir);
  const lock = lockDataDir(dataDir);
  runner.defer('data directory lock', () => lock.release());
  const openMode = isOpenMode(config);
  const { control, orgs, authenticator, generatedKey } = await openControl(config, dataDir, log, runner);
  const paths = pathsOf(dataDir);
  const deadLetters = await openDeadLetterStores(config, paths, { telemetry, log, runner });
  const ingest = await openIngest(config, paths, log, telemetry);
  runner.defer('journal', () => ingest.close());
  const journalFloor = new JournalFloor();
  const producers = await openProducers(paths, ingest, journalFloor, log, runner);
  const forwarding = openSender({ config, paths, ingest, telemetry, log, runner });
  const logql = new LogqlClient({
    threads: Math.max(1, Math.min(4, Math.floor(availableParallelism() / 2))),
    onFault: (error) => log.error({ err: error }, 'a query worker died, the next query starts another'),
    onQuery: (kind, outcome, seconds) => telemetry.countQuery(kind, outcome, seconds),
  });
  runner.defer('query workers', () => logql.close());
  const floors = [journalFloor, forwarding.floor];
  const { store, writer } = openStorePart({ config, paths, ingest, log, telemetry, runner }, floors, (connection) => {
    logql.connect(connection);
    forwarding.sender.connect(connection);
  });
  // Until the writer has told where it is, a tail with backfill could not begin.
  const writerKnown = store.opened.then(() => writer()?.waitStored(0, STORE_WAIT_MS));
  await Promise.race([writerKnown, delay(STORE_WAIT_MS, undefined, { ref: false })]);
  const quotas = await Quotas.open(control, (error) => log.error({ err: error }, 'saving what orgs sent failed'), {
    defaults: defaultQuota(config.ingestQuota),
  });
  runner.defer('quotas', () => quotas.close());
  const admission = new Admission({
    ...{ authenticator, orgs, ingest, quotas, producers },
    defaultRetentionDays: config.retention.defaultDays,
    browserKeyBytesPerSecond: config.limits.browserKeyBytesPerSecond,
  });
  if (ownEvents !== null) {
    ownEvents.start(ownEventsInto(admission));
    runner.defer('own events', () => ownEvents.close());
  }
  const opened = { config, paths, log, telemetry, runner, control, authenticator, orgs, ingest };
  const { integrations, start } = await openIntegrations(opened, forwarding);
  const parts = { ...opened, deadLetters, producers, integrations, admission, quotas, store, writer, logql };
  openDeletions(parts);
  const listeners = await openListeners(parts);
  const { httpPort, extraPorts } = await openHttp(parts, listeners);
  const listenerPorts = { ...extraPorts, ...listeners };
  forwarding.ownPorts.push(httpPort, ...Object.values(listenerPorts));
  await start();
  runner.defer('the server', () => log.milestone({ version: VERSION }, `Tailwater ${VERSION} stops`));
  const url = `http://${urlHost(config.http.host)}:${httpPort}`;
  const ports = Object.fromEntries(Object.entries(listenerPorts).map(([name, port]) => [`port.${name}`, port]));
  log.milestone({ version: VERSION, url, open_mode: openMode, ...ports }, `Tailwater ${VERSION} is ready`);
  return {
    httpPort,
    otlpHttpPort: extraPorts['otlp.http'] ?? null,
    listenerPorts,
    url,
    dataDir,
    openMode,
    generatedKey,
    webUrl: await webUrlOf(control, url, openMode),
  };
}

/** Who may do what. */
async function openControl(config: Config, dataDir: string, log: OwnLog, runner: Runner) {
  const control = await openControlDb(dataDir);
  runner.defer('control database', () => control.close());
  const { generatedSecret, isRevoked } = await bootstrap(control, config.bootstrapApiKey);
  if (isRevoked) log.warn({}, 'bootstrapApiKey was revoked some time ago and stays so');
  const orgs = new OrgCache(control);
  const authenticator = new Authenticator(control, {
    orgs,
    openMode: isOpenMode(config),
    onFault: (error) => log.error({ err: error }, 'saving the use of API keys failed'),
  });
  runner.defer('authenticator', () => authenticator.close());
  return { control, orgs, authenticator, generatedKey: generatedSecret };
}

async function webUrlOf(control: ControlDb, url: string, openMode: boolean): Promise<string | null> {
  if (webUiDir() === null) return null;
  return openMode ? url : signInUrl(url, (await createSignInLink(control, OPERATOR_GRANT)).token);
}

function makeDataDir(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new PermanentError('invalid_field', `the data directory cannot be made: ${reason}`, 'dataDir');
  }
}

async function openIngest(config: Config, paths: Paths, log: OwnLog, telemetry: Telemetry): Promise<IngestClient> {
  const saved = (await openCursor<StoreWriterState>(paths.cursorDir, 'store-writer')).load();
  return startIngest(
    {
      journalDir: paths.journalDir,
      nextAtLeast: Math.max(1, saved?.position ?? 1, (saved?.state.inflightTo ?? 0) + 1),
      node: config.node,
      segmentBytes: config.journal.segmentBytes,
      reserveBytes: config.journal.reserveBytes,
      limits: config.limits,
      logTypes: config.enrich.logTypes,
      redactRulesOff: redactRulesOff(config),
      deadLetters: { dir: paths.deadLetterDir, ...config.deadLetters },
      inflightBytesMax: config.limits.inflightBytesMax,
    },
    (report) => telemetry.countReport(report),
    (error) => log.error({ err: error }, 'the ingest worker died: nothing is taken until the server is started again'),
  );
}

async function openProducers(
  paths: Paths,
  ingest: IngestClient,
  journalFloor: JournalFloor,
  log: OwnLog,
  runner: Runner,
): Promise<Producers> {
  const progress = new JournalProgress(ingest.progress);
  const reader = openDiskJournalReader({ dir: paths.journalDir, progress });
  runner.defer("producers' reader", () => reader.close());
  const producers = await Producers.open({
    cursor: await openCursor<ProducersState>(paths.cursorDir, 'producers'),
    reader,
    durableNext: () => progress.read().next,
    onSaved: (position) => {
      journalFloor.position = position;
    },
    onFault: (error) => log.error({ err: error }, 'saving what producers sent failed, trying again'),
  });
  runner.defer('producers', () => producers.close());
  return producers;
}

function openStorePart(
  {
    config,
    paths,
    ingest,
    log,
    telemetry,
    runner,
  }: Pick<Parts, 'config' | 'paths' | 'ingest' | 'log' | 'telemetry' | 'runner'>,
  journalFloors: readonly JournalFloor[],
  onConnection: (connection: StoreConnection) => void,
): { store: OpenStore; writer: () => StoreWriter | null } {
  let writer: StoreWriter | null = null;
  const { url, user, password } = config.store.clickhouse;
  const store = openStore({
    dataDir: paths.dataDir,
    engineMemoryBytesMax: config.store.engineMemoryBytesMax,
    external: url === undefined ? null : { url, user: user ?? 'default', password: password ?? '' },
    onConnection: (connection) => {
      onConnection(connection);
      if (writer !== null) {
        log.warn({ restarts: store.status().restarts }, 'the event store was opened again');
        return writer.reconnect(connection);
      }
      log.milestone({ embedded: url === undefined }, 'the event store is open');
      writer = startStoreWriter(
        {
          ...paths,
          progress: ingest.progress,
          journalFloors: journalFloors.map(({ buffer }) => buffer),
          connection,
          storeIsEmbedded: url === undefined,
          node: config.node,
          limits: config.limits,
          insertRowsMax: config.store.insertRowsMax,
          insertIntervalMs: config.store.insertIntervalMs,
        },
        ({ rows, setAside }) => telemetry.countInsert(rows, setAside),
        (error) => log.error({ err: error }, 'the store writer died: events wait in the journal until the next start'),
      );
    },
    onFault: (error) => log.error({ err: error }, 'the event store cannot be opened, trying again'),
  });
  runner.defer('event store', () => store.close());
  runner.defer('store writer', () => writer?.close(2_000));
  return { store, writer: () => writer };
}

function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
