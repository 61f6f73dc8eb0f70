import { rmSync } from 'node:fs';
import { get, type IncomingMessage, type Server } from 'node:http';
import { Registry } from 'prom-client';
import { WebSocket } from 'ws';
import { Attempts } from '../../src/admission/attempts.ts';
import { buildApi } from '../../src/api/app.ts';
import { LOKI_TAIL_PATH, lokiTailHandler } from '../../src/api/routes/loki/tail.ts';
import { createTail } from '../../src/api/routes/tail/index.ts';
import { upgradeRouter } from '../../src/api/routes/tail/upgrade.ts';
import { EventBatch } from '../../src/batch/event-batch.ts';
import { DEFAULT_LIMITS } from '../../src/batch/limits.ts';
import { SymbolTable } from '../../src/batch/symbol-table.ts';
import { createLiveTail, type LiveTail, type LiveTailOptions } from '../../src/consumers/live-tail/live-tail.ts';
import { FlushSwitch, runStoreWriter, type StoreWriterState } from '../../src/consumers/store-writer/store-writer.ts';
import { createApiKey } from '../../src/control/api-keys.ts';
import { Authenticator } from '../../src/control/authenticator.ts';
import { type ControlDb, openControlDb } from '../../src/control/control-db.ts';
import { OrgCache } from '../../src/control/org-cache.ts';
import { createOrg, type IngestQuota } from '../../src/control/orgs.ts';
import type { Scope } from '../../src/control/scopes.ts';
import { Exports } from '../../src/exports/exports.ts';
import { createHttpServer, listen } from '../../src/http/listen.ts';
import { openCursor } from '../../src/journal/cursor.ts';
import { JournalProgress } from '../../src/journal/disk/progress.ts';
import { openDiskJournalReader } from '../../src/journal/disk/reader.ts';
import { RetryableError } from '../../src/runtime/errors.ts';
import type { EventStore } from '../../src/stores/store.ts';
import { localIntegrations } from '../support/local-integrations.ts';
import { tempDir } from '../support/server.ts';
import { idleSystem, noDeadLetters, noProducers, noQueries, redactionAsConfigured } from './api-fixture.ts';
import type { TailJournal } from './tail-fixture.ts';

export const TAIL_NODE = 3;

export interface TailServer {
  port: number;
  liveTail: LiveTail;
  keys: Record<'acme' | 'other' | 'acmeIngest', string>;
  control: ControlDb;
  faults: unknown[];
  /** What `storePosition` answers; null: not known. */
  stored: { position: number | null };
  close(): Promise<void>;
}

/** The API with live tail on a journal and a store, with keys of two orgs. */
export async function openTailServer(
  journal: TailJournal,
  store: EventStore,
  options: Partial<LiveTailOptions> = {},
): Promise<TailServer> {
  const dir = tempDir();
  const control = await openControlDb(dir);
  const keyOf = async (orgId: string, scope: Scope) =>
    (await createApiKey(control, { orgId, name: `${orgId} ${scope}`, scopes: [scope] })).secret;
  for (const id of ['acme', 'other']) await createOrg(control, { id, name: id });
  const keys = {
    acme: await keyOf('acme', 'query'),
    other: await keyOf('other', 'query'),
    acmeIngest: await keyOf('acme', 'ingest'),
  };
  const faults: unknown[] = [];
  const onFault = (fault: unknown) => faults.push(fault);
  const orgs = new OrgCache(control);
  const authenticator = new Authenticator(control, { orgs, openMode: false, onFault });
  const liveTail = createLiveTail({
    journalDir: journal.dir,
    progress: journal.progress,
    node: TAIL_NODE,
    onFailure: onFault,
    ...options,
  });
  const stored: TailServer['stored'] = { position: 1 };
  const forwarding = localIntegrations(control, dir);
  const deps = {
    store,
    control,
    orgs,
    logql: noQueries,
    authenticate: authenticator.authenticateApi.bind(authenticator),
    identityOfKey: authenticator.identityOfSecret.bind(authenticator),
    sessions: authenticator.sessions,
    onFault,
    attempts: new Attempts(),
    deadLetters: noDeadLetters(dir),
    integrations: forwarding.integrations,
    exports: new Exports(),
    redaction: redactionAsConfigured,
    system: idleSystem(dir),
    producers: await noProducers(dir),
    ingestPorts: () => ({ 'otlp.http': 4318 }),
    usage: () => ({ day: '2026-01-01', bytes: 0, events: 0 }),
    quotaOf: (own: IngestQuota) => own,
    metrics: new Registry(),
    defaultRetentionDays: 30,
    health: { journal: () => ({ ready: true }), store: () => ({ ready: true }), control: () => ({ ready: true }) },
  };
  const storePosition = () => {
    if (stored.position !== null) return stored.position;
    throw new RetryableError('store_unavailable', 'the store has not answered yet', 1000);
  };
  const tailDeps = { ...deps, liveTail, storePosition, node: TAIL_NODE, recheckIntervalMs: 20 };
  const tail = createTail(tailDeps);
  const api = await buildApi(deps, [tail.route]);
  const server: Server = createHttpServer({
    headersTimeoutMs: 10_000,
    requestTimeoutMs: 10_000,
    onRequest: (request, response) => api.routing(request, response),
    onUpgrade: upgradeRouter({ [LOKI_TAIL_PATH]: lokiTailHandler(tailDeps) }, tail.onUpgrade),
  });
  const port = await listen(server, '127.0.0.1', 0);
  const close = async () => {
    await liveTail.close();
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
    await api.close();
    await forwarding.egress.close();
    await authenticator.close();
    await control.close();
    rmSync(dir, { recursive: true, force: true });
  };
  return { port, liveTail, keys, control, faults, stored, close };
}

