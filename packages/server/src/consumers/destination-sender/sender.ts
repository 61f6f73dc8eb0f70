import type { Severity } from '@tailwater/schema';
import type { TestStep } from '../../destinations/destination.ts';
import type { JournalPosition } from '../../journal/journal.ts';

/** What of an org's events goes to a destination. Empty lists leave nothing out; the members all have to hold. */
export interface IntegrationFilter {
  logTypes: readonly string[];
  eventTypes: readonly string[];
  minSeverity: Severity | null;
  /** By the attribute's exact text. */
  attributes: readonly { name: string; value: string }[];
  /** Share of events from 0 to 1, chosen by event id: the same event is always in or always out. */
  sampleRate: number;
}

export interface IntegrationDelivery {
  /** Null: as fast as the destination takes them. */
  eventsPerSecondMax: number | null;
  /** How much of the journal is kept for this integration at most, bytes of all orgs' events. */
  journalBytesMax: number;
  /** What happens at journalBytesMax: the oldest events are left out and counted, or the integration is disabled. */
  whenFull: 'skip' | 'disable';
  /** Events received so long ago become dead letters while the destination fails, ms. Null: never. */
  retryAgeMsMax: number | null;
}

/** An enabled integration with its settings in plain text. It is never written down. */
export interface RunnableIntegration {
  /** Letters, digits, `-` and `_`, at most 80. */
  id: string;
  orgId: string;
  /** DestinationType.id. */
  type: string;
  /** Checked again with DestinationType.config. */
  config: unknown;
  secrets: Readonly<Record<string, string>>;
  filter: IntegrationFilter;
  delivery: IntegrationDelivery;
  /** Why it cannot run now, as when its secrets cannot be read: it is paused, and the journal is kept for it. */
  unavailable?: string;
  /** Where it begins when it never ran before; from then on its own cursor counts. */
  from: JournalPosition;
}

export interface IntegrationStatus {
  /**
   * `idle`: everything is delivered. `retrying`: the destination fails. `paused`: it refuses the credentials or the
   * settings, and is asked again with growing pauses. `disabled`: it wants nothing more, or the journal limit was reached.
   */
  state: 'idle' | 'delivering' | 'retrying' | 'paused' | 'disabled';
  /** Events that wait: exact for those at hand, beyond them all events of the org, the filter aside. */
  lagEvents: number;
  lagBytes: number;
  /** Since the oldest event that waits was received. */
  lagSeconds: number;
  /** Events since the server's start, as the next two: history and dead letters that are sent again are in them. */
  delivered: number;
  /** Refused for good; they are dead letters. */
  rejected: number;
  /** Left out at journalBytesMax, the filter aside, and those that the journal had lost. */
  skipped: number;
  lastError: string | null;
  lastDeliveryAtMs: number | null;
  nextAttemptAtMs: number | null;
  circuit: 'closed' | 'open' | 'half-open';
}

/** An event's place in the journal. */
export interface JournalPlace {
  position: JournalPosition;
  /** In the frame. */
  index: number;
}

/** One call of a destination. */
export interface Delivery {
  atMs: number;
  /** How many were sent. */
  events: number;
  bytesSent: number;
  /** The destination's own, or our error code. */
  status: string;
  latencyMs: number;
  error: string | null;
  /** 1 for the first. */
  attempt: number;
  /** Whether it was history. */
  replay: boolean;
}

/** Half-open [fromNs, toNs) by the events' own time. */
export interface ReplayRange {
  fromNs: bigint;
  toNs: bigint;
}

export interface ReplayProgress extends ReplayRange {
  state: 'running' | 'done' | 'cancelled' | 'failed';
  startedAtMs: number;
  endedAtMs: number | null;
  /** Events of the range that the filter selects, sampling aside; null until they are counted. */
  total: number | null;
  delivered: number;
  rejected: number;
  /** Time of the last event that was delivered. */
  reachedNs: bigint | null;
  error: string | null;
}

/** What became of a dead letter that was sent again. */
export interface Redelivered {
  delivered: number;
  rejected: readonly { index: number; reason: string }[];
}

/** Delivers the journal's events to destinations, from a thread of its own. */
export interface DestinationSender {
  /**
   * The whole set of enabled integrations. New ones start at `from` or where they were when they were last in the set,
   * changed ones start again where they are, missing ones stop and hold the journal back no longer. To be called once at
   * the start, also without any: until then the whole journal is kept.
   */
  configure(integrations: readonly RunnableIntegration[]): void;
  /** Forgets where a deleted integration was, and its history. Not for those of the set. */
  forget(id: string): Promise<void>;
  /** Tells every step as it is done, within 10 s. Need not be one of the set. */
  test(integration: RunnableIntegration, signal: AbortSignal): AsyncIterable<TestStep>;
  /** Null: not in the set. At most half a second old. */
  status(id: string): IntegrationStatus | null;
  /**
   * Every event of the org before it was delivered, refused, or left out. Null when it is not in the set, or that was not
   * read yet. At most half a second old.
   */
  place(id: string): JournalPlace | null;
  /** The last 100, the newest first. */
  deliveries(id: string): readonly Delivery[];
  /**
   * Sends what the event store has of the range, beside the live events and after them. A replay under way is replaced.
   * It goes on after a restart.
   * @throws PermanentError `not_found` when the integration is not in the set.
   */
  replay(id: string, range: ReplayRange): void;
  /** The last one. */
  replayProgress(id: string): ReplayProgress | null;
  cancelReplay(id: string): void;
  /**
   * Sends the events of a dead letter of this integration again, without retries.
   * @throws PermanentError `not_found` when the integration is not in the set, and what the destination threw.
   */
  redeliver(id: string, letterBody: Uint8Array): Promise<Redelivered>;
  /** The event store is there, or has moved. */
  connect(connection: StoreConnection): void;
  /** Called when a destination wants nothing more, or journalBytesMax was reached: to be stored as disabled. */
  onDisabled: (id: string, reason: string) => void;
  /** Gives deliveries under way 2 s, then commits all cursors. Safe to call twice. */
  close(): Promise<void>;
}

export interface StoreConnection {
  url: string;
  user: string;
  password: string;
}
