import { rmSync } from 'node:fs';
import type { Event } from '@tailwater/schema';
import type { FastifyInstance } from 'fastify';
import { Registry } from 'prom-client';
import { Attempts } from '../../src/admission/attempts.ts';
import { buildApi } from '../../src/api/app.ts';
import type { ApiDeps } from '../../src/api/deps.ts';
import { fillAttributeTypes } from '../../src/batch/attribute-types.ts';
import { EventBatch, KIND } from '../../src/batch/event-batch.ts';
import { FIELD } from '../../src/batch/fields.ts';
import { appendFrame, decodeFrame, encodeFrame } from '../../src/batch/frame.ts';
import { DEFAULT_LIMITS } from '../../src/batch/limits.ts';
import { encodeNative } from '../../src/batch/native-encode.ts';
import { SymbolTable } from '../../src/batch/symbol-table.ts';
import { createApiKey } from '../../src/control/api-keys.ts';
import { Authenticator } from '../../src/control/authenticator.ts';
import { type ControlDb, openControlDb } from '../../src/control/control-db.ts';
import { OrgCache } from '../../src/control/org-cache.ts';
import { createOrg, getOrg } from '../../src/control/orgs.ts';
import type { Scope } from '../../src/control/scopes.ts';
import { DeadLetters } from '../../src/dead-letters/dead-letters.ts';
import { Exports } from '../../src/exports/exports.ts';
import { openCursor } from '../../src/journal/cursor.ts';
import { JournalProgress } from '../../src/journal/disk/progress.ts';
import { openDiskJournalReader } from '../../src/journal/disk/reader.ts';
import { openDeadLetterStore } from '../../src/pipeline/dead-letters.ts';
import { tryRedaction } from '../../src/pipeline/redaction-trial.ts';
import { Producers, type ProducersState } from '../../src/producers/producers.ts';
import { RetryableError } from '../../src/runtime/errors.ts';
import { type Engine, startEngine } from '../../src/stores/clickhouse/engine.ts';
import { migrate } from '../../src/stores/clickhouse/migrate.ts';
import { type ClickHouseStore, openClickHouseStore } from '../../src/stores/clickhouse/store.ts';
import type { EventStore } from '../../src/stores/store.ts';
import { SystemWatch } from '../../src/system/system-watch.ts';
import { localIntegrations } from '../support/local-integrations.ts';
import { tempDir } from '../support/server.ts';

/** What a test says of an event; the rest is empty. */
export type SampleEvent = Partial<Omit<Event, 'orgId' | 'eventId' | 'severity' | 'retentionDays'>>;

export interface TestStore {
  engine: Engine;
  store: ClickHouseStore;
  /** Inserts the events as one journal frame. */
  insert(orgId: string, events: readonly SampleEvent[], place?: { node: number; frame: number }): Promise<void>;
  close(): Promise<void>;
}

