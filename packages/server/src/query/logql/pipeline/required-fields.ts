import type { LogExpr, RangeAggregation, Stage } from '@tailwater/schema/logql';
import { isParser } from './compile-stages.ts';
import { queryTemplate } from './format.ts';
import { countsBytes, leafGrouping, leafHints, leafStages, namesRead, readsLine } from './hints.ts';
import { DUPLICATE_SUFFIX } from './label-slot.ts';
import type { RequiredFields } from './types.ts';

/** What of its rows a query has to have; `sumGrouping` is as in `compileExtractor`. */
export function requiredFields(
  expr: LogExpr | RangeAggregation,
  sumGrouping: readonly string[] | null = null,
): RequiredFields {
  if (expr.kind === 'log') return { line: true, metadata: true };
  const grouping = leafGrouping(expr, sumGrouping);
  const stages = leafStages(expr);
  const hints = leafHints(expr, stages, grouping);
  const reading = hints.skipParsers ? stages.filter((stage) => !isParser(stage)) : stages;
  const line = countsBytes(expr) || reading.some(readsLine);
  if (hints.required === null && !hints.skipParsers) return { line, metadata: true };
  if (stages.some(readsAllLabels)) return { line, metadata: true };
  const names = new Set<string>();
  // A metadata label of the same name sends a parsed one to `<name>_extracted`, so both decide.
  for (const name of namesRead(expr, stages, grouping)) {
    names.add(name);
    if (name.endsWith(DUPLICATE_SUFFIX)) names.add(name.slice(0, -DUPLICATE_SUFFIX.length));
  }
  return { line, metadata: [...names].sort() };
}

function readsAllLabels(stage: Stage): boolean {
  if (stage.kind === 'line-format') return queryTemplate(stage.template, 'line').usesAllLabels;
  if (stage.kind !== 'label-format') return false;
  return stage.formats.some(
    (format) => format.kind === 'template' && queryTemplate(format.template, 'label').usesAllLabels,
  );
}
