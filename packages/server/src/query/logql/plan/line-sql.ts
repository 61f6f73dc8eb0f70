import { type LineFilterOp, parsePatternExpression, type Stage } from '@tailwater/schema/logql';
import { renderWords, type SqlParams } from '../../sql.ts';
import { innerWords } from '../../words.ts';
import { literals } from '../regex/index.ts';

export type LineFilter = Extract<Stage, { kind: 'line-filter' }>;

export interface LineCondition {
  /** Null: SQL can say nothing. */
  sql: string | null;
  /** The condition says all that the filter says. */
  exact: boolean;
}

/** A line filter on the message. What SQL cannot say exactly, it says as a necessary condition where it can. */
export function lineFilterSql({ op, args }: LineFilter, params: SqlParams): LineCondition {
  const isNegative = op.startsWith('!');
  const parts = args.map((arg) => (arg.kind === 'ip' ? NOTHING : argSql(op, arg.value, params)));
  const exact = parts.every((part) => part.exact);
  const known = parts.map(({ sql }) => sql).filter((sql) => sql !== null);
  if (isNegative) {
    // None may match, so each exact part stands for itself; the negation of a necessary condition says nothing.
    const none = parts.filter((part) => part.exact).map(({ sql }) => `NOT (${sql})`);
    return { sql: none.length === 0 ? null : none.join(' AND '), exact };
  }
  if (known.length < parts.length) return { sql: null, exact: false };
  return { sql: known.length === 1 ? known[0]! : `(${known.join(' OR ')})`, exact };
}

const NOTHING: LineCondition = { sql: null, exact: false };

function argSql(op: LineFilterOp, value: string, params: SqlParams): LineCondition {
  switch (op) {
    case '|=':
    case '!=':
      return { sql: containsSql(value, params), exact: true };
    case '|~':
    case '!~':
      return { sql: matchesSql(value, params), exact: true };
    case '|>':
    case '!>':
      return patternSql(value, params);
  }
}

/** The message contains the text. Words that it surely holds whole are asked of the index first. */
export function containsSql(text: string, params: SqlParams): string {
  if (text === '') return '1';
  const contains = `position(message, ${params.add('String', text)}) > 0`;
  const words = innerWords(text);
  return words.length === 0 ? contains : `(${renderWords(words, params)} AND ${contains})`;
}

/** In ClickHouse `.` matches a line end unless it is told not to: https://clickhouse.com/docs/sql-reference/functions/string-search-functions#match */
function matchesSql(pattern: string, params: SqlParams): string {
  if (pattern === '') return '1';
  const matches = `match(message, ${params.add('String', `(?-s)${pattern}`)})`;
  const { required = [], caseInsensitive = false } = literals(pattern);
  const words = caseInsensitive ? [] : required.flatMap(innerWords);
  return words.length === 0 ? matches : `(${renderWords(words, params)} AND ${matches})`;
}

/** A pattern is walked literal by literal; that each is there is all that is asked here. */
function patternSql(pattern: string, params: SqlParams): LineCondition {
  const texts = parsePatternExpression(pattern).flatMap((node) => (node.kind === 'literal' ? [node.text] : []));
  if (texts.length === 0) return NOTHING;
  return { sql: texts.map((text) => containsSql(text, params)).join(' AND '), exact: false };
}
