/**
 * The one query representation: what filters (and later LogQL) are compiled to, what SQL is rendered from, and what
 * live tail evaluates on events in memory. Rendering and evaluation must agree: query/match.test.ts and
 * test/store/match.test.ts hold them together.
 */

/** Fields of an event that can be compared as text. Names as the API and the table `events` give them. */
export const TEXT_COLUMNS = [
  'log_type',
  'event_type',
  'service',
  'host',
  'logger',
  'user_id',
  'resource_id',
  'resource_type',
  'action',
  'trace_id',
  'span_id',
  'request_id',
  'receiver',
  'client_event_id',
] as const;
export type TextColumn = (typeof TEXT_COLUMNS)[number];

export type Comparison = '=' | '!=' | '>' | '>=' | '<' | '<=';

export type Condition =
  | { kind: 'and' | 'or'; conditions: readonly Condition[] }
  | { kind: 'not'; condition: Condition }
  /** The field equals one of the values, exactly. */
  | { kind: 'field'; column: TextColumn; values: readonly string[] }
  /** The severity number lies in one of the ranges, both ends inclusive. */
  | { kind: 'severity'; ranges: readonly (readonly [number, number])[] }
  /** duration_ms or cost; an event without one never matches. */
  | { kind: 'number'; column: 'duration_ms' | 'cost'; comparison: Comparison; value: number }
  /**
   * `=` and `!=` compare the attribute's exact text; `!=` also matches events that lack it. The others compare as
   * numbers; an attribute that is no number never matches.
   */
  | { kind: 'attribute'; name: string; comparison: Comparison; value: string }
  | { kind: 'attribute-exists'; name: string }
  | { kind: 'label'; name: string; comparison: '=' | '!='; value: string }
  /** Every word is a whole word of the message, ASCII case aside. Words hold ASCII letters, digits and non-ASCII. */
  | { kind: 'words'; words: readonly string[] }
  /** The message contains the text, ASCII case aside. */
  | { kind: 'phrase'; text: string };

/** Half-open [fromNs, toNs), nanoseconds since the epoch. */
export interface TimeRange {
  fromNs: bigint;
  toNs: bigint;
}

/** Where a page ends: the sort key of its last event. */
export interface Keyset {
  timestampNs: bigint;
  node: number;
  frame: number;
  index: number;
}

export interface EventsPlan {
  /** From the identity, never from the request. Every plan has one. */
  orgId: string;
  range: TimeRange;
  /** null: every event of the range. */
  condition: Condition | null;
  /** By (timestamp, node, frame, index). */
  order: 'asc' | 'desc';
  /** null: no limit (NDJSON streaming). */
  limit: number | null;
  offset: number;
  after: Keyset | null;
  /** Leaves out what the node journaled at `frame` or later: live tail reads that from the journal itself. */
  framesBefore?: { node: number; frame: number };
}
