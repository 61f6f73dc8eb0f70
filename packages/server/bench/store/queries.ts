import { ATTRIBUTE_PAIRS_EXPRESSION, TOKENS_EXPRESSION, WORDS_EXPRESSION } from '../../src/stores/clickhouse/schema.ts';

const order = 'ORDER BY ts DESC, frame DESC, frame_index DESC LIMIT 100';
const settings = 'SETTINGS use_query_condition_cache = 0';

/** The queries of the comparison with the peers, over the generated events (seed 1, 1 M). */
export const QUERIES: Readonly<Record<string, string>> = {
  'count all': `SELECT count() FROM tailwater.events ${settings}`,
  needle: `SELECT * FROM tailwater.events WHERE hasToken(${TOKENS_EXPRESSION}, 'zephyrquartz7781') ${settings}`,
  'common word': `SELECT count() FROM tailwater.events WHERE hasAllTokens(${WORDS_EXPRESSION}, 'completed') ${settings}`,
  'newest 100 of a word': `SELECT * FROM tailwater.events WHERE org = 'acme' AND hasAllTokens(${WORDS_EXPRESSION}, 'completed') ${order} ${settings}`,
  'newest 100 of a word and severity': `SELECT * FROM tailwater.events WHERE org = 'acme' AND hasAllTokens(${WORDS_EXPRESSION}, 'completed') AND severity_number BETWEEN 17 AND 20 ${order} ${settings}`,
  regex: `SELECT count() FROM tailwater.events WHERE match(message, 'status 5[0-9]+ in 9[0-9]{2}ms') ${settings}`,
  substring: `SELECT count() FROM tailwater.events WHERE message LIKE '%ezones%' ${settings}`,
  'newest 100': `SELECT * FROM tailwater.events WHERE org = 'pied-piper' AND severity = 'error' ${order} ${settings}`,
  trace: `SELECT * FROM tailwater.events WHERE trace_id = 'a0f81bfd3b4688fdbb096b93da06f28e' ORDER BY ts ${settings}`,
  'per 10 min': `SELECT toStartOfInterval(ts, INTERVAL 10 MINUTE) AS m, severity, count() FROM tailwater.events GROUP BY ALL ${settings}`,
  'top 10': `SELECT attr_model AS m, count() FROM tailwater.events GROUP BY m ORDER BY 2 DESC LIMIT 10 ${settings}`,
  'top 10 of a map key': `SELECT attributes['tool'] AS m, count() FROM tailwater.events GROUP BY m ORDER BY 2 DESC LIMIT 10 ${settings}`,
  p95: `SELECT log_type, toStartOfHour(ts) AS h, quantileExact(0.95)(duration_ms) FROM tailwater.events GROUP BY ALL ${settings}`,
  'numeric filter': `SELECT count() FROM tailwater.events WHERE toFloat64OrNull(attr_status) >= 500 ${settings}`,
  'pair of attributes': `SELECT count() FROM tailwater.events WHERE has(${ATTRIBUTE_PAIRS_EXPRESSION}, 'agent_id=ag_280') ${settings}`,
  'last 100 of all': `SELECT * FROM tailwater.events ${order} ${settings}`,
  'by position': `SELECT * FROM tailwater.events WHERE org = 'pied-piper' AND frame = 1 AND frame_index = 0 ${settings}`,
};
