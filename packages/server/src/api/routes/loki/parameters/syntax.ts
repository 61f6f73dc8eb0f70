import { type Expr, LogqlError, parseQuery } from '@tailwater/schema/logql';
import { badQuery } from '../../../../query/logql/errors.ts';

/**
 * Parses a query without its regular expressions and templates. Those can take seconds to compile, which only query
 * workers may take: this thread answers everybody.
 * @throws PermanentError `invalid_query` with Loki's text.
 */
export function parseSyntax(text: string): Expr {
  try {
    return parseQuery(text);
  } catch (error) {
    if (error instanceof LogqlError) throw badQuery(error.message);
    throw error;
  }
}
