import type { Server } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { buildApi } from './api/app.ts';
import type { ApiDeps } from './api/deps.ts';
import { LOKI_TAIL_PATH, lokiTailHandler } from './api/routes/loki/tail.ts';
import { createTail } from './api/routes/tail/index.ts';
import { type UpgradeHandler, upgradeRouter } from './api/routes/tail/upgrade.ts';
import { type Config, redactRulesOff } from './config.ts';
import { createLiveTail } from './consumers/live-tail/live-tail.ts';
import type { IngestQuota } from './control/orgs.ts';
import { Exports } from './exports/exports.ts';
import { healthOf, watchGauges } from './health.ts';
import { createIngestHandler } from './http/ingest-handler.ts';
import { createHttpServer, drain, listen } from './http/listen.ts';
import { PrefixStore } from './http/prefix-store.ts';
import { createDeadLetters } from './open-dead-letters.ts';
import { openSystem } from './open-system.ts';
import type { Parts } from './parts.ts';
import { tryRedaction } from './pipeline/redaction-trial.ts';
import { receiverPaths } from './receivers/openapi.ts';
import { HTTP_PORT as OTLP_HTTP_PORT } from './receivers/otlp/config.ts';
import { RECEIVERS } from './receivers/registry.ts';
import { createRouter } from './receivers/router.ts';
import { PermanentError, RetryableError } from './runtime/errors.ts';
import type { EventStore } from './stores/store.ts';
import { webUiDir } from './web-ui/dist-dir.ts';
import { createWebUi, type WebUi } from './web-ui/web-ui.ts';

const DRAIN_DEADLINE_MS = 4_000;
const ACK_STORED_TIMEOUT_MS = 30_000;

export interface HttpPorts {
  httpPort: number;
  /** By `receiver.http`. */
  extraPorts: Record<string, number>;
}

/**
 * Opens the one port that carries everything, and beside it those that clients know by number. `listenerPorts` are those
 * that are open already.
 */
export async function openHttp(parts: Parts, listenerPorts: Readonly<Record<string, number>>): Promise<HttpPorts> {
  const { config, runner } = parts;
  const extraPorts: Record<string, number> = {};
  const stopping = new AbortController();
  const handleIngest = openIngestHandler(parts, stopping.signal);
  const { api, onUpgrade, closeStreams } = await openApi(parts, () => ({ ...extraPorts, ...listenerPorts }));
  const webUi = openWebUi(parts);
  watchGauges(parts);
  const createServer = () =>
    createHttpServer({
      headersTimeoutMs: config.http.headersTimeoutMs,
      requestTimeoutMs: config.http.requestTimeoutMs,
      onRequest: (request, response) => {
        if (!handleIngest(request, response) && !webUi(request, response)) api.routing(request, response);
      },
      onUpgrade,
    });
  const main = createServer();
  runner.defer('http', () => drain(main, DRAIN_DEADLINE_MS));
  const httpPort = await listen(main, config.http.host, config.http.port, 'http.port');
  for (const [receiver, section] of Object.entries(config.receivers)) {
    if (typeof section !== 'object' || !('http' in section) || section.http === 'off') continue;
    const name = `${receiver}.http`;
    const port = await listenBeside(parts, createServer(), name, section.http);
    if (port !== null) extraPorts[name] = port;
  }
  // Closed first: open streams would hold up the draining of the servers.
  runner.defer('live tail and downloads', closeStreams);
  runner.defer('bodies without an end', () => stopping.abort());
  return { httpPort, extraPorts };
}

/** `auto` opens the usual port where it is free: a collector on this machine may have it. */
async function listenBeside(
  parts: Parts,
  server: Server,
  name: string,
  wanted: number | 'auto',
): Promise<number | null> {
  const { config, log, runner } = parts;
  const port = wanted === 'auto' ? OTLP_HTTP_PORT : wanted;
  const key = `receivers.${name}`;
  try {
    const chosen = await listen(server, config.receivers.host ?? config.http.host, port, key);
    runner.defer(name, () => drain(server, DRAIN_DEADLINE_MS));
    return chosen;
  } catch (error) {
    if (wanted !== 'auto' || !(error instanceof PermanentError) || error.code !== 'conflict') throw error;
    log.warn({ port, key }, `${error.message}: OTLP/HTTP is on the main port only. Another port can be set as ${key}`);
    return null;
  }
}

