import type { LabelSlot } from './label-slot.ts';
import type { RowLabels } from './row-labels.ts';

/** What a parser does after it set a label: go on, stop for nothing is missing, or drop the row. */
export const GO_ON = 0;
export const ALL_FOUND = 1;
export const DROPPED = 2;
export const FAILED = 3;
export type Outcome = typeof GO_ON | typeof ALL_FOUND | typeof DROPPED | typeof FAILED;

/**
 * The slot that a parser sets for a name found in the line, null where the label is not to be set: it was found before,
 * or no part of the query needs it.
 */
export function targetSlot(labels: RowLabels, slot: LabelSlot): LabelSlot | null {
  const target = labels.isTaken(slot) ? slot.extracted(labels.slots) : slot;
  return target.required && !labels.isExtracted(target) ? target : null;
}

/** Sets a parsed label, and looks ahead at the filters directly behind the parser: rows they drop need no more parsing. */
export function setParsed(labels: RowLabels, slot: LabelSlot, value: string, stage: number): Outcome {
  labels.set(slot, value);
  if (slot.checks !== null) {
    for (const check of slot.checks) if (check.stage === stage && check.drops(value)) return DROPPED;
  }
  return slot.awaited && labels.allFound() ? ALL_FOUND : GO_ON;
}
