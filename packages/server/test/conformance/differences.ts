/**
 * Queries that are deliberately answered otherwise than Loki's tests expect, and why. A line that is not needed fails
 * the run. The text of a query stands here as Loki's tests have it.
 */
export const DIFFERENCES: Record<string, string> = {};

/** The same for the cases of Loki's parser. */
export const PARSE_DIFFERENCES: Record<string, string> = {
  'count_over_time({foo=~`bar\\w+`}[12h] |~ `error\\`)':
    'regular expressions are compiled when a query is read; Loki refuses it too, when it runs it',
  '{app=~"\ufffd\ufffd"}': 'a query is text: bytes that are no UTF-8 never come as far as the parser',
};

const OWN_FIELDS = 'structured metadata that fills a field of the event (trace_id, user_id) is not counted again';

/** Queries and calls of the corpus that a running Loki answers otherwise, and why. */
export const LOKI_DIFFERENCES: Record<string, string> = {
  'index/volume {"query":"{}"}': OWN_FIELDS,
  'index/volume {"query":"{env=\\"prod\\"}","targetLabels":"app"}': OWN_FIELDS,
  'index/volume_range {"query":"{app=\\"api\\"}","step":600}':
    'a bucket has the time at which it ends; on Loki all but the last have a millisecond less',
};
