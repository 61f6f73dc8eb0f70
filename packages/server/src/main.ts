import { mkdirSync } from 'node:fs';
import type { IncomingMessage, Server } from 'node:http';
import { resolve } from 'node:path';
import { type Announcement, readyLine, welcome } from './announce.ts';
import { buildApi } from './api/app.ts';
import type { Config } from './config.ts';
import { isOpenMode } from './config.ts';
import { createLiveTail, type LiveTail } from './consumers/live-tail/live-tail.ts';
import { startStoreWriter, type StoreWriter } from './consumers/store-writer/index.ts';
import type { StoreWriterState } from './consumers/store-writer/store-writer.ts';
import { Authenticator } from './control/authenticator.ts';
import { bootstrap } from './control/bootstrap.ts';
import { type ControlDb, openControlDb } from './control/control-db.ts';
import { OrgCache } from './control/org-cache.ts';
import { requireScope } from './control/scopes.ts';
import { createIngestHandler } from './http/ingest-handler.ts';
import { createHttpServer, drain, listen } from './http/listen.ts';
import { openCursor } from './journal/cursor.ts';
import { lockDataDir } from './journal/disk/lock.ts';
import { type IngestClient, startIngest } from './pipeline/ingest-client.ts';
import { receiverRoutes } from './receivers/registry.ts';
import { createOwnLog, type OwnLog } from './runtime/own-log.ts';
import { Runner } from './runtime/runner.ts';
import { createTelemetry, type Telemetry } from './runtime/telemetry.ts';
import { openStore, type OpenStore } from './stores/open.ts';

export interface RunningServer extends Announcement {
  /** Ends requests under way and closes everything, within 10 s. Safe to call twice. */
  stop(): Promise<void>;
}

const STOP_DEADLINE_MS = 9_000;
const DRAIN_DEADLINE_MS = 4_000;
/** How long the start waits for the event store. Ingest works without it, so a longer wait helps nobody. */
const STORE_WAIT_MS = 5_000;
const ACK_STORED_TIMEOUT_MS = 30_000;

/** The parts of a server that others need. */
interface Parts {
  config: Config;
  log: OwnLog;
  telemetry: Telemetry;
  runner: Runner;
  control: ControlDb;
  authenticator: Authenticator;
  orgs: OrgCache;
  ingest: IngestClient;
  store: OpenStore;
  writer: () => StoreWriter | null;
}

/**
 * Opens and starts everything, the end of the data's path first, so that nothing comes in before it can go on. Prints
 * the ready line on stdout. Rejects, with everything closed again, when a part that ingest needs cannot be opened.
 */
export async function serve(config: Config): Promise<RunningServer> {
  const log = createOwnLog(config.log);
  const runner = new Runner((error, name) => log.error({ err: error }, `closing ${name} failed`));
  try {
    const announcement = await open(config, log, runner);
    process.stdout.write(`${readyLine(announcement)}\n`);
    process.stderr.write(welcome(announcement));
    return { ...announcement, stop: () => runner.stop(STOP_DEADLINE_MS) };
  } catch (error) {
    await runner.stop(STOP_DEADLINE_MS);
    throw error;
  }
}

async function open(config: Config, log: OwnLog, runner: Runner): Promise<Announcement> {
  const dataDir = resolve(config.dataDir);
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const lock = lockDataDir(dataDir);
  runner.defer('data directory lock', () => lock.release());
  const telemetry = createTelemetry();
  const control = await openControlDb(dataDir);
  runner.defer('control database', () => control.close());
  const { generatedSecret } = await bootstrap(control, config.bootstrapApiKey);
  const openMode = isOpenMode(config);
  const authenticator = new Authenticator(control, {
    openMode,
    onFault: (error) => log.error({ err: error }, 'saving the use of API keys failed'),
  });
  runner.defer('authenticator', () => authenticator.close());
  const paths = pathsOf(dataDir);
  const ingest = await openIngest(config, paths, log, telemetry);
  runner.defer('journal', () => ingest.close());
  const { store, writer } = openStorePart(config, paths, ingest, log, telemetry, runner);
  await Promise.race([store.opened, new Promise((done) => setTimeout(done, STORE_WAIT_MS).unref())]);
  const parts = { config, log, telemetry, runner, control, authenticator, orgs: new OrgCache(control), ingest, store, writer };
  const ports = await openHttp(parts, paths);
  return {
    ...ports,
    url: `http://${urlHost(config.http.host)}:${ports.httpPort}`,
    dataDir,
    openMode,
    generatedKey: generatedSecret,
  };
}

