import { type Expr, LogqlError, type Matcher, parseQuery, parseSelector } from '@tailwater/schema/logql';
import { badQuery } from './errors.ts';
import { checkRegexp } from './regex/index.ts';
import { compileTemplate, TemplateError } from './template/index.ts';

const CHECKS = { regexp: checkRegexp, template: checkTemplate };

/** Reads a query and checks all that can be checked before it runs. Throws badQuery with Loki's text. */
export function parse(text: string): Expr {
  return orBadQuery(() => parseQuery(text, CHECKS));
}

/** Reads a selector alone; `{}` is one. Throws badQuery with Loki's text. */
export function selector(text: string): Matcher[] {
  return orBadQuery(() => parseSelector(text, CHECKS));
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
