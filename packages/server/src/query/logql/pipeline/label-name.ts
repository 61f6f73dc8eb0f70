/** The white space of Go's unicode.IsSpace, which JavaScript's trim() differs from in U+0085 and U+FEFF. */
const SPACES =
  /^[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+|[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/g;

export function trimSpace(text: string): string {
  return text.replace(SPACES, '');
}

/**
 * A label name of a key found in a line: other characters than letters, digits and `_` become `_`, and a first digit
 * gets one before it. Empty where the key is blank.
 */
export function sanitizeName(key: string): string {
  const trimmed = trimSpace(key);
  const name = /^[0-9]/.test(trimmed) ? `_${trimmed}` : trimmed;
  return replaceOthers(name);
}

/** A part of a name that has parts before it: a first digit may stay. */
export function sanitizePart(key: string): string {
  return replaceOthers(trimSpace(key));
}

function replaceOthers(text: string): string {
  return text.replace(/[^a-zA-Z0-9_]/gu, '_');
}
