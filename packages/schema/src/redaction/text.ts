import { RULE_IDS } from './rule-ids.ts';
import { findSpans } from './rules.ts';
import { scanText } from './scan.ts';
import { replaceSpans } from './spans.ts';

/** Hits by rule, in the order of RULE_IDS. */
export type Hits = Uint32Array;

export const newHits = (): Hits => new Uint32Array(RULE_IDS.length);

/** Shorter texts hold no secret: the shortest is `pwd=x`. */
export const TEXT_BYTES_MIN = 5;

/** The text with the secrets of these forms replaced; the same string when there are none. */
export function redactText(text: string, forms: number, hits: Hits): string {
  const spans = findSpans(text, forms);
  if (spans.length === 0) return text;
  for (const span of spans) hits[span.rule]++;
  return replaceSpans(text, spans);
}

/** As redactText, for a text that has not been scanned. */
export function scanAndRedact(text: string, forms: number, hits: Hits): string {
  const found = scanText(text) & forms;
  return found === 0 ? text : redactText(text, found, hits);
}
