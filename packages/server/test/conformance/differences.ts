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

/** Queries of the corpus that a running Loki answers otherwise, and why. */
export const LOKI_DIFFERENCES: Record<string, string> = {};
