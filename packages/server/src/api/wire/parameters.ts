import { z } from 'zod';

/** A whole number in decimal digits. */
export function integerParameter(min: number, max: number) {
  const isInRange = (text: string) => /^\d{1,9}$/.test(text) && Number(text) >= min && Number(text) <= max;
  return z
    .string()
    .refine(isInRange, { error: `expected a whole number from ${min} to ${max}` })
    .transform(Number);
}
