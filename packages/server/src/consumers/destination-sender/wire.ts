import type { ErrorCode } from '@tailwater/schema';
import type { TestStep } from '../../destinations/destination.ts';
import type { JournalPosition } from '../../journal/journal.ts';
import type { PolicySettings } from '../../runtime/egress/policy.ts';
import type {
  Delivery,
  IntegrationStatus,
  JournalPlace,
  Redelivered,
  ReplayProgress,
  ReplayRange,
  RunnableIntegration,
  StoreConnection,
} from './sender.ts';

/** Messages between the main thread and the sender's worker. Secrets are in them and nowhere else. */
export interface SenderWorkerOptions {
  journalDir: string;
  cursorDir: string;
  undeliveredDir: string;
  /** JournalProgress of the journal's writer. */
  progress: SharedArrayBuffer;
  node: number;
  limits: SenderLimits;
  egress: EgressRules;
}

/** `egress` of the configuration. */
export interface EgressRules extends Omit<PolicySettings, 'ownPorts'> {
  /** Ports this server listens on. */
  ownPorts: readonly number[];
}

/** Bounds of the whole thread; tests make them small. */
export interface SenderLimits {
  /** Bytes of encoded events of all integrations, waiting or under way. */
  bytesMax: number;
  /** Of one integration: twice its batches, but between these. */
  laneBytesMin: number;
  laneBytesMax: number;
  retryMsMin: number;
  retryMsMax: number;
  retryAfterMsMax: number;
  /** Pauses after refused credentials. */
  pauseMsMin: number;
  pauseMsMax: number;
  /** Consecutive failures that open the circuit. */
  circuitFailures: number;
  /** Events of a half-open circuit's probe. */
  probeEvents: number;
  commitIntervalMs: number;
  /** Of integrations that nothing was for: a commit is two syncs of the disk. */
  idleCommitIntervalMs: number;
  reportIntervalMs: number;
  /** How often the journal limits are looked at: it lists a directory. */
  journalCheckIntervalMs: number;
  testMsMax: number;
  closeMsMax: number;
}

export const SENDER_LIMITS: SenderLimits = {
  bytesMax: 256 << 20,
  laneBytesMin: 4 << 20,
  laneBytesMax: 64 << 20,
  retryMsMin: 1000,
  retryMsMax: 300_000,
  retryAfterMsMax: 900_000,
  pauseMsMin: 30_000,
  pauseMsMax: 900_000,
  circuitFailures: 5,
  probeEvents: 10,
  commitIntervalMs: 1000,
  idleCommitIntervalMs: 10_000,
  reportIntervalMs: 500,
  journalCheckIntervalMs: 1000,
  testMsMax: 10_000,
  closeMsMax: 2000,
};

export type ToSender =
  /** `revision` counts configurations, so that an answer to an older one is told from one to this. */
  | { kind: 'configure'; revision: number; integrations: readonly RunnableIntegration[] }
  | { kind: 'forget'; request: number; id: string }
  | { kind: 'test'; request: number; integration: RunnableIntegration }
  | { kind: 'abort'; request: number }
  | { kind: 'replay'; id: string; range: ReplayRange }
  | { kind: 'cancel-replay'; id: string }
  | { kind: 'redeliver'; request: number; id: string; letterBody: Uint8Array }
  | { kind: 'connect'; connection: StoreConnection }
  | { kind: 'close' };

export type FromSender =
  /** `floor`: before it nobody needs the journal. */
  | { kind: 'report'; revision: number; floor: JournalPosition; integrations: readonly LaneReport[] }
  | { kind: 'disabled'; id: string; reason: string }
  | { kind: 'step'; request: number; step: TestStep }
  | { kind: 'done'; request: number; redelivered: Redelivered | null }
  | { kind: 'failed'; request: number; error: WireError }
  /** Something to be logged; the thread goes on. */
  | { kind: 'fault'; id: string | null; message: string };

export interface LaneReport {
  id: string;
  type: string;
  status: IntegrationStatus;
  /** Since the last report. */
  deliveries: readonly Delivery[];
  retries: number;
  replay: ReplayProgress | null;
  /** Every event before it was delivered, refused or left out; null until that was read. */
  place: JournalPlace | null;
}

export type WireError =
  | { kind: 'permanent'; code: ErrorCode; message: string; field: string | undefined }
  | { kind: 'retryable'; code: ErrorCode; message: string; retryAfterMs: number }
  | { kind: 'fault'; message: string };
