/** A token of Go; of a string its value. */
export interface GoToken {
  kind: 'word' | 'number' | 'string' | 'mark';
  text: string;
}

const TOKEN =
  /\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/|(?<raw>`[^`]*`)|(?<quoted>"(?:[^"\\\n]|\\.)*")|'(?:[^'\\]|\\.)+'|(?<word>[\p{L}_][\p{L}\p{N}_]*)|(?<number>\d[\w.]*)|(?<mark>.)/uy;

/**
 * Splits a Go source into tokens, as far as reading its literals needs.
 * https://go.dev/ref/spec#Lexical_elements
 */
export function goTokens(source: string): GoToken[] {
  const tokens: GoToken[] = [];
  TOKEN.lastIndex = 0;
  for (let found = TOKEN.exec(source); found !== null; found = TOKEN.exec(source)) {
    const { raw, quoted, word, number, mark } = found.groups!;
    // Go leaves carriage returns out of raw strings.
    if (raw !== undefined) tokens.push({ kind: 'string', text: raw.slice(1, -1).replaceAll('\r', '') });
    else if (quoted !== undefined) tokens.push({ kind: 'string', text: goUnquote(quoted) });
    else if (word !== undefined) tokens.push({ kind: 'word', text: word });
    else if (number !== undefined) tokens.push({ kind: 'number', text: number });
    else if (mark !== undefined) tokens.push({ kind: 'mark', text: mark });
  }
  return tokens;
}

const SIMPLE: Record<string, number> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11, '\\': 92, '"': 34, "'": 39 };

/** The value of an interpreted string. Bytes that are no UTF-8 become U+FFFD. https://go.dev/ref/spec#String_literals */
function goUnquote(quoted: string): string {
  const parts: Buffer[] = [];
  for (const [piece] of quoted.slice(1, -1).matchAll(/\\(?:x..|u.{4}|U.{8}|[0-7]{3}|.)|[^\\]+/gsu)) {
    parts.push(piece.startsWith('\\') ? escaped(piece.slice(1)) : Buffer.from(piece));
  }
  return Buffer.concat(parts).toString('utf8');
}

function escaped(text: string): Buffer {
  const first = text.charAt(0);
  if (text.length === 1 && first in SIMPLE) return Buffer.of(SIMPLE[first]);
  if (first === 'x') return Buffer.of(Number.parseInt(text.slice(1), 16));
  if (first === 'u' || first === 'U') return Buffer.from(String.fromCodePoint(Number.parseInt(text.slice(1), 16)));
  return Buffer.of(Number.parseInt(text, 8));
}
