import { type GoToken, goTokens } from './go-tokens.ts';

/** A query that Loki's parser was tested with. */
export interface ParseCase {
  query: string;
  /** Null: it parses. Otherwise Loki's whole message, or a part of it where the test has a constant. */
  error: string | null;
}

const TABLE = 'ParseTestCases';

/** The entries `{in: …, exp: …, err: …}` of the table in parser_test.go. */
export function parseCases(source: string): ParseCase[] {
  const tokens = goTokens(source);
  const start = tokens.findIndex(({ text }) => text === TABLE);
  if (start < 0) throw new Error(`no ${TABLE} in the source`);
  let at = closing(tokens, indexOf(tokens, '{', start)) + 1;
  if (tokens[at]?.text !== '{') throw new Error(`no entries behind ${TABLE}`);
  const end = closing(tokens, at);
  const cases: ParseCase[] = [];
  for (at++; at < end; at++) {
    if (tokens[at].text !== '{') continue;
    const close = closing(tokens, at);
    cases.push(caseOf(fields(tokens.slice(at + 1, close))));
    at = close;
  }
  return cases;
}

/** `name: expression,` at the top of an entry. */
function fields(tokens: readonly GoToken[]): Map<string, GoToken[]> {
  const found = new Map<string, GoToken[]>();
  let value: GoToken[] = [];
  let depth = 0;
  for (const [i, token] of tokens.entries()) {
    if (depth === 0 && tokens[i + 1]?.text === ':' && token.kind === 'word') {
      value = [];
      found.set(token.text, value);
    } else value.push(token);
    if (token.kind === 'mark') depth += '({['.includes(token.text) ? 1 : ')}]'.includes(token.text) ? -1 : 0;
  }
  return found;
}

function caseOf(entry: ReadonlyMap<string, readonly GoToken[]>): ParseCase {
  const query = joinedStrings(entry.get('in') ?? []);
  const error = entry.get('err');
  if (error === undefined || error.some(({ text }) => text === 'nil')) return { query, error: null };
  return { query, error: messageOf(error) };
}

/** `logqlmodel.NewParseError("…", line, column)`: as Loki prints it. */
function messageOf(tokens: readonly GoToken[]): string {
  const message = joinedStrings(tokens);
  const [line, column] = tokens.filter(({ kind }) => kind === 'number').map(({ text }) => Number(text));
  if (message === '' || line === undefined || column === undefined) return message;
  return line === 0 && column === 0
    ? `parse error : ${message}`
    : `parse error at line ${line}, col ${column}: ${message}`;
}

function joinedStrings(tokens: readonly GoToken[]): string {
  return tokens
    .filter(({ kind }) => kind === 'string')
    .map(({ text }) => text)
    .join('');
}

function indexOf(tokens: readonly GoToken[], mark: string, from: number): number {
  const found = tokens.findIndex(({ kind, text }, i) => i >= from && kind === 'mark' && text === mark);
  if (found < 0) throw new Error(`no ${mark} behind ${TABLE}`);
  return found;
}

/** The mark that closes the one at `open`. */
function closing(tokens: readonly GoToken[], open: number): number {
  let depth = 0;
  for (let i = open; i < tokens.length; i++) {
    const { kind, text } = tokens[i];
    if (kind !== 'mark') continue;
    if ('({['.includes(text)) depth++;
    else if (')}]'.includes(text) && --depth === 0) return i;
  }
  throw new Error('a bracket is not closed');
}
