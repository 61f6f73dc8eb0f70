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
  const compiled = new Map<string, Target[]>();
  for (const target of compileTargets(labels, targets)) {
    compiled.set(target.slot.name, [...(compiled.get(target.slot.name) ?? []), target]);
  }
  const keeps = (name: string, value: string): boolean => {
    const named = compiled.get(name);
    return named?.some(({ matches }) => matches === null || matches(value)) ?? false;
  };
  return () => {
    for (const [name, value] of labels.streamLabels()) if (!keeps(name, value)) labels.delete(labels.slots.slot(name));
    deleteOthers(labels, labels.metadata, keeps);
    deleteOthers(labels, labels.parsed, keeps);
    return true;
  };
}

function deleteOthers(
  labels: RowLabels,
  slots: readonly LabelSlot[],
  keeps: (name: string, value: string) => boolean,
): void {
  for (let i = slots.length - 1; i >= 0; i--) {
    const slot = slots[i] as LabelSlot;
    if (slot.name !== PRESERVE_ERROR_LABEL && !keeps(slot.name, slot.value)) labels.delete(slot);
  }
}
