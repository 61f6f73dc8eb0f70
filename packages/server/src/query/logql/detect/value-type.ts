import { parseBytes, parseGoDuration, parseGoFloat } from '../values/index.ts';

export type FieldType = 'string' | 'int' | 'float' | 'boolean' | 'duration' | 'bytes';

/** What strconv.ParseBool reads: https://pkg.go.dev/strconv#ParseBool */
const BOOLEANS = new Set(['1', 't', 'T', 'true', 'TRUE', 'True', '0', 'f', 'F', 'false', 'FALSE', 'False']);

/** The first of Go's readings that takes the text, in Loki's order. */
export function typeOf(text: string): FieldType {
  if (isInt64(text)) return 'int';
  if (parseGoFloat(text) !== null) return 'float';
  if (BOOLEANS.has(text)) return 'boolean';
  if (parseGoDuration(text) !== null) return 'duration';
  return parseBytes(text) === null ? 'string' : 'bytes';
}

const INT64_MAX = (1n << 63n) - 1n;
/** So many digits are in an int64 whatever they are. */
const SAFE_DIGITS = 18;

/** As strconv.ParseInt(text, 10, 64). */
function isInt64(text: string): boolean {
  const digits = /^[+-]?0*(\d+)$/.exec(text)?.[1];
  if (digits === undefined) return false;
  if (digits.length <= SAFE_DIGITS) return true;
  return digits.length === SAFE_DIGITS + 1 && BigInt(digits) <= INT64_MAX + (text.startsWith('-') ? 1n : 0n);
}
