/**
 * The event table and what is derived from it. docs/decisions/0003-event-table.md has the trials behind every choice.
 * Expressions that a query must repeat word for word, so that ClickHouse answers it from an index, are constants here.
 */

export const DATABASE = 'tailwater';
export const EVENTS_TABLE = 'events';
export const STATS_TABLE = 'events_hourly';
export const STREAMS_TABLE = 'streams_hourly';
export const ATTRIBUTES_TABLE = 'attributes_hourly';

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
  status: 'attr_status',
  method: 'attr_method',
  endpoint: 'attr_endpoint',
  model: 'attr_model',
  'http.response.status_code': 'attr_http_response_status_code',
  'http.request.method': 'attr_http_request_method',
  'http.route': 'attr_http_route',
};

/** Bytes of text of an event, the unit of every volume that is shown. */
export const EVENT_BYTES_EXPRESSION = 'byteSize(message, attributes)';

/** Bytes of lines, as Loki's volumes count them but for structured metadata, whose sum would cost as much as the rest. */
export const LINE_BYTES_EXPRESSION = 'length(message)';

/** Derived from severity_number, as severityName does in @tailwater/schema: 0 and anything unknown reads as info. */
export const SEVERITY_EXPRESSION =
  "multiIf(severity_number BETWEEN 21 AND 24, 'critical', severity_number BETWEEN 17 AND 20, 'error', " +
  "severity_number BETWEEN 13 AND 16, 'warn', severity_number BETWEEN 1 AND 8, 'debug', 'info')";

const SEVERITY_TYPE = "Enum8('debug' = 1, 'info' = 2, 'warn' = 3, 'error' = 4, 'critical' = 5)";

/**
 * Retention counts from arrival, not from the event's own time: a late or backfilled event that was acknowledged does
 * not vanish at once, and a clock set to 2200 keeps nothing for ever. DateTime ends in 2106, hence the clamp (54 years).
 */
const EXPIRES_AT_EXPRESSION = "toDateTime(received_at, 'UTC') + toIntervalDay(least(retention_days, 20000))";

/**
 * Rule S1, and S2 for retries. The merged part is synced as well: ClickHouse removes its sources at once (libchdb sets
 * old_parts_lifetime to 0), so without it a power cut could lose what an insert had synced.
 * Statistics for the planner are off: they cost merges, and no query here joins.
 */
const DURABLE_SETTINGS = `non_replicated_deduplication_window = 10000,
  fsync_after_insert = 1,
  fsync_part_directory = 1,
  min_compressed_bytes_to_fsync_after_merge = 1,
  auto_statistics_types = ''`;

/**
 * A partition is a day of arrival, not of the events' own time: an insert then writes one part, whatever times its
 * events claim (20,000 events spread over 200 years took 12 to 26 s as one part a day), and a part expires whole,
 * because retention counts from arrival too. Times are found by the primary key. The place in the journal ends the
 * sorting key, so that `ORDER BY ts, frame, frame_index`, the order of every page of events, is read as it lies.
 */
