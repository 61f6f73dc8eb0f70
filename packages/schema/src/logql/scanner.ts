import { LogqlError } from './errors.ts';

const LETTER = /^[\p{L}_]$/u;
const LETTER_OR_DIGIT = /^[\p{L}\p{Nd}_]$/u;

export function isLetter(character: string): boolean {
  return isAsciiLetter(character) || (character > '\x7f' && LETTER.test(character));
}

function isNamePart(character: string): boolean {
  return isAsciiLetter(character) || isDecimal(character) || (character > '\x7f' && LETTER_OR_DIGIT.test(character));
}

function isAsciiLetter(character: string): boolean {
  return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') || character === '_';
}

export function isDecimal(character: string): boolean {
  return character >= '0' && character <= '9';
}

function isHexadecimal(character: string): boolean {
  return isDecimal(character) || (character >= 'a' && character <= 'f') || (character >= 'A' && character <= 'F');
}

/** Characters with their place, cut into Go's raw tokens: https://pkg.go.dev/text/scanner. The end is the empty string. */
export class Scanner {
  readonly characters: readonly string[];
  at = 0;
  line = 1;
  column = 1;
  /** Place of the token being read. */
  tokenLine = 0;
  tokenColumn = 0;
  /** Index of its first character. */
  tokenStart = 0;

  constructor(text: string) {
    this.characters = Array.from(text);
    if (text.startsWith('\ufeff')) this.next();
  }

  peek(ahead = 0): string {
    return this.characters[this.at + ahead] ?? '';
  }

  next(): string {
    const character = this.peek();
    if (character === '') return '';
    if (character === '\0') this.fail('invalid character NUL');
    if (character >= '\ud800' && character <= '\udfff' && character.length === 1) this.fail('invalid UTF-8 encoding');
    this.at += 1;
    this.column += 1;
    if (character === '\n') {
      this.line += 1;
      this.column = 1;
    }
    return character;
  }

  skip(count: number): void {
    for (let done = 0; done < count; done += 1) this.next();
  }

  textFrom(start: number): string {
    return this.characters.slice(start, this.at).join('');
  }

  fail(detail: string): never {
    throw new LogqlError(detail, this.tokenLine, this.tokenColumn);
  }

  /** Blanks and comments of all three kinds. */
  skipBlanks(): void {
    for (;;) {
      const character = this.peek();
      if (character === ' ' || character === '\t' || character === '\n' || character === '\r') this.next();
      else if (character === '#' || (character === '/' && this.peek(1) === '/')) this.skipLine();
      else if (character === '/' && this.peek(1) === '*') this.skipComment();
      else return;
    }
  }

  private skipLine(): void {
    while (this.peek() !== '' && this.peek() !== '\n') this.next();
  }

  private skipComment(): void {
    this.startToken();
    this.skip(2);
    while (this.peek() !== '*' || this.peek(1) !== '/') {
      if (this.next() === '') this.fail('comment not terminated');
    }
    this.skip(2);
  }

  startToken(): void {
    this.tokenStart = this.at;
    this.tokenLine = this.line;
    this.tokenColumn = this.column;
    // An empty text has no first line.
    if (this.characters.length === 0) this.tokenLine = this.tokenColumn = 0;
  }

  readName(): string {
    const start = this.at;
    while (isNamePart(this.peek()) && this.peek() !== '') this.next();
    return this.textFrom(start);
  }

  /** Reads a literal in `quote`s, escapes as written. */
  readQuoted(quote: string): string {
    this.next();
    const start = this.at;
    while (this.peek() !== quote) {
      if (this.peek() === '' || this.peek() === '\n') this.fail('literal not terminated');
      if (this.next() === '\\') this.skipEscape(quote);
    }
    const body = this.textFrom(start);
    this.next();
    return body;
  }

