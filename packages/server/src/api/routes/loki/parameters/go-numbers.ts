import { goQuote } from '../../../../query/logql/values/index.ts';
import { PermanentError } from '../../../../runtime/errors.ts';

const INT64_MAX = (1n << 63n) - 1n;
const INT64_MIN = -(1n << 63n);
/** Of an int64. A longer text is over the limit whatever it says, and is never made a number. */
const DIGITS_MAX = 19;

export type GoInteger = bigint | 'syntax' | 'range';

/** A decimal integer as Go's strconv.ParseInt(text, 10, 64) reads it: https://pkg.go.dev/strconv#ParseInt */
export function parseGoInteger(text: string): GoInteger {
  const match = /^[+-]?0*(\d+)$/.exec(text);
  if (match === null) return 'syntax';
  if (match[1]!.length > DIGITS_MAX) return 'range';
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text);
  return value > INT64_MAX || value < INT64_MIN ? 'range' : value;
}

/** Go's words for a text that is no such integer. `call` is the function that Loki uses. */
export function goIntegerError(call: 'ParseInt' | 'Atoi', text: string, fault: 'syntax' | 'range'): string {
  return `strconv.${call}: parsing ${goQuote(text)}: ${fault === 'syntax' ? 'invalid syntax' : 'value out of range'}`;
}

/** To what an int64 holds: every time and duration of Loki's is one, in nanoseconds. */
export function clampInt64(value: bigint): bigint {
  return value > INT64_MAX ? INT64_MAX : value < INT64_MIN ? INT64_MIN : value;
}

export const isInt64 = (value: bigint): boolean => value <= INT64_MAX && value >= INT64_MIN;

const UINT32_MAX = 0xffff_ffff;

/**
 * `limit` and its like: a positive integer.
 * @throws PermanentError `invalid_parameter` in Loki's words.
 */
export function parseLimit(text: string, otherwise: number, name: string): number {
  if (text === '') return otherwise;
  const value = parseGoInteger(text);
  if (typeof value === 'string') {
    throw new PermanentError('invalid_parameter', goIntegerError('Atoi', text, value), name);
  }
  if (value <= 0n) throw new PermanentError('invalid_parameter', 'limit must be a positive value', name);
  if (value > BigInt(UINT32_MAX)) {
    const shown = name === 'line_limit' ? name : 'limit';
    throw new PermanentError('invalid_parameter', `${shown} value ${value} is out of range [0, ${UINT32_MAX}]`, name);
  }
  return Number(value);
}
