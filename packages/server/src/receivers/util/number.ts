/** Powers of ten that a double holds exactly. */
const POWER_OF_TEN = Array.from({ length: 23 }, (_, exponent) => 10 ** exponent);

/**
 * Reads source[start, end), a number in JSON's syntax, as the nearest double. Up to 15 digits without exponent need no
 * string: both the digits and the power of ten are exact, so one division rounds right (Clinger, "How to read floating
 * point numbers accurately", 1990). Anything else goes through Number().
 */
export function readNumber(source: Buffer, start: number, end: number): number {
  const negative = source[start] === 0x2d;
  let i = negative ? start + 1 : start;
  if (end - i > 16) return Number(source.toString('latin1', start, end));
  let value = 0;
  let point = -1;
  for (; i < end; i++) {
    const digit = source[i] - 0x30;
    if (digit >= 0 && digit <= 9) value = value * 10 + digit;
    else if (source[i] === 0x2e) point = i;
    else return Number(source.toString('latin1', start, end));
  }
  if (value > Number.MAX_SAFE_INTEGER) return Number(source.toString('latin1', start, end));
  if (point >= 0) value /= POWER_OF_TEN[end - point - 1];
  return negative ? -value : value;
}

const NUMBER_TEXT = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** Reads a text as a finite decimal number, NaN when it is none. */
export function numberOfText(text: string): number {
  return NUMBER_TEXT.test(text) && Number.isFinite(Number(text)) ? Number(text) : Number.NaN;
}