  private skipEscape(quote: string): void {
    const letter = this.peek();
    if (letter === quote || (letter !== '' && 'abfnrtv\\'.includes(letter))) this.next();
    else if (letter >= '0' && letter <= '7') this.skipDigits(3, (digit) => digit >= '0' && digit <= '7');
    else if (letter === 'x' || letter === 'u' || letter === 'U') {
      this.next();
      this.skipDigits(letter === 'x' ? 2 : letter === 'u' ? 4 : 8, isHexadecimal);
    } else this.fail('invalid char escape');
  }

  private skipDigits(count: number, accepts: (digit: string) => boolean): void {
    for (let done = 0; done < count; done += 1) {
      if (this.peek() === '' || !accepts(this.peek())) this.fail('invalid char escape');
      this.next();
    }
  }

  readRaw(): string {
    this.next();
    const start = this.at;
    while (this.peek() !== '`') {
      if (this.next() === '') this.fail('literal not terminated');
    }
    const body = this.textFrom(start);
    this.next();
    return body;
  }

  /** A number in any of Go's forms; whether a float can be read from it is seen later. */
  readNumber(): string {
    const start = this.at;
    const prefix = this.readPrefix();
    const digits = prefix === 'x' ? isHexadecimal : isDecimal;
    const skipRun = (accepts: (digit: string) => boolean): number => {
      const from = this.at;
      while (this.peek() === '_' || (this.peek() !== '' && accepts(this.peek()))) this.next();
      return this.at - from;
    };
    let count = skipRun(digits);
    const pointed = this.peek() === '.';
    if (pointed) {
      this.next();
      if (prefix === 'o' || prefix === 'b') this.fail(`invalid radix point in ${literalName(prefix)}`);
      count += skipRun(digits);
    }
    if (count === 0) this.fail(`${literalName(prefix)} has no digits`);
    this.readExponent(prefix, pointed, () => skipRun(isDecimal));
    const text = this.textFrom(start);
    this.checkDigits(text, prefix);
    return text;
  }

  private readPrefix(): string {
    const letter = this.peek() === '0' ? this.peek(1).toLowerCase() : '';
    // `0B` is a size, `0B1` a binary number.
    const binary = letter === 'b' && (this.peek(2) === '0' || this.peek(2) === '1');
    if (letter !== 'x' && letter !== 'o' && !binary) return '';
    this.skip(2);
    return letter;
  }

  private readExponent(prefix: string, pointed: boolean, skipDigits: () => number): void {
    const letter = this.peek().toLowerCase();
    // The P of `5PB` is the unit's: only hexadecimal numbers have an exponent with p.
    const exponent = letter === 'e' || (letter === 'p' && prefix === 'x');
    if (!exponent) {
      if (prefix === 'x' && pointed) this.fail("hexadecimal mantissa requires a 'p' exponent");
      return;
    }
    if (letter === 'e' && prefix !== '') this.fail(`'${this.peek()}' exponent requires decimal mantissa`);
    this.next();
    if (this.peek() === '+' || this.peek() === '-') this.next();
    if (skipDigits() === 0) this.fail('exponent has no digits');
  }

  private checkDigits(text: string, prefix: string): void {
    const whole = /^\d+$/.test(text);
    const octal = prefix === '' && whole && text.startsWith('0');
    const wrong = octal || prefix === 'o' ? /[89]/.exec(text) : prefix === 'b' ? /[2-9]/.exec(text.slice(2)) : null;
    if (wrong !== null) this.fail(`invalid digit '${wrong[0]}' in ${literalName(octal ? 'o' : prefix)}`);
    if (/_(?![\da-f])|(?:^|[^\da-fxob])_/i.test(text)) this.fail("'_' must separate successive digits");
  }
}

function literalName(prefix: string): string {
  if (prefix === 'x') return 'hexadecimal literal';
  if (prefix === 'o') return 'octal literal';
  return prefix === 'b' ? 'binary literal' : 'decimal literal';
}
