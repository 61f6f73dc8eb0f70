import type { Event } from '@tailwater/schema';
import type { FastifyServerFactory } from 'fastify';
import type { Registry } from 'prom-client';
import type { Attempts } from '../admission/attempts.ts';
import type { ApiCredentials } from '../control/authenticator.ts';
import type { ControlDb } from '../control/control-db.ts';
import type { Integrations } from '../control/integrations/integrations.ts';
import type { OrgCache } from '../control/org-cache.ts';
import type { IngestQuota } from '../control/orgs.ts';
import type { Identity } from '../control/scopes.ts';
import type { Sessions } from '../control/sessions.ts';
import type { DeadLetters } from '../dead-letters/dead-letters.ts';
import type { Exports } from '../exports/exports.ts';
import type { Producers } from '../producers/producers.ts';
import type { LogqlRunner } from '../query/logql/tasks.ts';
import type { EventStore } from '../stores/store.ts';
import type { SystemState } from '../system/system-watch.ts';

/** How one part of the server does. What is behind `ready` is shown as it is: numbers and short words, no secrets. */
export interface PartHealth {
  ready: boolean;
  [detail: string]: boolean | number | string | null;
}

export interface HealthProviders {
  /** Whether events can be accepted. */
  journal(): PartHealth | Promise<PartHealth>;
  /** Whether events can be found, and how much the store is behind the journal (`backlog_events`, `backlog_bytes` …). */
  store(): PartHealth | Promise<PartHealth>;
  /** Whether keys and orgs can be read. */
  control(): PartHealth | Promise<PartHealth>;
}

/** Everything the API needs of the server. */
export interface ApiDeps {
  store: EventStore;
  control: ControlDb;
  orgs: OrgCache;
  /** Answers LogQL. */
  logql: LogqlRunner;
  /** Authenticator.authenticateApi: who the request acts as. Throws PermanentError. */
  authenticate(request: ApiCredentials): Promise<Identity>;
  /** Who an API key acts as, null when it is unknown or revoked. */
  identityOfKey(secret: string): Promise<Identity | null>;
  /** Of the web UI. */
  sessions: Sessions;
  health: HealthProviders;
  metrics: Registry;
  /** The newest refused attempts to send. */
  attempts: Attempts;
  /** Requests that were refused, whole or in part. */
  deadLetters: DeadLetters<Identity>;
  /** Destinations that orgs forward their events to. */
  integrations: Integrations;
  redaction: {
    /** Rules that are off for every org. */
    rulesOff: readonly string[];
    /** What ingest would keep of an event. @throws PermanentError */
    try(event: object, orgRulesOff: readonly string[]): { event: Event; hits: { rule: string; count: number }[] };
  };
  /** The server's own numbers. */
  system: {
    read(): Promise<SystemState>;
    underWay(): { queriesRunning: number; tailsOpen: number };
  };
  /** Downloads of events. */
  exports: Exports;
  /** Who numbers its events. */
  producers: Producers;
  /** What an org sent today. */
  usage(orgId: string): { day: string; bytes: number; events: number };
  /** What an org may send that has these numbers of its own. */
  quotaOf(own: IngestQuota): IngestQuota;
  /** Open ports beside the main one, by `receiver.listener`. */
  ingestPorts(): Readonly<Record<string, number>>;
  /** What is answered before the API sees it: other methods of those paths come here and are told of these. */
  answeredBefore?: readonly { method: string; path: string }[];
  /** The same for /api/openapi.json: operations by method by path. */
  describedBefore?: Record<string, Record<string, object>>;
  /** Told of every fault that a client is not told in full. It goes to the server's own log. */
  onFault(error: unknown, requestId: string): void;
  /** Milliseconds since the epoch; default Date.now. */
  nowMs?: () => number;
  /** Puts the API on a server that exists. Without it `listen` makes one. */
  serverFactory?: FastifyServerFactory;
}