async function openHttp(parts: Parts, paths: Paths): Promise<{ httpPort: number; otlpHttpPort: number | null }> {
  const { config, log, runner } = parts;
  const handleIngest = createIngestHandler({
    routes: receiverRoutes(),
    ingest: parts.ingest,
    authorize: (request) => authorizeIngest(parts, request),
    bodyBytesMax: config.limits.bodyBytesMax,
    waitStored: async (position) => (await parts.writer()?.waitStored(position, ACK_STORED_TIMEOUT_MS)) ?? false,
    onAnswer: (receiver, status, receipt) =>
      parts.telemetry.countAnswer(receiver, status, receipt?.rejectedCount ?? 0),
    onFault: (error, requestId) => log.error({ err: error, request_id: requestId }, 'a request failed'),
  });
  const liveTail = createTail(parts, paths);
  const api = await openApi(parts, liveTail);
  const createServer = () =>
    createHttpServer({
      headersTimeoutMs: config.http.headersTimeoutMs,
      requestTimeoutMs: config.http.requestTimeoutMs,
      onRequest: (request, response) => {
        if (!handleIngest(request, response)) api.onRequest(request, response);
      },
      onUpgrade: api.onUpgrade,
    });
  const main = createServer();
  runner.defer('http', () => drain(main, DRAIN_DEADLINE_MS));
  const httpPort = await listen(main, config.http.host, config.http.port);
  const otlpHttpPort = config.otlp.httpPort === 'off' ? null : await listenBeside(parts, createServer(), config.otlp.httpPort);
  // Closed first: open streams would hold up the draining of the servers.
  runner.defer('live tail', () => liveTail.close());
  return { httpPort, otlpHttpPort };
}

/** Opens OpenTelemetry's default port where it is free: a collector on this machine may have it. */
async function listenBeside({ config, log, runner }: Parts, server: Server, port: number): Promise<number | null> {
  try {
    const chosen = await listen(server, config.http.host, port);
    runner.defer('otlp http', () => drain(server, DRAIN_DEADLINE_MS));
    return chosen;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    log.warn({ port, reason }, 'the OTLP port is not free: OTLP/HTTP is on the main port only');
    return null;
  }
}

function createTail({ config, log, ingest }: Parts, paths: Paths): LiveTail {
  return createLiveTail({
    journalDir: paths.journalDir,
    progress: ingest.progress,
    node: config.node,
    onFailure: (error) => log.error({ err: error }, 'live tail failed, readers have to connect again'),
  });
}

/** Every place in the data directory, by name. */
function pathsOf(dataDir: string) {
  return {
    dataDir,
    journalDir: `${dataDir}/journal`,
    cursorDir: `${dataDir}/cursors`,
    setAsideDir: `${dataDir}/set-aside`,
  };
}
type Paths = ReturnType<typeof pathsOf>;

function openIngest(config: Config, paths: Paths, log: OwnLog, telemetry: Telemetry): Promise<IngestClient> {
  const saved = openCursor<StoreWriterState>(paths.cursorDir, 'store-writer').load();
  return startIngest(
    {
      journalDir: paths.journalDir,
      nextAtLeast: Math.max(1, saved?.position ?? 1, (saved?.state.inflightTo ?? 0) + 1),
      node: config.node,
      segmentBytes: config.journal.segmentBytes,
      reserveBytes: config.journal.reserveBytes,
      limits: config.limits,
      logTypes: config.enrich.logTypes,
      redactRulesOff: Object.entries(config.redact.rules).flatMap(([rule, on]) => (on ? [] : [rule])),
      inflightBytesMax: config.limits.inflightBytesMax,
    },
    (report) => telemetry.countReport(report),
    (error) => log.error({ err: error }, 'the ingest worker died: nothing is taken until the server is started again'),
  );
}

function openStorePart(
  config: Config,
  paths: Paths,
  ingest: IngestClient,
  log: OwnLog,
  telemetry: Telemetry,
  runner: Runner,
): { store: OpenStore; writer: () => StoreWriter | null } {
  let writer: StoreWriter | null = null;
  const { url, user, password } = config.store.clickhouse;
  const store = openStore({
    dataDir: paths.dataDir,
    engineMemoryBytesMax: config.store.engineMemoryBytesMax,
    external: url === undefined ? null : { url, user: user ?? 'default', password: password ?? '' },
    onConnection: (connection) => {
      if (writer !== null) return writer.reconnect(connection);
      writer = startStoreWriter(
        {
          ...paths,
          progress: ingest.progress,
          connection,
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

async function authorizeIngest(parts: Parts, request: IncomingMessage) {
  const { remoteAddress } = request.socket;
  const identity = await parts.authenticator.authenticate({ headers: request.headers, remoteAddress });
  requireScope(identity, 'ingest');
  const org = await parts.orgs.get(identity.orgId);
  const settings = {
    retentionDays: org?.retentionDays ?? parts.config.retention.defaultDays,
    redactRulesOff: org?.settings.redactionRulesOff ?? [],
    logTypes: org?.settings.logTypes ?? {},
  };
  return { orgId: identity.orgId, settings };
}

function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
