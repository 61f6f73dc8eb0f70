import type { Matcher, MatchOp } from '../ast.ts';
import { LogqlError } from '../errors.ts';
import type { Cursor } from './cursor.ts';

export const MATCH_OPS: readonly MatchOp[] = ['=', '=~', '!~', '!='];

/** `{a="b", c!="d"}`. */
export function parseSelectorBlock(cursor: Cursor): Matcher[] {
  cursor.expect('{');
  const matchers: Matcher[] = [];
  if (cursor.accept('}')) return matchers;
  matchers.push(matcherOf(cursor, cursor.name(['IDENTIFIER', '}'])));
  while (cursor.accept(',')) matchers.push(matcherOf(cursor, cursor.name()));
  cursor.expect('}', ['}', ',']);
  return matchers;
}

function matcherOf(cursor: Cursor, name: string): Matcher {
  const op = MATCH_OPS.find((candidate) => cursor.at(candidate));
  if (op === undefined) cursor.fail(MATCH_OPS);
  cursor.next();
  return checkedMatcher(cursor, name, op, cursor.string());
}

/** A matcher whose regular expression, if it has one, compiles. */
export function checkedMatcher(cursor: Cursor, name: string, op: MatchOp, value: string): Matcher {
  const fault = op === '=~' || op === '!~' ? cursor.checks.regexp?.(value) : null;
  if (typeof fault === 'string') throw new LogqlError(fault);
  return { name, op, value };
}
