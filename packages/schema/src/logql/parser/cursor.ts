import { type LogqlChecks, LogqlError } from '../errors.ts';
import { Lexer } from '../lexer.ts';
import type { Token } from '../tokens.ts';

/** How deep brackets, operators and label filters may nest: far above what people write, far below what fills a stack. */
export const MAX_DEPTH = 500;

/** The tokens of a query with one token of look-ahead, read only when asked for. */
export class Cursor {
  readonly checks: LogqlChecks;
  private readonly lexer: Lexer;
  private ahead: Token | null = null;
  private depth = 0;

  constructor(text: string, checks: LogqlChecks) {
    this.lexer = new Lexer(text);
    this.checks = checks;
  }

  peek(): Token {
    this.ahead ??= this.lexer.next();
    return this.ahead;
  }

  at(...kinds: readonly string[]): boolean {
    return kinds.includes(this.peek().kind);
  }

  next(): Token {
    const token = this.peek();
    this.ahead = null;
    return token;
  }

  accept(kind: string): boolean {
    if (!this.at(kind)) return false;
    this.next();
    return true;
  }

  /** Takes a token of `kind`; `expected` are the kinds that the error names, in the order in which Loki does. */
  expect(kind: string, expected: readonly string[] = [kind]): Token {
    if (!this.at(kind)) this.fail(expected);
    return this.next();
  }

  /** Takes an identifier that can be a name: Loki's lexer also passes stray signs as identifiers. */
  name(expected: readonly string[] = ['IDENTIFIER']): string {
    const token = this.peek();
    if (token.kind !== 'IDENTIFIER' || !/^[\p{L}_]/u.test(token.text)) this.fail(expected);
    return this.next().text;
  }

  string(): string {
    return this.expect('STRING').text;
  }

  /** Where more than four kinds of token could follow, `expected` is empty. */
  fail(expected: readonly string[] = []): never {
    const token = this.peek();
    const hint = expected.length > 0 ? `, expecting ${expected.join(' or ')}` : '';
    throw new LogqlError(`syntax error: unexpected ${token.kind}${hint}`, token.line, token.column);
  }

  /** Runs `read` one level deeper. */
  nested<T>(read: () => T): T {
    this.depth += 1;
    if (this.depth > MAX_DEPTH) throw tooDeep();
    const result = read();
    this.depth -= 1;
    return result;
  }
}

export function tooDeep(): LogqlError {
  return new LogqlError(`query is nested too deeply (more than ${MAX_DEPTH} levels)`);
}
