/**
 * Words as ClickHouse's splitByNonAlpha tokenizer sees them: runs of ASCII letters, digits and anything non-ASCII.
 * Every other ASCII character separates. https://clickhouse.com/docs/sql-reference/functions/splitting-merging-functions
 */
const SEPARATORS = /[\0-/:-@[-`{-\x7f]+/;
const NON_ASCII = /[^\0-\x7f]/;

/** Lower case of A to Z only, as ClickHouse's lower() does it: 'Ä' stays 'Ä'. */
export function lowerAscii(text: string): string {
  if (!NON_ASCII.test(text)) return text.toLowerCase();
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** The words of a text in their order, case kept. */
export function splitWords(text: string): string[] {
  return text.split(SEPARATORS).filter((word) => word !== '');
}

/** Words that a message with this text certainly has whole: those with a separator on both sides. */
export function innerWords(text: string): string[] {
  const pieces = text.split(SEPARATORS);
  return pieces.slice(1, -1).filter((word) => word !== '');
}

/** Whether the UTF-16 unit belongs to a word. */
export function isWordCode(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 48 && code <= 57) || code > 127 || (code >= 65 && code <= 90);
}

export function hasDigit(text: string): boolean {
  return /[0-9]/.test(text);
}

export function hasNonAscii(text: string): boolean {
  return NON_ASCII.test(text);
}
