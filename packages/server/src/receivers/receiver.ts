import type { EventBatch, Rejection } from '../batch/event-batch.ts';
import type { JournalPosition } from '../journal/journal.ts';
import type { PermanentError, RetryableError } from '../runtime/errors.ts';

/**
 * A receiver in words. It knows one protocol: which paths it answers, how its bytes become events, and how an outcome
 * reads in the protocol's own words. It knows nothing of what happens behind `accept`.
 *
 * R1 Success is answered only after the events are durable in the journal.
 * R2 `decode` is a pure function of body and request: no I/O, no clock, no state but caches. It runs in a worker thread.
 * R3 One bad event never rejects its neighbours: `decode` reports it with `batch.rejectRow` and goes on.
 * R4 A body that cannot be read at all throws PermanentError; nothing of it is taken. Nothing else is ever thrown.
 * R5 Bad data is answered 4xx, overload 429/503/507 with Retry-After, as the protocol's clients expect it.
 *
 * test/contracts/receiver.contract.ts runs every receiver of registry.ts against these rules.
 */
export interface Receiver {
  /** Kebab-case, equal to the folder's name, the configuration key and the metric label. */
  id: string;
  routes: readonly ReceiverRoute[];
}

export interface ReceiverRoute {
  method: 'POST' | 'GET';
  /** Exact path, no parameters. */
  path: string;
  /**
   * Checks what the headers say before the body is read, and names the format for `decode` (`protobuf`, `json` …).
   * Runs on the main thread. Throws PermanentError (415 …).
   */
  format(request: RequestHead): string;
  /**
   * Content-Encodings that this path reads, the first being what an absent header means. `snappy` is the block format.
   */
  encodings: (format: string) => readonly ContentEncoding[];
  /** Fills the batch from the expanded body. Runs in the ingest worker. */
  decode(body: Buffer, batch: EventBatch, request: DecodeRequest): void;
  /** The protocol's answer to an outcome. */
  respond(outcome: IngestOutcome, request: RequestHead): HttpAnswer;
}

export type ContentEncoding = 'identity' | 'gzip' | 'deflate' | 'zstd' | 'snappy';

export interface RequestHead {
  method: string;
  path: string;
  query: URLSearchParams;
  /** Lower-case names; a repeated header is joined as node:http does. */
  headers: Record<string, string | undefined>;
}

/** What crosses to the worker with the body. */
export interface DecodeRequest {
  format: string;
  query: string;
  receivedAtMs: number;
}

export type IngestOutcome =
  | { kind: 'accepted'; receipt: Receipt; requestId: string }
  | { kind: 'failed'; error: PermanentError | RetryableError; requestId: string };

/** What became of one request. The accepted events are durable. */
export interface Receipt {
  accepted: number;
  rejectedCount: number;
  /** The first 100 of the rejected. */
  rejections: readonly Rejection[];
  /** Where the accepted events are, null when there were none. */
  position: JournalPosition | null;
  /** Set when the sender asked to wait for it (`?ack=stored`): whether the events are searchable now. */
  stored?: boolean;
}

export interface HttpAnswer {
  status: number;
  headers: Record<string, string>;
  body: string | Uint8Array;
}
