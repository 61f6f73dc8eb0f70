import type { EventBatch } from '../batch/event-batch.ts';

/** What a processor must know of the request whose events it works on. */
export interface ProcessorContext {
  orgId: string;
  receivedAtMs: number;
  settings: OrgSettings;
}

/** The org's own settings, as far as the pipeline needs them. Plain data: it crosses threads. */
export interface OrgSettings {
  retentionDays: number;
  /** Ids of the redaction rules that are switched off. */
  redactRulesOff: readonly string[];
  /** Logger-name prefix to log type, on top of the configuration's. */
  logTypes: Readonly<Record<string, string>>;
}

/** What a processor did, by counter name: `{"redact.email": 3}`. Only what is above zero. */
export type ProcessorReport = Record<string, number>;

/**
 * A step between decoding and the journal. It works on the columns of a whole batch, never throws, and counts all it
 * does. It runs in the ingest worker, before anything is on disk.
 */
export interface Processor {
  id: string;
  apply(batch: EventBatch, context: ProcessorContext): ProcessorReport;
}
