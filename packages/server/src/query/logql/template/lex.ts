import { goQuote } from '../values/index.ts';

export type TokenKind =
  | 'error'
  | 'eof'
  | 'text'
  | 'left'
  | 'right'
  | 'space'
  | 'assign'
  | 'declare'
  | 'pipe'
  | '('
  | ')'
  | 'char'
  | 'rune'
  | 'number'
  | 'complex'
  | 'string'
  | 'raw'
  | 'variable'
  | 'field'
  | 'dot'
  | 'identifier'
  | 'bool'
  | 'keyword';

export interface Token {
  kind: TokenKind;
  at: number;
  text: string;
  line: number;
}

const KEYWORDS = new Set([
  'block',
  'break',
  'continue',
  'define',
  'else',
  'end',
  'if',
  'range',
  'nil',
  'template',
  'with',
]);
const ALPHANUMERIC = /^[_\p{L}\p{Nd}]$/u;
const TRIM_MARKER = 2;

/** Tokens of a text as Go's text/template/parse reads them; the last is `eof`, or `error` with Go's text. */
export function lexTemplate(text: string): Token[] {
  const lexer = new Lexer(text);
  lexer.run();
  return lexer.tokens;
}

/** A token as Go shows it: `"foo"`, `<end>`, `EOF`, a long one cut after ten characters. */
export function tokenText(token: Token): string {
  if (token.kind === 'eof') return 'EOF';
  if (token.kind === 'error') return token.text;
  if (token.kind === 'keyword' || token.kind === 'dot') return `<${token.text}>`;
  if (Buffer.byteLength(token.text) <= 10) return goQuote(token.text);
  return `${goQuote([...token.text].slice(0, 10).join(''))}...`;
}

class LexFailure extends Error {}

class Lexer {
  readonly tokens: Token[] = [];
  private readonly text: string;
  private at = 0;
  private start = 0;
  private line = 1;
  private startLine = 1;

  constructor(text: string) {
    this.text = text;
  }

  run(): void {
    try {
      while (this.lexText()) this.lexAction();
      this.emit('eof');
    } catch (error) {
      if (!(error instanceof LexFailure)) throw error;
      this.tokens.push({ kind: 'error', at: this.start, text: error.message, line: this.startLine });
    }
  }

  private emit(kind: TokenKind): void {
    this.tokens.push({ kind, at: this.start, text: this.text.slice(this.start, this.at), line: this.startLine });
    this.skip();
  }

  /** Leaves out what lies between start and the place reached, and counts its lines. */
  private skip(): void {
    for (let at = this.start; at < this.at; at += 1) if (this.text.charCodeAt(at) === 10) this.line += 1;
    this.start = this.at;
    this.startLine = this.line;
  }

  /** Text, comments and the left delimiter; false at the end. */
  private lexText(): boolean {
    for (;;) {
      const open = this.text.indexOf('{{', this.at);
      if (open === -1) {
        this.at = this.text.length;
        if (this.at > this.start) this.emit('text');
        return false;
      }
      const trims = this.text[open + 2] === '-' && isSpace(this.text[open + 3]);
      this.at = trims ? trimmedEnd(this.text, this.start, open) : open;
      if (this.at > this.start) this.emit('text');
      this.at = open;
      this.skip();
      const inside = open + 2 + (trims ? TRIM_MARKER : 0);
      if (!this.text.startsWith('/*', inside)) {
        this.at = open + 2;
        this.emit('left');
        this.at = inside;
        this.skip();
        return true;
      }
      this.at = inside;
      this.skip();
      this.lexComment();
    }
  }

  private lexComment(): void {
    const close = this.text.indexOf('*/', this.at + 2);
    if (close === -1) throw new LexFailure('unclosed comment');
    this.at = close + 2;
    const delimiter = this.rightDelimiter();
    if (delimiter === null) throw new LexFailure('comment ends before closing delimiter');
    this.at += delimiter;
    if (delimiter > 2) this.at = spacesEnd(this.text, this.at);
    this.skip();
  }

  /** Length of the right delimiter that starts here, trim marker included; null when there is none. */
  private rightDelimiter(): number | null {
    if (this.text.startsWith('}}', this.at)) return 2;
    const trims =
      isSpace(this.text[this.at]) &&
      this.text[this.at + 1] === '-' &&
      this.text.startsWith('}}', this.at + TRIM_MARKER);
    return trims ? 2 + TRIM_MARKER : null;
  }

  private lexAction(): void {
    let depth = 0;
    for (;;) {
      const delimiter = this.rightDelimiter();
      if (delimiter !== null) {
        if (depth > 0) throw new LexFailure('unclosed left paren');
        this.lexRightDelimiter(delimiter);
        return;
      }
      const char = this.text[this.at];
      if (char === '(') depth += 1;
      if (char === ')') depth -= 1;
      if (depth < 0) {
        this.at += 1;
        throw new LexFailure('unexpected right paren');
      }
      this.lexInside(char);
    }
  }

  private lexRightDelimiter(length: number): void {
    if (length > 2) {
      this.at += TRIM_MARKER;
      this.skip();
    }
    this.at += 2;
    this.emit('right');
    if (length > 2) {
      this.at = spacesEnd(this.text, this.at);
      this.skip();
    }
  }

