import type { Matcher } from '@tailwater/schema/logql';
import type { JournalPosition } from '../../journal/journal.ts';
import type { StreamSettings } from '../../query/logql/events/streams.ts';
import type { Condition } from '../../query/plan.ts';

/** A place between two events of the journal: the one before which everything has been dealt with. */
export interface TailPlace {
  frame: JournalPosition;
  index: number;
}

/** How a subscription gets its events: as the API renders them, or as rows of the store, see stored-row.ts. */
export type TailForm = 'api' | 'row';

/** Which events LogQL's stream selector takes, under the settings of the org. */
export interface TailSelector {
  matchers: readonly Matcher[];
  settings: StreamSettings;
}

/** Bounds of live tail. Every subscription has its own window, so a slow one costs this much memory and no more. */
export interface TailLimits {
  /** Events handed out and not yet taken by the reader. */
  windowEvents: number;
  /** Characters of those. */
  windowCharacters: number;
  /** Events and characters that are handed out together. */
  chunkEvents: number;
  chunkCharacters: number;
  /** How long an event may wait for others to be handed out with. Latency against messages between threads. */
  flushIntervalMs: number;
  /** How long a subscription whose reader does not keep up may stay behind before what it has missed is dropped. */
  stallMsMax: number;
  /** How long it may take to count those before their number is given up. */
  countMsMax: number;
  /** How long a new subscription may take to come up to the journal's end from where it starts. */
  catchUpMsMax: number;
  /** How far the follower itself may fall behind the journal before it only counts. */
  lagMsMax: number;
  /** How often a subscription without events is told its place, from which it can be resumed. */
  placeIntervalMs: number;
}

export const TAIL_LIMITS: TailLimits = {
  windowEvents: 1000,
  windowCharacters: 1 << 20,
  chunkEvents: 250,
  chunkCharacters: 1 << 18,
  flushIntervalMs: 20,
  stallMsMax: 2000,
  countMsMax: 2000,
  catchUpMsMax: 10_000,
  lagMsMax: 2000,
  placeIntervalMs: 10_000,
};

/** Events of the subscription that it will not get. */
export interface TailMissed {
  /** Null: nobody knows, because part of the journal was gone. */
  count: number | null;
  /** The count is an upper bound: events were counted without looking whether they match. */
  atMost: boolean;
}

export interface WireChunk {
  subscription: number;
  /** Lie before the chunk's events. */
  missed: TailMissed | null;
  /** Per event its id (22 characters) and its JSON, events separated by line feeds: one string crosses threads. */
  events: string;
  count: number;
  /** Everything of the subscription before it is in this chunk or earlier ones, or counted as missed. */
  place: TailPlace;
}

export type ToTail =
  | {
      kind: 'subscribe';
      subscription: number;
      orgId: string;
      condition: Condition | null;
      selector: TailSelector | null;
      form: TailForm;
      from: TailPlace | 'end';
    }
  | { kind: 'unsubscribe'; subscription: number }
  /** The reader has taken a chunk of that many events and characters. */
  | { kind: 'credit'; subscription: number; events: number; characters: number }
  | { kind: 'close' };

export type FromTail =
  | { kind: 'ready' }
  | { kind: 'subscribed'; subscription: number; from: TailPlace }
  | { kind: 'chunks'; chunks: WireChunk[] };

export interface TailWorkerOptions {
  journalDir: string;
  /** From JournalProgress.buffer. */
  progress: SharedArrayBuffer;
  node: number;
  limits: TailLimits;
}