/** The embedded engine on a directory of its own, with the tables made. */
export async function openTestStore(): Promise<TestStore> {
  const dataDir = tempDir();
  const engine = await startEngine({ dataDir });
  const store = openClickHouseStore(engine);
  await migrate(store);
  let lastFrame = 0;
  return {
    engine,
    store,
    insert: async (orgId, events, place = { node: 0, frame: ++lastFrame }) => {
      const { parts } = encodeNative(blockOf(orgId, events, place), { position: true });
      await store.insert(parts, events.length, `${orgId}:${place.node}:${place.frame}`);
    },
    close: async () => {
      await store.close();
      await engine.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

const symbols = new SymbolTable();

/** The events as one journal frame. */
export function frameOf(orgId: string, events: readonly SampleEvent[]): Buffer {
  const batch = new EventBatch(symbols, DEFAULT_LIMITS);
  for (const event of events) addRow(batch, event);
  batch.org.fill(symbols.internText(orgId), batch.rows);
  batch.receiver.fill(symbols.internText(events[0]?.receiver ?? 'ndjson'), batch.rows);
  batch.receivedAt.fillNumber(events[0]?.receivedAtMs ?? Date.now(), batch.rows);
  batch.retentionDays.fill(30, batch.rows);
  fillAttributeTypes(batch);
  return encodeFrame(batch, { orgId, receiver: 'ndjson', receivedAtMs: Date.now() });
}

/** The events as a batch with their places, as consumers see them. */
export function blockOf(
  orgId: string,
  events: readonly SampleEvent[],
  { node, frame }: { node: number; frame: number },
) {
  const placed = new EventBatch(symbols, DEFAULT_LIMITS);
  appendFrame(placed, decodeFrame(frameOf(orgId, events)), node, frame);
  return placed;
}

const TEXTS = {
  logType: FIELD.logType,
  eventType: FIELD.eventType,
  service: FIELD.service,
  host: FIELD.host,
  logger: FIELD.logger,
  resourceType: FIELD.resourceType,
  action: FIELD.action,
  message: FIELD.message,
  userId: FIELD.userId,
  resourceId: FIELD.resourceId,
  traceId: FIELD.traceId,
  spanId: FIELD.spanId,
  requestId: FIELD.requestId,
  clientEventId: FIELD.clientEventId,
} as const;

function addRow(batch: EventBatch, event: SampleEvent): void {
  batch.beginRow();
  for (const [name, field] of Object.entries(TEXTS)) batch.setText(field, event[name as keyof typeof TEXTS] ?? '');
  const timestamp = BigInt.asUintN(64, event.timestampNs ?? BigInt(Date.now()) * 1_000_000n);
  batch.setTimestamp(Number(timestamp & 0xffff_ffffn), Number(timestamp >> 32n));
  batch.setSeverityNumber(event.severityNumber ?? 9);
  if (event.labels !== undefined) batch.setText(FIELD.labels, JSON.stringify(event.labels));
  if (typeof event.durationMs === 'number') batch.setDurationMs(event.durationMs);
  if (typeof event.cost === 'number') batch.setCost(event.cost);
  for (const [name, { kind, text }] of Object.entries(event.attributes ?? {}))
    batch.addAttribute(name, KIND[kind], text);
  if (!batch.endRow()) throw new Error('the event is over a limit');
}

export interface TestApi {
  app: FastifyInstance;
  control: ControlDb;
  /** What was reported as fault. */
  faults: unknown[];
  /** A new key; the org is made if need be. Gives the headers that send it. */
  keyOf(orgId: string, scopes: readonly Scope[], maySelectOrgs?: boolean): Promise<Record<string, string>>;
  close(): Promise<void>;
}

/** Where no query workers are. */
export const noQueries: ApiDeps['logql'] = {
  run: () => Promise.reject(new RetryableError('store_unavailable', 'there are no query workers', 1000)),
};

/** The numbers of a server that takes nothing. */
export function idleSystem(dataDir: string): ApiDeps['system'] {
  const none = { events: 0, bytes: 0, rejected: 0, journalNext: 1, storedNext: 1, enginePid: null };
  const watch = new SystemWatch({ dataDir, readings: () => none, onFault: () => {} });
  watch.tick();
  return { read: () => watch.read(), underWay: () => ({ queriesRunning: 0, tailsOpen: 0 }) };
}

/** Redaction with all rules on. */
export const redactionAsConfigured: ApiDeps['redaction'] = {
  rulesOff: [],
  try: (event, orgRulesOff) => tryRedaction(event, orgRulesOff, { limits: DEFAULT_LIMITS, rulesOff: [] }),
};

/** The store of dead letters where nothing is ingested. */
export function noDeadLetters(dataDir: string): ApiDeps['deadLetters'] {
  const open = (name: string) =>
    openDeadLetterStore({ dir: `${dataDir}/${name}`, orgBytesMax: 1 << 20, letterBytesMax: 1 << 20 });
  const refuse = () => Promise.reject(new Error('nothing is replayed here'));
  return new DeadLetters({
    requests: open('dead-letters'),
    frames: open('set-aside'),
    undelivered: open('undelivered'),
    submit: refuse,
    insertFrame: refuse,
    redeliver: refuse,
  });
}

/** The producers of a journal that nothing is appended to. */
export async function noProducers(dataDir: string): Promise<Producers> {
  const progress = new JournalProgress();
  return Producers.open({
    cursor: await openCursor<ProducersState>(`${dataDir}/cursors`, 'producers'),
    reader: openDiskJournalReader({ dir: `${dataDir}/journal`, progress }),
    durableNext: () => progress.read().next,
    onSaved: () => {},
    onFault: () => {},
  });
}

/** The API over a control database of its own. */
export async function openTestApi(store: EventStore, options: Partial<ApiDeps> = {}): Promise<TestApi> {
  const dataDir = tempDir();
  const control = options.control ?? (await openControlDb(dataDir));
  const faults: unknown[] = [];
  const onFault = (error: unknown) => faults.push(error);
  const orgs = new OrgCache(control);
  const authenticator = new Authenticator(control, { orgs, openMode: false, onFault });
  const producers = await noProducers(dataDir);
  const { integrations, egress } = localIntegrations(control, dataDir);
  const app = await buildApi({
    store,
    control,
    orgs,
    logql: noQueries,
    attempts: new Attempts(),
    deadLetters: noDeadLetters(dataDir),
    integrations,
    exports: new Exports(),
    redaction: redactionAsConfigured,
    system: idleSystem(dataDir),
    producers,
    ingestPorts: () => ({ 'otlp.http': 4318 }),
    usage: () => ({ day: '2026-01-01', bytes: 0, events: 0 }),
    quotaOf: (own) => own,
    authenticate: (request) => authenticator.authenticateApi(request),
    identityOfKey: (secret) => authenticator.identityOfSecret(secret),
    sessions: authenticator.sessions,
    health: {
      journal: () => ({ ready: true, backlog_events: 3 }),
      store: async () => ({ ready: await store.ping() }),
      control: () => ({ ready: true }),
    },
    metrics: new Registry(),
    onFault,
    ...options,
  });
  return {
    app,
    control,
    faults,
    keyOf: async (orgId, scopes, maySelectOrgs = false) => {
      if ((await getOrg(control, orgId)) === null) await createOrg(control, { id: orgId, name: orgId });
      const key = await createApiKey(control, { orgId, name: 'test', scopes, maySelectOrgs });
      return { authorization: `Bearer ${key.secret}` };
    },
    close: async () => {
      await app.close();
      await egress.close();
      await authenticator.close();
      await control.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
