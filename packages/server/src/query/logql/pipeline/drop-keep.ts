import type { LabelTarget } from '@tailwater/schema/logql';
import { labelMatcher } from './label-filter.ts';
import type { LabelSlot } from './label-slot.ts';
import { ERROR_DETAILS_LABEL, ERROR_LABEL, PRESERVE_ERROR_LABEL, type RowLabels } from './row-labels.ts';
import type { StageFunction } from './stage.ts';

interface Target {
  slot: LabelSlot;
  matches: ((value: string) => boolean) | null;
}

function compileTargets(labels: RowLabels, targets: readonly LabelTarget[]): Target[] {
  return targets.map(({ name, matcher }) => ({
    slot: labels.slots.pin(name),
    matches: matcher === null ? null : labelMatcher(matcher, true),
  }));
}

/** `| drop a, b="x"`: labels of whatever category; of `__error__` the row's error. */
export function dropStage(labels: RowLabels, targets: readonly LabelTarget[]): StageFunction {
  const compiled = compileTargets(labels, targets);
  return () => {
    for (const target of compiled) dropTarget(labels, target);
    return true;
  };
}

function dropTarget(labels: RowLabels, { slot, matches }: Target): void {
  if (slot.name === ERROR_LABEL) {
    if (matches === null || matches(labels.error)) labels.error = '';
  } else if (slot.name === ERROR_DETAILS_LABEL) {
    if (matches === null || matches(labels.errorDetails)) labels.errorDetails = '';
  } else {
    const value = labels.get(slot);
    if (matches === null ? value !== undefined : matches(value ?? '')) labels.delete(slot);
  }
}

/** `| keep a, b="x"`: all other labels go; errors stay. */
export function keepStage(labels: RowLabels, targets: readonly LabelTarget[]): StageFunction {
  const named = new Map<LabelSlot, Target[]>();
  const compiled = compileTargets(labels, targets);
  for (const target of compiled) named.set(target.slot, [...(named.get(target.slot) ?? []), target]);
  named.set(labels.slots.pin(PRESERVE_ERROR_LABEL), [{ slot: labels.slots.pin(PRESERVE_ERROR_LABEL), matches: null }]);
  const keeps = (slot: LabelSlot, value: string): boolean =>
    named.get(slot)?.some(({ matches }) => matches === null || matches(value)) ?? false;
  return () => {
    labels.retain(keeps);
    return true;
  };
}
