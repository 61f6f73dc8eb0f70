import { compileRegex } from '../regex/index.ts';
import { DROPPED, setParsed, targetSlot } from './extract.ts';
import { sanitizeName } from './label-name.ts';
import type { LabelSlot } from './label-slot.ts';
import type { RowLabels } from './row-labels.ts';
import type { StageFunction } from './stage.ts';

interface Group {
  number: number;
  slot: LabelSlot;
}

/** `| regexp "…(?P<name>…)…"`: the named groups of the first match; one that took no part gives an empty label. */
export function regexpStage(labels: RowLabels, pattern: string, stage: number): StageFunction {
  const regex = compileRegex(pattern);
  const groups: Group[] = [];
  for (const [number, name] of regex.groupNames.entries()) {
    const label = name === null ? '' : sanitizeName(name);
    if (label !== '') groups.push({ number, slot: labels.slots.pin(label) });
  }
  return ({ line }) => {
    const match = regex.exec(line);
    if (match === null) return true;
    for (const { number, slot } of groups) {
      const target = targetSlot(labels, slot);
      if (target !== null && setParsed(labels, target, match[number] ?? '', stage) === DROPPED) return false;
    }
    return true;
  };
}