export const CREATE_EVENTS = `CREATE TABLE IF NOT EXISTS ${DATABASE}.${EVENTS_TABLE} (
  org LowCardinality(String) CODEC(ZSTD(1)),
  ts DateTime64(9, 'UTC') CODEC(T64, LZ4),
  received_at DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
  log_type LowCardinality(String) CODEC(ZSTD(1)),
  event_type LowCardinality(String) CODEC(ZSTD(1)),
  severity_number UInt8 CODEC(ZSTD(1)),
  message String CODEC(ZSTD(1)),
  service LowCardinality(String) CODEC(ZSTD(1)),
  host LowCardinality(String) CODEC(ZSTD(1)),
  logger LowCardinality(String) CODEC(ZSTD(1)),
  user_id String CODEC(ZSTD(1)),
  resource_id String CODEC(ZSTD(1)),
  resource_type LowCardinality(String) CODEC(ZSTD(1)),
  action LowCardinality(String) CODEC(ZSTD(1)),
  trace_id String CODEC(ZSTD(1)),
  span_id String CODEC(ZSTD(1)),
  request_id String CODEC(ZSTD(1)),
  duration_ms Nullable(Float64) CODEC(ZSTD(1)),
  cost Nullable(Float64) CODEC(ZSTD(1)),
  attributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  attribute_types LowCardinality(String) CODEC(ZSTD(1)),
  labels LowCardinality(String) CODEC(ZSTD(1)),
  receiver LowCardinality(String) CODEC(ZSTD(1)),
  client_event_id String CODEC(ZSTD(1)),
  retention_days UInt16 CODEC(ZSTD(1)),
  frame UInt64 CODEC(Delta(8), ZSTD(1)),
  frame_index UInt32 CODEC(Delta(4), ZSTD(1)),
  severity ${SEVERITY_TYPE} MATERIALIZED ${SEVERITY_EXPRESSION} CODEC(ZSTD(1)),
  expires_at DateTime('UTC') MATERIALIZED ${EXPIRES_AT_EXPRESSION} CODEC(Delta(4), ZSTD(1)),
  ${Object.entries(PROMOTED_ATTRIBUTES)
    .map(
      ([attribute, column]) =>
        `${column} LowCardinality(String) MATERIALIZED attributes['${attribute}'] CODEC(ZSTD(1)),`,
    )
    .join('\n  ')}
  INDEX ix_words ${WORDS_EXPRESSION} TYPE text(tokenizer = splitByNonAlpha, posting_list_codec = 'bitpacking'),
  INDEX ix_tokens ${TOKENS_EXPRESSION} TYPE tokenbf_v1(16384, 3, 0) GRANULARITY 2,
  INDEX ix_pairs ${ATTRIBUTE_PAIRS_EXPRESSION} TYPE bloom_filter(0.025) GRANULARITY 2,
  INDEX ix_trace trace_id TYPE bloom_filter(0.01) GRANULARITY 2,
  INDEX ix_user user_id TYPE bloom_filter(0.01) GRANULARITY 2,
  INDEX ix_request request_id TYPE bloom_filter(0.01) GRANULARITY 2,
  INDEX ix_resource resource_id TYPE bloom_filter(0.01) GRANULARITY 2,
  INDEX ix_frame frame TYPE minmax GRANULARITY 1
) ENGINE = MergeTree
PARTITION BY (retention_days, toYYYYMMDD(received_at))
PRIMARY KEY (org, ts)
ORDER BY (org, ts, frame, frame_index)
TTL expires_at DELETE
SETTINGS
  ${DURABLE_SETTINGS},
  ttl_only_drop_parts = 1,
  max_bytes_to_merge_at_max_space_in_pool = 10737418240,
  index_granularity = 4096,
  min_compress_block_size = 16384,
  min_bytes_for_wide_part = 0,
  min_rows_for_wide_part = 131072,
  min_level_for_wide_part = 1,
  packed_skip_index_max_bytes = 4000000,
  string_serialization_version = 'single_stream'`;

/** When the event was inserted: the same for all rows of an insert, so it costs next to nothing. */
export const ADD_STORED_AT = `ALTER TABLE ${DATABASE}.${EVENTS_TABLE}
  ADD COLUMN IF NOT EXISTS stored_at DateTime64(3, 'UTC') MATERIALIZED now64(3, 'UTC') CODEC(Delta(8), ZSTD(1))`;

/** The start of the event's hour. Not toStartOfHour: that returns DateTime, which wraps before 1970 and after 2106. */
const HOUR_EXPRESSION =
  "fromUnixTimestamp64Second(toUnixTimestamp64Second(ts) - positiveModulo(toUnixTimestamp64Second(ts), 3600), 'UTC')";

/**
 * Events and bytes per hour. Rows of one key are added up by merges, so a query sums `events` and `bytes`. They are kept
 * as long as the events that they count.
 */
export const CREATE_STATS = `CREATE TABLE IF NOT EXISTS ${DATABASE}.${STATS_TABLE} (
  org LowCardinality(String),
  hour DateTime64(0, 'UTC') CODEC(Delta(8), ZSTD(1)),
  log_type LowCardinality(String),
  event_type LowCardinality(String),
  severity ${SEVERITY_TYPE},
  service LowCardinality(String),
  events SimpleAggregateFunction(sum, UInt64),
  bytes SimpleAggregateFunction(sum, UInt64),
  expires_at SimpleAggregateFunction(max, DateTime('UTC'))
) ENGINE = AggregatingMergeTree
ORDER BY (org, hour, log_type, severity, service, event_type)
TTL expires_at DELETE
SETTINGS
  ${DURABLE_SETTINGS}`;

export const CREATE_STATS_VIEW = `CREATE MATERIALIZED VIEW IF NOT EXISTS ${DATABASE}.${STATS_TABLE}_view
TO ${DATABASE}.${STATS_TABLE} AS
SELECT org, ${HOUR_EXPRESSION} AS hour, log_type, event_type, severity, service,
  count() AS events, sum(${EVENT_BYTES_EXPRESSION}) AS bytes, max(expires_at) AS expires_at
FROM ${DATABASE}.${EVENTS_TABLE}
GROUP BY ALL`;

