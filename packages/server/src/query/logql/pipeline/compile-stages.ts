import type { Stage } from '@tailwater/schema/logql';
import { decolorize } from './decolorize.ts';
import { dropStage, keepStage } from './drop-keep.ts';
import { labelFormatStage, lineFormatStage } from './format.ts';
import { jsonStage } from './json.ts';
import { jsonPathStage } from './json-path.ts';
import { dropChecks, labelFilterTest } from './label-filter.ts';
import { lineTest } from './line-filter.ts';
import { logfmtKeysStage, logfmtStage } from './logfmt.ts';
import { patternStage } from './pattern.ts';
import { regexpStage } from './regexp.ts';
import type { RowLabels } from './row-labels.ts';
import type { StageFunction } from './stage.ts';
import { unpackStage } from './unpack.ts';

export interface CompiledStages {
  /** Line filters on the line as it was stored: run first, before anything is done about labels. */
  lineTests: readonly ((line: string) => boolean)[];
  stages: readonly StageFunction[];
}

export function compileStages(labels: RowLabels, stages: readonly Stage[]): CompiledStages {
  const lineTests: ((line: string) => boolean)[] = [];
  const functions: StageFunction[] = [];
  let isStoredLine = true;
  for (const [index, stage] of stages.entries()) {
    if (stage.kind === 'line-filter' && isStoredLine) {
      lineTests.push(lineTest(stage));
      continue;
    }
    if (changesLine(stage)) isStoredLine = false;
    if (labels.hints.skipParsers && isParser(stage)) continue;
    addDropChecks(labels, stages, index);
    functions.push(compileStage(labels, stage, index));
  }
  return { lineTests, stages: functions };
}

export function isParser({ kind }: Stage): boolean {
  return kind === 'json' || kind === 'logfmt' || kind === 'regexp' || kind === 'pattern' || kind === 'unpack';
}

function changesLine({ kind }: Stage): boolean {
  return kind === 'line-format' || kind === 'unpack' || kind === 'decolorize';
}

/** Lets a parser know the label filters directly behind it; others may see other labels than it sets. */
function addDropChecks(labels: RowLabels, stages: readonly Stage[], parser: number): void {
  if (!isParser(stages[parser] as Stage)) return;
  for (const stage of stages.slice(parser + 1)) {
    if (stage.kind === 'line-filter') continue;
    if (stage.kind !== 'label-filter') return;
    for (const { name, drops } of dropChecks(stage.filter)) {
      const slot = labels.slots.pin(name);
      slot.checks ??= [];
      slot.checks.push({ stage: parser, drops });
    }
  }
}

function compileStage(labels: RowLabels, stage: Stage, index: number): StageFunction {
  switch (stage.kind) {
    case 'line-filter': {
      const test = lineTest(stage);
      return (state) => test(state.line);
    }
    case 'json':
      return stage.extractions.length === 0 ? jsonStage(labels, index) : jsonPathStage(labels, stage.extractions);
    case 'logfmt':
      return stage.extractions.length === 0
        ? logfmtStage(labels, stage, index)
        : logfmtKeysStage(labels, stage.extractions, stage.strict);
    case 'regexp':
      return regexpStage(labels, stage.pattern, index);
    case 'pattern':
      return patternStage(labels, stage.pattern, index);
    case 'unpack':
      return unpackStage(labels, index);
    case 'label-filter':
      return labelFilterTest(labels, stage.filter);
    case 'line-format':
      return lineFormatStage(labels, stage.template);
    case 'label-format':
      return labelFormatStage(labels, stage.formats);
    case 'decolorize':
      return decolorize;
    case 'drop':
      return dropStage(labels, stage.targets);
    case 'keep':
      return keepStage(labels, stage.targets);
  }
}

/** Runs the stages on a row whose line passed the line tests; false: filtered out. */
export function passesLine(tests: CompiledStages['lineTests'], line: string): boolean {
  for (let i = 0; i < tests.length; i++) if (!(tests[i] as (line: string) => boolean)(line)) return false;
  return true;
}
