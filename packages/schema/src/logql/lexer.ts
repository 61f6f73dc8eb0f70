import { parseBytesLiteral } from './bytes.ts';
import { parseDurationLiteral, parsePrometheusDuration } from './durations.ts';
import { isDecimal, isLetter, Scanner } from './scanner.ts';
import { goQuote, unescapeGo } from './text.ts';
import { FUNCTION_WORDS, RESERVED_WORDS, SIGNS, type Token } from './tokens.ts';

const NUMERIC = /^\p{N}$/u;
const BLANK = /^[\s\u0085]$/u;

/** Cuts a query into tokens, one at a call: a fault behind the place where the grammar fails is never seen, as in Loki. */
export class Lexer {
  private readonly scanner: Scanner;

  constructor(text: string) {
    this.scanner = new Scanner(text);
  }

  /** Indices of the characters of the last token, the end exclusive. */
  get span(): { start: number; end: number } {
    return { start: this.scanner.tokenStart, end: this.scanner.at };
  }

  /** Throws a LogqlError for text that is no token. */
  next(): Token {
    const { scanner } = this;
    scanner.skipBlanks();
    scanner.startToken();
    const character = scanner.peek();
    if (character === '') return this.token('$end', '');
    if (isLetter(character)) return this.word();
    if (isDecimal(character) || (character === '.' && isDecimal(scanner.peek(1)))) return this.number();
    if (character === '"') return this.string();
    if (character === '`') return this.token('STRING', scanner.readRaw());
    if (character === '[') return this.range();
    if (character === "'") return this.character();
    if (character === '-') {
      const special = this.flag() ?? this.duration(this.scanner.at, true);
      if (special !== null) return special;
    }
    return this.sign();
  }

  private token(kind: string, text: string, value = 0n): Token {
    return { kind, text, value, line: this.scanner.tokenLine, column: this.scanner.tokenColumn };
  }

  /** Loki forgets the line of a token that it had to read further for. */
  private extended(kind: string, text: string, value = 0n): Token {
    return { kind, text, value, line: 0, column: this.scanner.tokenColumn };
  }

  private word(): Token {
    const text = this.scanner.readName();
    const lower = text.toLowerCase();
    const name = FUNCTION_WORDS.get(lower);
    if (name !== undefined) return this.isCalled() ? this.token(name, text) : this.token('IDENTIFIER', text);
    return RESERVED_WORDS.has(lower) ? this.token(lower, text) : this.token('IDENTIFIER', text);
  }

  /** Whether `(`, or `by (` or `without (`, comes next. */
  private isCalled(): boolean {
    let ahead = this.blanks(0);
    for (const word of ['by', 'without']) {
      const next = this.scanner.characters
        .slice(this.scanner.at + ahead, this.scanner.at + ahead + word.length)
        .join('');
      if (next.toLowerCase() === word) ahead = this.blanks(ahead + word.length);
    }
    return this.scanner.peek(ahead) === '(';
  }

  private blanks(from: number): number {
    let ahead = from;
    while (BLANK.test(this.scanner.peek(ahead))) ahead += 1;
    return ahead;
  }

  private number(): Token {
    const start = this.scanner.at;
    const text = this.scanner.readNumber();
    return this.duration(start, false) ?? this.bytes(start) ?? this.token('NUMBER', text);
  }

  /** A duration that starts at `start` and goes on behind what is read; null leaves everything as it is. */
  private duration(start: number, signed: boolean): Token | null {
    const text = this.literal(start, 'nuµmshdwy', signed ? 1 : 0);
    const value = text === null ? null : parseDurationLiteral(text);
    return text === null || value === null ? null : this.take(start, 'DURATION', text, value);
  }

  private bytes(start: number): Token | null {
    const text = this.literal(start, 'BikKMGTP', 0);
    const value = text === null ? null : parseBytesLiteral(text);
    return text === null || value === null ? null : this.take(start, 'BYTES', text, BigInt(value));
  }

  private take(start: number, kind: string, text: string, value: bigint): Token {
    this.scanner.skip(start + Array.from(text).length - this.scanner.at);
    return this.extended(kind, text, value);
  }

  private literal(start: number, letters: string, consumed: number): string | null {
    const { scanner } = this;
    const from = Math.max(scanner.at, start + consumed);
    let end = from;
    for (;;) {
      const character = scanner.characters[end] ?? '';
      if (character === '' || !(letters.includes(character) || character === '.' || NUMERIC.test(character))) break;
      end += 1;
    }
    return end === from ? null : scanner.characters.slice(start, end).join('');
  }

  private flag(): Token | null {
    const { scanner } = this;
    if (scanner.peek(1) !== '-') return null;
    let end = 0;
    while (scanner.peek(end) === '-' || (scanner.peek(end) !== '_' && isLetter(scanner.peek(end)))) end += 1;
    const text = scanner.characters.slice(scanner.at, scanner.at + end).join('');
    if (text !== '--strict' && text !== '--keep-empty') return null;
    scanner.skip(end);
    return this.extended('FUNCTION_FLAG', text);
  }

  private string(): Token {
    const text = unescapeGo(this.scanner.readQuoted('"'));
    return text === null ? this.scanner.fail('invalid syntax') : this.token('STRING', text);
  }

  /** A character in single quotes is a word to Loki, and so a name where none is allowed. */
  private character(): Token {
    const body = this.scanner.readQuoted("'");
    if (Array.from(unescapeGo(body) ?? '').length !== 1) this.scanner.fail('invalid char literal');
    return this.token('IDENTIFIER', `'${body}'`);
  }

  private range(): Token {
    const { scanner } = this;
    scanner.next();
    scanner.tokenLine = 0;
    const start = scanner.at;
    while (scanner.peek() !== ']') {
      if (scanner.next() === '') scanner.fail("missing closing ']' in duration");
    }
    const text = scanner.textFrom(start);
    scanner.next();
    const value = parsePrometheusDuration(text, goQuote);
    return typeof value === 'string' ? scanner.fail(value) : this.extended('RANGE', text, value);
  }

  private sign(): Token {
    const one = this.scanner.next();
    const two = one + this.scanner.peek();
    if (two.length > 1 && SIGNS.has(two)) {
      this.scanner.next();
      return this.extended(two, two);
    }
    return SIGNS.has(one) ? this.token(one, one) : this.token('IDENTIFIER', one);
  }
}
