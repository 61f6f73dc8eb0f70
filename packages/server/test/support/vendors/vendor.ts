import type { Event } from '@tailwater/schema';
import type { Settings } from '../../../src/destinations/destination.ts';

/** What a vendor does wrong to the next deliveries, until it is told otherwise. */
export type Fault =
  /** Asks to wait for RETRY_AFTER_S seconds. */
  | 'throttled'
  /** A fault of its own, such as 500. */
  | 'failing'
  /** Cuts the connection off when it has read what was sent. */
  | 'reset'
  /** Reads and never answers. */
  | 'stalled'
  /** Says that the batch is too large. */
  | 'too_large'
  /** Wants nothing more, for good. */
  | 'gone'
  /** Points to another address. */
  | 'redirect';

export const RETRY_AFTER_S = 7;

/**
 * A receiver of a vendor's protocol that is as strict as the vendor's documents: it refuses what goes over a limit or
 * lacks a header, in the vendor's words. In the errors it answers, it repeats all that it was sent, secrets too.
 */
export interface Vendor {
  /** Settings that it takes, `config` as its schema made it; the secrets are found nowhere else. */
  settings: Settings<unknown>;
  /** The same with credentials that it refuses. Null: it asks for none. */
  unauthorized: Settings<unknown> | null;
  /** The same, but somewhere else. */
  at(host: string, port: number): Settings<unknown>;
  /** Those that its protocol has. */
  faults: readonly Fault[];
  fail(fault: Fault | null): void;
  /** Resolves when a delivery has come since `fail('stalled')`. */
  stalled(): Promise<void>;
  /** Messages of the events that it has, in the order in which it took them. */
  messages(): string[];
  /** What it held against requests: all that a strict receiver refuses is told here, so that a test can ask for none. */
  complaints(): string[];
  /** Whether an event that is sent again is there once, by its id. */
  takesOnce: boolean;
  /** Makes an event that it refuses by itself, where the protocol has that. */
  poison?: (event: Event) => Event;
  close(): Promise<void>;
}
