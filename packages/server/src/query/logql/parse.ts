import {
  type Expr,
  type LogqlChecks,
  LogqlError,
  type Matcher,
  parseQuery,
  parseSelector,
} from '@tailwater/schema/logql';
import { badQuery } from './errors.ts';
import { checkRegexp } from './regex/index.ts';

/** What the parser cannot check by itself: it has no regular expressions and no templates of Go's. */
const CHECKS: LogqlChecks = { regexp: checkRegexp };

/** Parses and checks a query. @throws PermanentError `invalid_query` with Loki's text. */
export function parse(text: string): Expr {
  return refusing(() => parseQuery(text, CHECKS));
}

/** Parses a selector, `{}` too. @throws PermanentError `invalid_query` with Loki's text. */
export function selector(text: string): Matcher[] {
  return refusing(() => parseSelector(text, CHECKS));
}

function refusing<Result>(run: () => Result): Result {
  try {
    return run();
  } catch (error) {
    if (error instanceof LogqlError) throw badQuery(error.message);
    throw error;
  }
}
