import type { Expr, Matcher } from './ast.ts';
import { type LogqlChecks, LogqlError, SelectorError } from './errors.ts';
import { Cursor } from './parser/cursor.ts';
import { Drafts } from './parser/drafts.ts';
import { parseExpression } from './parser/expressions.ts';
import { byteLength } from './text.ts';
import { validate } from './validate.ts';

/** Queries are shorter than this many bytes. */
export const MAX_QUERY_BYTES = 131_072;

/**
 * Parses a LogQL query and checks it as Loki does, stages included.
 * Regular expressions and templates are only checked where `checks` can. Throws a LogqlError.
 */
export function parseQuery(text: string, checks: LogqlChecks = {}): Expr {
  const drafts = new Drafts();
  const expr = parseWhole(text, checks, drafts);
  validate(expr, drafts, checks);
  return expr;
}

/** Parses a stream selector and nothing else; `{}` and selectors that match everything are allowed. Throws a LogqlError. */
export function parseSelector(text: string, checks: LogqlChecks = {}): Matcher[] {
  const expr = parseWhole(text, checks, new Drafts());
  if (expr.kind !== 'log' || expr.stages.length > 0) throw new SelectorError();
  return [...expr.selector];
}

function parseWhole(text: string, checks: LogqlChecks, drafts: Drafts): Expr {
  const length = text.length >= MAX_QUERY_BYTES ? text.length : byteLength(text);
  if (length >= MAX_QUERY_BYTES) throw new LogqlError(`input size too long (${byteLength(text)} > ${MAX_QUERY_BYTES})`);
  const cursor = new Cursor(text, checks);
  const expr = parseExpression(cursor, drafts);
  if (!cursor.at('$end')) cursor.fail();
  return expr;
}
