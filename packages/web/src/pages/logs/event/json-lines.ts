/** A piece of a line of JSON, and what it is. */
export interface JsonToken {
  text: string;
  kind: 'name' | 'text' | 'number' | 'word' | 'sign';
  /** Its place in the line. */
  start: number;
}

const TOKEN = /("(?:\\.|[^"\\])*")(\s*:)?|(-?\d[\d.eE+-]*)|(true|false|null)|[^"\d\-tfn]+|./g;

/** One line of pretty JSON in pieces. */
export function jsonTokens(line: string): JsonToken[] {
  const tokens: JsonToken[] = [];
  for (const { 0: all, 1: quoted, 2: colon, 3: number, 4: word, index } of line.matchAll(TOKEN)) {
    if (quoted !== undefined) {
      tokens.push({ text: quoted, kind: colon === undefined ? 'text' : 'name', start: index });
      if (colon !== undefined) tokens.push({ text: colon, kind: 'sign', start: index + quoted.length });
    } else {
      const kind = number !== undefined ? 'number' : word !== undefined ? 'word' : 'sign';
      tokens.push({ text: all, kind, start: index });
    }
  }
  return tokens;
}
