import type { LabelFilter, RangeAggregation, Stage } from '@tailwater/schema/logql';
import { queryTemplate } from './format.ts';
import { DUPLICATE_SUFFIX } from './label-slot.ts';
import { ERROR_LABEL, type LabelHints } from './row-labels.ts';

/** How the labels of a leaf's samples are grouped. */
export interface LeafGrouping {
  kind: 'by' | 'without' | 'none' | 'all';
  /** Of `by` and `without`; sorted, each once. */
  labels: readonly string[];
}

/**
 * The grouping that applies to a leaf's samples: `none` leaves every label, `all` takes all away. An unwrapped label
 * goes away unless a `by` names it.
 */
export function leafGrouping(leaf: RangeAggregation, sumGrouping: readonly string[] | null): LeafGrouping {
  if (leaf.op === 'absent_over_time') return { kind: 'all', labels: [] };
  const grouping = sumGrouping === null ? leaf.grouping : { kind: 'by' as const, labels: sumGrouping };
  const labels = grouping?.labels ?? [];
  if (grouping?.kind === 'by')
    return labels.length === 0 ? { kind: 'all', labels } : { kind: 'by', labels: unique(labels) };
  const { unwrap } = leaf.range;
  const without = unwrap === null ? unique(labels) : unique([...labels, unwrap.label]);
  return without.length === 0 ? { kind: 'none', labels: [] } : { kind: 'without', labels: without };
}

function unique(labels: readonly string[]): string[] {
  return [...new Set(labels)].sort();
}

/**
 * The labels that parsers must extract for a leaf: where all labels end up in the series, all of them; else those that
 * stages, unwrap and grouping name, each also without `_extracted`, for that is how a line has it.
 */
export function leafHints(leaf: RangeAggregation, stages: readonly Stage[], grouping: LeafGrouping): LabelHints {
  if (grouping.kind === 'none' || grouping.kind === 'without') {
    return { required: null, skipParsers: false, preserveErrors: false };
  }
  const required = new Set<string>();
  for (const name of namesRead(leaf, stages, grouping)) {
    required.add(name);
    if (name.endsWith(DUPLICATE_SUFFIX)) required.add(name.slice(0, -DUPLICATE_SUFFIX.length));
  }
  required.delete('');
  if (required.size === 0) return { required: null, skipParsers: true, preserveErrors: false };
  return { required, skipParsers: false, preserveErrors: required.has(ERROR_LABEL) };
}

export function namesRead(leaf: RangeAggregation, stages: readonly Stage[], grouping: LeafGrouping): string[] {
  const { unwrap } = leaf.range;
  return [
    ...stages.flatMap(stageNames),
    ...(unwrap === null ? [] : [unwrap.label, ...unwrap.filters.flatMap(filterNames)]),
    ...grouping.labels,
  ];
}

function stageNames(stage: Stage): string[] {
  if (stage.kind === 'label-filter') return filterNames(stage.filter);
  if (stage.kind === 'line-format') return [...queryTemplate(stage.template, 'line').labels];
  if (stage.kind !== 'label-format') return [];
  return stage.formats.flatMap((format) =>
    format.kind === 'rename' ? [format.source] : [...queryTemplate(format.template, 'label').labels],
  );
}

function filterNames(filter: LabelFilter): string[] {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return [...filterNames(filter.left), ...filterNames(filter.right)];
    case 'matcher':
      return [filter.matcher.name];
    default:
      return [filter.name];
  }
}

/**
 * The stages of a leaf without those line_formats whose line nobody reads: Loki leaves them out too, so that their
 * errors do not fail the query.
 */
export function leafStages(leaf: RangeAggregation): Stage[] {
  const { stages } = leaf.range.log;
  if (countsBytes(leaf)) return [...stages];
  return stages.filter((stage, index) => stage.kind !== 'line-format' || stages.slice(index + 1).some(readsLine));
}

export function countsBytes({ op, range }: RangeAggregation): boolean {
  return range.unwrap === null && (op === 'bytes_over_time' || op === 'bytes_rate');
}

/** Whether a stage looks at the line; a line_format by itself only writes it. */
export function readsLine(stage: Stage): boolean {
  switch (stage.kind) {
    case 'line-filter':
    case 'json':
    case 'logfmt':
    case 'regexp':
    case 'pattern':
    case 'unpack':
      return true;
    case 'line-format':
      return queryTemplate(stage.template, 'line').usesLine;
    case 'label-format':
      return stage.formats.some(
        (format) => format.kind === 'template' && queryTemplate(format.template, 'label').usesLine,
      );
    default:
      return false;
  }
}