/** Writes the journal into the store, as the server does, until the returned function is called. */
export async function writeToStore(
  journal: TailJournal,
  store: EventStore,
  stored: TailServer['stored'],
): Promise<() => Promise<void>> {
  const stopping = new AbortController();
  const dir = tempDir();
  const written = runStoreWriter(
    {
      reader: openDiskJournalReader({ dir: journal.dir, progress: new JournalProgress(journal.progress) }),
      cursor: await openCursor<StoreWriterState>(dir, 'store-writer'),
      store,
      node: TAIL_NODE,
      boot: null,
      batch: new EventBatch(new SymbolTable(), DEFAULT_LIMITS),
      insertRowsMax: 100_000,
      insertIntervalMs: 50,
      insertBytesMax: 64 << 20,
      setAside: async (_, error) => {
        throw error;
      },
      onProgress: ({ position }) => {
        stored.position = Math.max(stored.position ?? 1, position);
      },
    },
    stopping.signal,
    new FlushSwitch(),
  );
  return async () => {
    stopping.abort();
    await written;
    rmSync(dir, { recursive: true, force: true });
  };
}

/** What a reader of the tail got, over either transport. */
export interface TailClient {
  messages: string[];
  /** JSON of each event. */
  events: string[];
  /** How many events had come when `ready` did; null before. */
  backfilled: number | null;
  missed: { count: number | null; at_most?: boolean }[];
  lastId: string;
  /** `closing`, a WebSocket close code, or `ended`. Empty while open. */
  end: string;
  pause(): void;
  resume(): void;
  close(): void;
}

function newClient(): TailClient {
  const nothing = () => {};
  return {
    messages: [],
    events: [],
    backfilled: null,
    missed: [],
    lastId: '',
    end: '',
    pause: nothing,
    resume: nothing,
    close: nothing,
  };
}

function noteMessage(client: TailClient, type: string, data: string): void {
  if (type === 'ready') client.backfilled = client.events.length;
  if (type === 'missed') client.missed.push(JSON.parse(data));
  if (type !== 'log') return;
  client.events.push(data);
  client.messages.push((JSON.parse(data) as { message: string }).message);
}

export interface Refusal {
  status: number;
  headers: IncomingMessage['headers'];
  body: { error: { code: string; message: string; field?: string; request_id: string } };
}

async function refusalOf(response: IncomingMessage): Promise<Refusal> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk;
  return { status: response.statusCode!, headers: response.headers, body: JSON.parse(text) };
}

/** Opens server-sent events. */
export function openSse(
  { port }: TailServer,
  key: string | null,
  query = '',
  headers: Record<string, string> = {},
): Promise<TailClient | Refusal> {
  return new Promise((resolve, reject) => {
    const all = { ...(key === null ? {} : { authorization: `Bearer ${key}` }), ...headers };
    const request = get({ port, host: '127.0.0.1', path: `/api/logs/tail${query}`, headers: all }, (response) => {
      if (response.statusCode !== 200) return resolve(refusalOf(response));
      const client = newClient();
      client.pause = () => response.pause();
      client.resume = () => response.resume();
      client.close = () => request.destroy();
      let rest = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        const blocks = (rest + text).split('\n\n');
        rest = blocks.pop()!;
        for (const block of blocks) noteBlock(client, block);
      });
      response
        .on('error', () => {})
        .on('close', () => {
          client.end ||= 'ended';
        });
      resolve(client);
    });
    request.on('error', reject);
  });
}

function noteBlock(client: TailClient, block: string): void {
  const fields = new Map(block.split('\n').map((line) => line.split(/: (.*)/s).slice(0, 2) as [string, string]));
  client.lastId = fields.get('id') ?? client.lastId;
  const type = fields.get('event') ?? '';
  if (type === 'closing') client.end = 'closing';
  noteMessage(client, type, fields.get('data') ?? '');
}

/** Opens a WebSocket. */
export function openWebSocket(
  { port }: TailServer,
  key: string | null,
  query = '',
  { protocols = [], path = '/api/logs/tail' }: { protocols?: string[]; path?: string } = {},
): Promise<(TailClient & { socket: WebSocket; upgrade: IncomingMessage }) | Refusal> {
  return new Promise((resolve, reject) => {
    const headers = key === null ? {} : { authorization: `Bearer ${key}` };
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}${query}`, protocols, { headers });
    const client = newClient();
    let upgrade: IncomingMessage | null = null;
    socket.on('upgrade', (response) => {
      upgrade = response;
    });
    socket.on('unexpected-response', (_, response) => resolve(refusalOf(response)));
    socket.on('error', reject);
    socket.on('message', (data) => {
      const text = data.toString();
      const { type, event, ...rest } = JSON.parse(text) as { type: string; event?: unknown };
      // The event's own text, to compare it byte by byte.
      const json = type === 'log' && event !== undefined ? text.slice('{"type":"log","event":'.length, -1) : '';
      noteMessage(client, type, json || JSON.stringify(rest));
    });
    socket.on('close', (code) => {
      client.end = String(code);
    });
    client.pause = () => socket.pause();
    client.resume = () => socket.resume();
    client.close = () => socket.terminate();
    socket.on('open', () => resolve(Object.assign(client, { socket, upgrade: upgrade! })));
  });
}
