/**
 * A query that does not parse or cannot be run. `message` is the whole text that clients get, in Loki's words;
 * `line` and `column` count from 1 in characters, and are 0 where the fault has no place (Loki also gives line 0
 * for tokens of more than one character that are not words, so the column is what to go by).
 */
export class LogqlError extends Error {
  readonly line: number;
  readonly column: number;

  constructor(detail: string, line = 0, column = 0) {
    super(
      line === 0 && column === 0 ? `parse error : ${detail}` : `parse error at line ${line}, col ${column}: ${detail}`,
    );
    this.name = 'LogqlError';
    this.line = line;
    this.column = column;
  }
}

/** A query where a selector alone belongs. Loki tells this one without `parse error`. */
export class SelectorError extends LogqlError {
  constructor() {
    super('');
    this.message = 'only label matchers are supported';
  }
}

/** What only the server can check: it has the engines that queries run on. Each answers Go's error text, or null. */
export interface LogqlChecks {
  regexp?(pattern: string): string | null;
  template?(text: string): string | null;
}
