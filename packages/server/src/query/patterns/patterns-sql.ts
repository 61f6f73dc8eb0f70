import type { SqlQuery } from '../../stores/store.ts';
import { EVENTS } from '../events-sql.ts';
import { renderScope, renderWords, SELECT_SETTINGS, SqlParams } from '../sql.ts';
import type { Scope } from '../stats-sql.ts';

/** Of longer messages; a pattern looks at fewer. */
const MESSAGE_CHARACTERS = 4_000;

/** Every `share`th event of the scope, in no order; rows are MessageRow. */
export function messagesQuery(scope: Scope, share: number): SqlQuery {
  const params = new SqlParams();
  const where = [renderScope(scope, params)];
  if (share > 1) where.push(`cityHash64(frame, frame_index) % ${params.add('UInt64', share)} = 0`);
  const sql =
    `SELECT leftUTF8(message, ${MESSAGE_CHARACTERS}) AS text, toUnixTimestamp64Nano(ts) AS ts_ns, severity_number,` +
    ` service, log_type, frame, frame_index FROM ${EVENTS} WHERE ${where.join(' AND ')} ${SELECT_SETTINGS}`;
  return { sql, params: params.values };
}

/** A row if there is an event with a message like that. */
export function likeQuery(scope: Scope, { pattern, words }: { pattern: string; words: readonly string[] }): SqlQuery {
  const params = new SqlParams();
  const where = [renderScope(scope, params)];
  if (words.length > 0) where.push(renderWords(words, params));
  where.push(`message LIKE ${params.add('String', pattern)}`);
  const sql = `SELECT 1 AS found FROM ${EVENTS} WHERE ${where.join(' AND ')} LIMIT 1 ${SELECT_SETTINGS}`;
  return { sql, params: params.values };
}
