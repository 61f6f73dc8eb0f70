import type { IncomingMessage, Server } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { buildApi } from './api/app.ts';
import { createTail, type Tail } from './api/routes/tail/index.ts';
import { createLiveTail } from './consumers/live-tail/live-tail.ts';
import { requireScope } from './control/scopes.ts';
import { healthOf, watchGauges } from './health.ts';
import { createIngestHandler } from './http/ingest-handler.ts';
import { createHttpServer, drain, listen } from './http/listen.ts';
import type { Parts } from './parts.ts';
import { receiverRoutes } from './receivers/registry.ts';
import { RetryableError } from './runtime/errors.ts';
import type { EventStore } from './stores/store.ts';

const DRAIN_DEADLINE_MS = 4_000;
const ACK_STORED_TIMEOUT_MS = 30_000;

/** Opens the one port that carries everything, and OpenTelemetry's default port beside it. */
export async function openHttp(parts: Parts): Promise<{ httpPort: number; otlpHttpPort: number | null }> {
  const { config, runner } = parts;
  const handleIngest = openIngestHandler(parts);
  const { api, tail, closeTail } = await openApi(parts);
  watchGauges(parts);
  const createServer = () =>
    createHttpServer({
      headersTimeoutMs: config.http.headersTimeoutMs,
      requestTimeoutMs: config.http.requestTimeoutMs,
      onRequest: (request, response) => {
        if (!handleIngest(request, response)) api.routing(request, response);
      },
      onUpgrade: tail.onUpgrade,
    });
  const main = createServer();
  runner.defer('http', () => drain(main, DRAIN_DEADLINE_MS));
  const httpPort = await listen(main, config.http.host, config.http.port);
  const { httpPort: otlpPort } = config.otlp;
  const otlpHttpPort = otlpPort === 'off' ? null : await listenBeside(parts, createServer(), otlpPort);
  // Closed first: open streams would hold up the draining of the servers.
  runner.defer('live tail', closeTail);
  return { httpPort, otlpHttpPort };
}

/** A taken port is no reason not to start: a collector on this machine may have it. */
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

function openIngestHandler(parts: Parts) {
  const { config, log, telemetry } = parts;
  return createIngestHandler({
    routes: receiverRoutes(),
    ingest: parts.ingest,
    authorize: (request) => authorizeIngest(parts, request),
    bodyBytesMax: config.limits.bodyBytesMax,
    waitStored: async (position) => (await parts.writer()?.waitStored(position, ACK_STORED_TIMEOUT_MS)) ?? false,
    onAnswer: (receiver, status, receipt) => telemetry.countAnswer(receiver, status, receipt?.rejectedCount ?? 0),
    onFault: (error, requestId) => log.error({ err: error, request_id: requestId }, 'a request failed'),
  });
}

async function authorizeIngest(parts: Parts, request: IncomingMessage) {
  const { remoteAddress } = request.socket;
  const identity = await parts.authenticator.authenticate({ headers: request.headers, remoteAddress });
  requireScope(identity, 'ingest');
  const org = await parts.orgs.get(identity.orgId);
  const retentionDays = org?.retentionDays ?? parts.config.retention.defaultDays;
  const settings = { redactRulesOff: [], logTypes: {}, ...org?.settings, retentionDays };
  return { orgId: identity.orgId, settings };
}

async function openApi(parts: Parts): Promise<{ api: FastifyInstance; tail: Tail; closeTail(): Promise<void> }> {
  const { config, log, ingest, paths } = parts;
  const liveTail = createLiveTail({
    journalDir: paths.journalDir,
    progress: ingest.progress,
    node: config.node,
    onFailure: (error) => log.error({ err: error }, 'live tail failed, readers have to connect again'),
  });
  const deps = {
    store: limited(parts.store.store, config.query.timeoutMs),
    control: parts.control,
    authenticate: parts.authenticator.authenticate.bind(parts.authenticator),
    metrics: parts.telemetry.registry,
    defaultRetentionDays: config.retention.defaultDays,
    onFault: (error: unknown, requestId: string) =>
      log.error({ err: error, request_id: requestId }, 'a request failed'),
    health: healthOf(parts),
    answeredBefore: [...receiverRoutes().values()],
  };
  const tail = createTail({ ...deps, liveTail, node: config.node, storePosition: () => storePosition(parts) });
  const api = await buildApi(deps, [tail.route]);
  parts.runner.defer('api', () => api.close());
  return { api, tail, closeTail: () => liveTail.close() };
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
