/**
 * The event table and what is derived from it. docs/decisions/0003-event-table.md has the trials behind every choice.
 * Expressions that a query must repeat word for word, so that ClickHouse answers it from an index, are constants here.
 */

export const DATABASE = 'tailwater';
export const EVENTS_TABLE = 'events';
export const STATS_TABLE = 'events_hourly';

/** Columns of the Native block that is inserted, in its order. */
export const BLOCK_COLUMNS = [
  ['org', 'LowCardinality(String)'],
  ['ts', "DateTime64(9, 'UTC')"],
  ['received_at', "DateTime64(3, 'UTC')"],
  ['log_type', 'LowCardinality(String)'],
  ['event_type', 'LowCardinality(String)'],
  ['severity_number', 'UInt8'],
  ['message', 'String'],
  ['service', 'LowCardinality(String)'],
  ['host', 'LowCardinality(String)'],
  ['logger', 'LowCardinality(String)'],
  ['user_id', 'String'],
  ['resource_id', 'String'],
  ['resource_type', 'LowCardinality(String)'],
  ['action', 'LowCardinality(String)'],
  ['trace_id', 'String'],
  ['span_id', 'String'],
  ['request_id', 'String'],
  ['duration_ms', 'Nullable(Float64)'],
  ['cost', 'Nullable(Float64)'],
  ['attributes', 'Map(LowCardinality(String), String)'],
  ['attribute_types', 'LowCardinality(String)'],
  ['labels', 'LowCardinality(String)'],
  ['receiver', 'LowCardinality(String)'],
  ['client_event_id', 'String'],
  ['retention_days', 'UInt16'],
  ['frame', 'UInt64'],
  ['frame_index', 'UInt32'],
] as const;
export type BlockColumn = (typeof BLOCK_COLUMNS)[number][0];

/**
 * The message without its tokens that hold a digit, in lower case. Words repeat, so a text index of them is small.
 * A search term without a digit asks `hasAllTokens(WORDS_EXPRESSION, {term:String})`: exact, answered by the index.
 * `lower` knows ASCII only: 'Ä' and 'ä' stay different.
 */
export const WORDS_EXPRESSION = "replaceRegexpAll(lower(message), '[a-z]*[0-9][0-9a-z]*', ' ')";

/**
 * What the token bloom holds. A search term with a digit asks `hasToken(TOKENS_EXPRESSION, {term:String})`; the term
 * must be one token: ASCII letters, digits and non-ASCII bytes only, or ClickHouse refuses it (code 36).
 */
export const TOKENS_EXPRESSION = 'lower(message)';

/** Attribute equality: `has(ATTRIBUTE_PAIRS_EXPRESSION, 'key=value')`. */
export const ATTRIBUTE_PAIRS_EXPRESSION =
  "arrayMap((k, v) -> concat(k, '=', v), mapKeys(attributes), mapValues(attributes))";

/**
 * Attributes with a column of their own, LowCardinality(String) with the attribute's exact text ('' where the event
 * has none). A function of such a column alone, `toFloat64OrNull(attr_status) >= 500`, runs once per distinct value.
 */
export const PROMOTED_ATTRIBUTES: Readonly<Record<string, string>> = {
  model: 'attr_model',
  status: 'attr_status',
};

/** Bytes of text of an event, the unit of every volume that is shown. */
export const EVENT_BYTES_EXPRESSION = 'byteSize(message, attributes)';
