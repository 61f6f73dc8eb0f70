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
import { compileTemplate, TemplateError } from './template/index.ts';

/** Different regular expressions of one query: compiling the worst takes 2 ms each. */
const REGEXPS_MAX = 250;

/** Checks for one query: a pattern that stands in it many times is compiled once. */
function checks(): LogqlChecks {
  const known = new Map<string, string | null>();
  const regexp = (pattern: string): string | null => {
    let problem = known.get(pattern);
    if (problem === undefined) {
      if (known.size === REGEXPS_MAX)
        throw badQuery(`too many regular expressions in one query (more than ${REGEXPS_MAX})`);
      problem = checkRegexp(pattern);
      known.set(pattern, problem);
    }
    return problem;
  };
  return { regexp, template: checkTemplate };
}

/** Reads a query and checks all that can be checked before it runs. Throws badQuery with Loki's text. */
export function parse(text: string): Expr {
  return orBadQuery(() => parseQuery(text, checks()));
}

/** Reads a selector alone; `{}` is one. Throws badQuery with Loki's text. */
export function selector(text: string): Matcher[] {
  return orBadQuery(() => parseSelector(text, checks()));
}

function orBadQuery<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof LogqlError) throw badQuery(error.message);
    throw error;
  }
}

function checkTemplate(text: string): string | null {
  try {
    compileTemplate(text);
    return null;
  } catch (error) {
    if (error instanceof TemplateError) return error.message;
    throw error;
  }
}