  private lexInside(char: string | undefined): void {
    const next = this.text[this.at + 1];
    if (char === undefined) throw new LexFailure('unclosed action');
    if (isSpace(char)) this.lexSpace();
    else if (char === '"') this.lexQuoted('"', 'string', 'unterminated quoted string');
    else if (char === "'") this.lexQuoted("'", 'rune', 'unterminated character constant');
    else if (char === '`') this.lexRaw();
    else if (char === '=') this.single('assign');
    else if (char === '|') this.single('pipe');
    else if (char === '(' || char === ')') this.single(char);
    else if (char === ':') this.lexDeclare();
    else if (char === '$') this.lexName('variable');
    else if (char === '.' && (next === undefined || !isDigit(next))) this.lexName('field');
    else if (char === '.' || char === '+' || char === '-' || isDigit(char)) this.lexNumber();
    else if (ALPHANUMERIC.test(this.rune())) this.lexIdentifier();
    else if (char > ' ' && char < '\u007f') this.single('char');
    else throw new LexFailure(`unrecognized character in action: ${unicodeText(this.rune())}`);
  }

  private lexDeclare(): void {
    if (this.text[this.at + 1] !== '=') throw new LexFailure('expected :=');
    this.at += 2;
    this.emit('declare');
  }

  private rune(): string {
    const code = this.text.codePointAt(this.at);
    return code === undefined ? '' : String.fromCodePoint(code);
  }

  private single(kind: TokenKind): void {
    this.at += 1;
    this.emit(kind);
  }

  private lexSpace(): void {
    const end = spacesEnd(this.text, this.at);
    this.at = end;
    // The last space belongs to a trim marker that follows.
    if (this.text[end] === '-' && this.text.startsWith('}}', end + 1)) this.at -= 1;
    if (this.at > this.start) this.emit('space');
  }

  private lexQuoted(quote: string, kind: TokenKind, failure: string): void {
    this.at += 1;
    for (;;) {
      const char = this.text[this.at];
      this.at += 1;
      if (char === quote) break;
      const escaped = char === '\\' ? this.text[this.at] : 'x';
      if (char === undefined || char === '\n' || escaped === undefined || escaped === '\n')
        throw new LexFailure(failure);
      if (char === '\\') this.at += 1;
    }
    this.emit(kind);
  }

  private lexRaw(): void {
    const close = this.text.indexOf('`', this.at + 1);
    if (close === -1) throw new LexFailure('unterminated raw quoted string');
    this.at = close + 1;
    this.emit('raw');
  }

  private alphanumericRun(): void {
    for (let rune = this.rune(); rune !== '' && ALPHANUMERIC.test(rune); rune = this.rune()) this.at += rune.length;
  }

  private lexName(kind: 'variable' | 'field'): void {
    this.at += 1;
    if (this.atTerminator()) {
      this.emit(kind === 'field' ? 'dot' : kind);
      return;
    }
    this.alphanumericRun();
    this.expectTerminator();
    this.emit(kind);
  }

  private lexIdentifier(): void {
    this.alphanumericRun();
    this.expectTerminator();
    const word = this.text.slice(this.start, this.at);
    if (KEYWORDS.has(word)) this.emit('keyword');
    else this.emit(word === 'true' || word === 'false' ? 'bool' : 'identifier');
  }

  private expectTerminator(): void {
    if (!this.atTerminator()) throw new LexFailure(`bad character ${unicodeText(this.rune())}`);
  }

  private atTerminator(): boolean {
    const char = this.text[this.at];
    return char === undefined || isSpace(char) || '.,|:)('.includes(char) || this.text.startsWith('}}', this.at);
  }

  private lexNumber(): void {
    if (!this.scanNumber()) throw this.badNumber();
    const sign = this.text[this.at];
    if (sign !== '+' && sign !== '-') {
      this.emit('number');
      return;
    }
    if (!this.scanNumber() || this.text[this.at - 1] !== 'i') throw this.badNumber();
    this.emit('complex');
  }

  private badNumber(): LexFailure {
    return new LexFailure(`bad number syntax: ${goQuote(this.text.slice(this.start, this.at))}`);
  }

  private scanNumber(): boolean {
    const number =
      /[+-]?(?:0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?|0[oO][0-7_]*(?:\.[0-7_]*)?|0[bB][01_]*(?:\.[01_]*)?|[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?)i?/y;
    number.lastIndex = this.at;
    this.at += number.exec(this.text)?.[0].length ?? 0;
    const rune = this.rune();
    if (rune === '' || !ALPHANUMERIC.test(rune)) return true;
    this.at += rune.length;
    return false;
  }
}

function isSpace(char: string | undefined): boolean {
  return char === ' ' || char === '\t' || char === '\r' || char === '\n';
}

function isDigit(char: string): boolean {
  return char >= '0' && char <= '9';
}

function spacesEnd(text: string, start: number): number {
  let at = start;
  while (isSpace(text[at])) at += 1;
  return at;
}

function trimmedEnd(text: string, start: number, end: number): number {
  let at = end;
  while (at > start && isSpace(text[at - 1])) at -= 1;
  return at;
}

/** Go's %#U: `U+0021 '!'`. */
function unicodeText(rune: string): string {
  if (rune === '') return 'U+FFFFFFFFFFFFFFFF';
  const code = (rune.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(rune) ? `U+${code} '${rune}'` : `U+${code}`;
}
