import { LogqlError } from './errors.ts';
import { Lexer } from './lexer.ts';

/** A piece of a query's text: indices as JavaScript's strings count them, the end exclusive. */
export interface TokenSpan {
  /** As of a token, or `COMMENT`, or `INVALID` for the rest of the text from where it is no token. */
  kind: string;
  from: number;
  to: number;
}

/** What an editor colours: every token and comment of a query, also of one that is half written. Never throws. */
export function tokenSpans(text: string): TokenSpan[] {
  const index = indexOfCharacters(text);
  const lexer = new Lexer(text);
  const spans: TokenSpan[] = [];
  let end = 0;
  const push = (kind: string, from: number, to: number) => {
    if (to > from) spans.push({ kind, from: index(from), to: index(to) });
  };
  for (;;) {
    const kind = kindOfNext(lexer);
    const { start, end: next } = lexer.span;
    pushComments(text, index(end), index(start), spans);
    if (kind === '$end') return spans;
    if (kind === null) {
      push('INVALID', start, Number.POSITIVE_INFINITY);
      return spans;
    }
    push(kind, start, next);
    end = next;
  }
}

/** Null for what is no token. */
function kindOfNext(lexer: Lexer): string | null {
  try {
    return lexer.next().kind;
  } catch (error) {
    if (error instanceof LogqlError) return null;
    throw error;
  }
}

function pushComments(text: string, from: number, to: number, spans: TokenSpan[]): void {
  for (const found of text.slice(from, to).matchAll(/#.*|\/\/.*|\/\*[\s\S]*?\*\//g)) {
    spans.push({ kind: 'COMMENT', from: from + found.index, to: from + found.index + found[0].length });
  }
}

/** From the lexer's count of characters to that of JavaScript, where some are two. */
function indexOfCharacters(text: string): (character: number) => number {
  if (!/[\ud800-\udfff]/.test(text)) return (character) => Math.min(character, text.length);
  const starts = [0];
  for (const character of text) starts.push(starts.at(-1)! + character.length);
  return (character) => starts[Math.min(character, starts.length - 1)]!;
}
