import { FunctionError } from './value.ts';

/** A template's output, and every value on the way, holds so many UTF-16 units at most. */
export const MAX_TEXT_LENGTH = 1 << 20;
/** Work of one execution: nodes walked, plus one unit for every 64 characters that functions read and write. */
export const MAX_STEPS = 500_000;
/** Templates call templates so deep at most (Go: 100,000). */
export const MAX_CALL_DEPTH = 100;

/** @throws FunctionError when a function would build a text of this length. */
export function checkTextLength(length: number): void {
  if (length > MAX_TEXT_LENGTH) throw new FunctionError(`result exceeds ${MAX_TEXT_LENGTH} characters`);
}
