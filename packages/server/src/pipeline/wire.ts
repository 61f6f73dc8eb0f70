import type { ErrorCode } from '@tailwater/schema';
import type { IngestLimits } from '../batch/limits.ts';
import type { OrgSettings, ProcessorReport } from '../processors/processor.ts';
import type { ContentEncoding, DecodeRequest, Receipt } from '../receivers/receiver.ts';
import { PermanentError, RetryableError } from '../runtime/errors.ts';
import type { DeadLetterConfig } from './dead-letters.ts';
import type { TaskOutcome, TaskSequence } from './ingest.ts';

/** Messages between the main thread and the ingest worker. Bodies are transferred, not copied. */

export interface WorkerTask {
  decoder: string;
  receiver: string;
  /** Place of the body in the message's buffer. */
  start: number;
  length: number;
  encodings: readonly ContentEncoding[];
  request: DecodeRequest;
  orgId: string;
  settings: OrgSettings;
  only?: readonly number[] | null;
  mustKeep?: boolean;
  sequence?: TaskSequence;
}

/** Everything the worker needs to start; plain data. */
export interface IngestWorkerOptions {
  journalDir: string;
  /** One after what any consumer has seen: guards against a journal that went back. */
  nextAtLeast: number;
  node: number;
  segmentBytes: number | undefined;
  reserveBytes: number | undefined;
  limits: IngestLimits;
  logTypes: Readonly<Record<string, string>>;
  redactRulesOff: readonly string[];
  deadLetters: DeadLetterConfig;
}

export type ToIngestWorker =
  | { kind: 'tasks'; serial: number; buffer: ArrayBuffer; tasks: WorkerTask[] }
  | { kind: 'close' };

export type FromIngestWorker =
  | { kind: 'ready'; progress: SharedArrayBuffer; recovery: Record<string, number> }
  | { kind: 'done'; serial: number; outcomes: WireOutcome[]; report: ProcessorReport; journalFault: JournalFault }
  | { kind: 'fault'; journalFault: JournalFault }
  | { kind: 'closed' };

export type JournalFault = 'disk_full' | 'journal_unavailable' | null;

export type WireOutcome = { receipt: Receipt } | { error: WireError };

interface WireError {
  code: ErrorCode;
  message: string;
  field: string | undefined;
  /** Absent for a PermanentError. */
  retryAfterMs: number | undefined;
}

export function toWire(outcome: TaskOutcome): WireOutcome {
  if ('receipt' in outcome) return outcome;
  const { error } = outcome;
  return {
    error: {
      code: error.code,
      message: error.message,
      field: error instanceof PermanentError ? error.field : undefined,
      retryAfterMs: error instanceof RetryableError ? error.retryAfterMs : undefined,
    },
  };
}

export function fromWire(outcome: WireOutcome): TaskOutcome {
  if ('receipt' in outcome) return outcome;
  const { code, message, field, retryAfterMs } = outcome.error;
  return {
    error:
      retryAfterMs === undefined
        ? new PermanentError(code, message, field)
        : new RetryableError(code, message, retryAfterMs),
  };
}
