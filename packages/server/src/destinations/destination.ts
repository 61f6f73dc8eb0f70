import type { Event } from '@tailwater/schema';
import type { z } from 'zod';
import type { Egress } from '../runtime/egress/egress.ts';

/**
 * An external home of events, in words. Every type of destination is a folder of its id with index.ts, README.md and a
 * test against a real receiver or a strict stub, and runs test/contracts/destination.contract.ts, which names these rules.
 *
 * D1 `encode` is pure: the same event and settings give the same bytes, so that what is sent again is the same. An event
 *    that can never be taken throws PermanentError; it becomes a dead letter and holds up nobody.
 * D2 `deliver` resolves only when the destination has said that it has the events, but for those in `rejected` and
 *    `again`. Nothing is remembered between calls: after any failure the same batch may come again.
 * D3 Of a batch that is sent again each event has the id that it had, wherever the destination can use one.
 * D4 Errors: RetryableError (it may work later; retryAfterMs as the destination said), PermanentError
 *    `payload_too_large` (send less at a time), `destination_rejected` (some event of the batch is at fault, nobody knows
 *    which), `destination_unauthorized` (credentials or permissions), `destination_gone` (stop sending for good),
 *    `egress_denied` (the address is not allowed).
 * D5 No error, step or log line holds a secret, nor more than 1 KiB of what the destination answered.
 * D6 `signal` ends a call at once. `close` is safe to call twice.
 * D7 All connections go through `egress`.
 */
export interface DestinationType<Config = unknown> {
  /** Folder, `type` in the API, label in metrics. */
  id: string;
  title: string;
  /** What a user sets. z.strictObject with `.meta({ description })` on each member: forms are made of its JSON Schema. */
  config: z.ZodType<Config>;
  /** Write-only settings, kept sealed, apart from the others. */
  secrets: readonly SecretField[];
  limits(config: Config): BatchLimits;
  /** Integrations that the usual environment variables of the vendor describe (DD_API_KEY …); null: they are not set. */
  fromEnvironment(environment: Readonly<Record<string, string | undefined>>): Settings<unknown> | null;
  /** Rule D1. */
  encode(event: Event, config: Config): Uint8Array;
  open(settings: Settings<Config>, surroundings: { egress: Egress }): Destination;
}

export interface SecretField {
  name: string;
  title: string;
  description: string;
  /** Whether one can do without. */
  required: boolean;
  /** Of several lines, such as a PEM or JSON key. */
  multiline?: boolean;
}

export interface Settings<Config> {
  config: Config;
  /** By SecretField.name; those that are not set are missing. */
  secrets: Readonly<Record<string, string>>;
}

/** What one call of `deliver` gets at most. Bytes are those of encoded events, with the destination's own overhead added. */
export interface BatchLimits {
  eventsMax: number;
  bytesMax: number;
  /** Beyond it `encode` must cut or throw. */
  eventBytesMax: number;
  /** Bytes that each event costs beside its own. */
  overheadBytes: number;
  /** How long the first event of a batch waits for others, ms. */
  ageMsMax: number;
  /** Calls at a time. More than one only where order does not matter to the destination. */
  concurrency: number;
}

/** An event as `encode` made it. */
export interface EncodedEvent {
  /** Place in the journal, the same whenever it is sent. */
  eventId: string;
  timestampNs: bigint;
  bytes: Uint8Array;
}

export interface DeliveryBatch {
  /** The same for the same events in the same order. */
  id: string;
  orgId: string;
  events: readonly EncodedEvent[];
}

export interface DeliveryResult {
  /** Events that the destination refused for good, by index in the batch, with its reason. They become dead letters. */
  rejected: readonly { index: number; reason: string }[];
  /** Events that it asks for again (throttled items), by index. */
  again: readonly { index: number; reason: string }[];
  /** What went over the wire, for the list of deliveries. */
  bytesSent: number;
  /** The destination's own status, `202` or `accepted`. */
  status: string;
}

/** One step of a connection test, told as it is done. */
export interface TestStep {
  /** `address`, `connection`, `credentials`, `permissions`, `event` … */
  name: string;
  ok: boolean;
  /** What was tried and what came back, in plain words. */
  detail: string;
  /** When it failed: which setting is wrong, and how to mend it. */
  field?: string;
  advice?: string;
}

export interface Destination {
  /** Rules D2 to D6. */
  deliver(batch: DeliveryBatch, signal: AbortSignal): Promise<DeliveryResult>;
  /**
   * The destination's own harmless check, then the marked event, each as steps told to `report` (address and connection
   * come before, from the sender). Stops at the first that fails. Never throws but for `signal`.
   */
  test(marked: EncodedEvent, report: (step: TestStep) => void, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}