function openIngestHandler(parts: Parts, stopping: AbortSignal) {
  const { config, log, telemetry } = parts;
  return createIngestHandler({
    find: createRouter(),
    ingest: parts.ingest,
    admission: parts.admission,
    bodyBytesMax: config.limits.bodyBytesMax,
    stopping,
    prefixes: new PrefixStore(`${parts.paths.dataDir}/broken-off`, (error) =>
      log.warn({ err: error }, 'a body that broke off will be taken twice if it is sent again'),
    ),
    waitStored: async (position) => (await parts.writer()?.waitStored(position, ACK_STORED_TIMEOUT_MS)) ?? false,
    onAnswer: (receiver, status, receipt) => telemetry.countAnswer(receiver, status, receipt?.rejectedCount ?? 0),
    onFault: (error, requestId) => log.error({ err: error, request_id: requestId }, 'a request failed'),
  });
}

interface OpenApi {
  api: FastifyInstance;
  onUpgrade: UpgradeHandler;
  /** Ends live tails and downloads. */
  closeStreams(): Promise<void>;
}

function openWebUi({ log }: Parts): WebUi {
  const dir = webUiDir();
  if (dir === null) log.warn({}, 'the web UI is not built: `/` answers 404 until `make build` was run');
  return createWebUi(dir);
}

async function openApi(parts: Parts, ingestPorts: ApiDeps['ingestPorts']): Promise<OpenApi> {
  const { config, log, ingest, paths } = parts;
  const liveTail = createLiveTail({
    journalDir: paths.journalDir,
    progress: ingest.progress,
    node: config.node,
    onFailure: (error) => log.error({ err: error }, 'live tail failed, readers have to connect again'),
  });
  const exports = new Exports();
  const deps = {
    store: limited(parts.store.store, config.query.timeoutMs),
    control: parts.control,
    orgs: parts.orgs,
    authenticate: parts.authenticator.authenticateApi.bind(parts.authenticator),
    identityOfKey: parts.authenticator.identityOfSecret.bind(parts.authenticator),
    sessions: parts.authenticator.sessions,
    metrics: parts.telemetry.registry,
    defaultRetentionDays: config.retention.defaultDays,
    onFault: (error: unknown, requestId: string) =>
      log.error({ err: error, request_id: requestId }, 'a request failed'),
    health: healthOf(parts),
    answeredBefore: RECEIVERS.flatMap(({ routes }) => routes),
    describedBefore: receiverPaths(RECEIVERS),
    attempts: parts.admission.attempts,
    deadLetters: createDeadLetters(parts),
    integrations: parts.integrations,
    producers: parts.producers,
    exports,
    redaction: redactionOf(config),
    system: openSystem(parts, () => liveTail.counts.subscriptions),
    logql: parts.logql,
    ingestPorts,
    usage: (orgId: string) => parts.quotas.usage(orgId),
    quotaOf: (own: IngestQuota) => parts.quotas.of(own),
  };
  const tailDeps = { ...deps, liveTail, node: config.node, storePosition: () => storePosition(parts) };
  const tail = createTail(tailDeps);
  const api = await buildApi(deps, [tail.route]);
  parts.runner.defer('api', () => api.close());
  const onUpgrade = upgradeRouter({ [LOKI_TAIL_PATH]: lokiTailHandler(tailDeps) }, tail.onUpgrade);
  return {
    api,
    onUpgrade,
    closeStreams: () => {
      exports.close();
      return liveTail.close();
    },
  };
}

function redactionOf(config: Config): ApiDeps['redaction'] {
  const rulesOff = redactRulesOff(config);
  const { limits } = config;
  return { rulesOff, try: (event, orgRulesOff) => tryRedaction(event, orgRulesOff, { limits, rulesOff }) };
}

/** The store with the configured limit on every query that sets none of its own. */
function limited(store: EventStore, timeoutMs: number): EventStore {
  return { ...store, select: (query, options) => store.select(query, { timeoutMs, ...options }) };
}

function storePosition({ writer }: Parts): number {
  const position = writer()?.position ?? null;
  if (position === null) throw new RetryableError('store_unavailable', 'the event store is not open yet', 2000);
  return position;
}