/**
 * The streams that had events in an hour: what labels there are, which values they have, how much came. One row an
 * hour and stream once merged, so a query sums `events` and `bytes` and takes min and max of the times. `host` is in
 * the key because its values are listed as those of a label.
 */
export const CREATE_STREAMS = `CREATE TABLE IF NOT EXISTS ${DATABASE}.${STREAMS_TABLE} (
  org LowCardinality(String),
  hour DateTime64(0, 'UTC') CODEC(Delta(8), ZSTD(1)),
  labels LowCardinality(String),
  service LowCardinality(String),
  host LowCardinality(String),
  events SimpleAggregateFunction(sum, UInt64),
  bytes SimpleAggregateFunction(sum, UInt64),
  first_ts SimpleAggregateFunction(min, DateTime64(9, 'UTC')),
  last_ts SimpleAggregateFunction(max, DateTime64(9, 'UTC')),
  expires_at SimpleAggregateFunction(max, DateTime('UTC'))
) ENGINE = AggregatingMergeTree
ORDER BY (org, hour, labels, service, host)
TTL expires_at DELETE
SETTINGS
  ${DURABLE_SETTINGS}`;

const SELECT_STREAMS = `SELECT org, ${HOUR_EXPRESSION} AS hour, labels, service, host,
  count() AS events, sum(${LINE_BYTES_EXPRESSION}) AS bytes, min(ts) AS first_ts, max(ts) AS last_ts,
  max(expires_at) AS expires_at
FROM ${DATABASE}.${EVENTS_TABLE}
GROUP BY ALL`;

/** What came before there was such a table. The view is made last: until then nothing is inserted, so it may run again. */
export const FILL_STREAMS: readonly string[] = [
  `TRUNCATE TABLE ${DATABASE}.${STREAMS_TABLE}`,
  `INSERT INTO ${DATABASE}.${STREAMS_TABLE} ${SELECT_STREAMS}`,
];

export const CREATE_STREAMS_VIEW = `CREATE MATERIALIZED VIEW IF NOT EXISTS ${DATABASE}.${STREAMS_TABLE}_view
TO ${DATABASE}.${STREAMS_TABLE} AS
${SELECT_STREAMS}`;

/**
 * The names of attributes that events of an hour had, and whether one may have been empty: so that a query knows which
 * attributes a label can stand for, and that there are none, without a look at the attributes.
 */
export const CREATE_ATTRIBUTES = `CREATE TABLE IF NOT EXISTS ${DATABASE}.${ATTRIBUTES_TABLE} (
  org LowCardinality(String),
  hour DateTime64(0, 'UTC') CODEC(Delta(8), ZSTD(1)),
  name LowCardinality(String),
  has_empty SimpleAggregateFunction(max, UInt8),
  expires_at SimpleAggregateFunction(max, DateTime('UTC'))
) ENGINE = AggregatingMergeTree
ORDER BY (org, hour, name)
TTL expires_at DELETE
SETTINGS
  ${DURABLE_SETTINGS}`;

/**
 * Sets of names by org and hour first: one row a name and event would cost 1 µs an event. `has_empty` is told of all names
 * of an event that has an empty value, which is more than it need be.
 */
const SELECT_ATTRIBUTES = `SELECT org, hour, name, has(names_beside_empty, name) AS has_empty, expires_at
FROM (
  SELECT org, ${HOUR_EXPRESSION} AS hour, groupUniqArrayArray(mapKeys(attributes)) AS names,
    groupUniqArrayArrayIf(mapKeys(attributes), has(mapValues(attributes), '')) AS names_beside_empty,
    max(expires_at) AS expires_at
  FROM ${DATABASE}.${EVENTS_TABLE}
  GROUP BY org, hour
)
ARRAY JOIN names AS name`;

export const FILL_ATTRIBUTES: readonly string[] = [
  `TRUNCATE TABLE ${DATABASE}.${ATTRIBUTES_TABLE}`,
  `INSERT INTO ${DATABASE}.${ATTRIBUTES_TABLE} ${SELECT_ATTRIBUTES}`,
];

export const CREATE_ATTRIBUTES_VIEW = `CREATE MATERIALIZED VIEW IF NOT EXISTS ${DATABASE}.${ATTRIBUTES_TABLE}_view
TO ${DATABASE}.${ATTRIBUTES_TABLE} AS
${SELECT_ATTRIBUTES}`;
