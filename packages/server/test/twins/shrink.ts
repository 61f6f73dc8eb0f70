import {
  type Expr,
  type LabelFilter,
  type LogExpr,
  type MetricExpr,
  printQuery,
  type RangeAggregation,
  type Stage,
} from '@tailwater/schema/logql';
import { parse } from '../../src/query/logql/parse.ts';

/** Queries a little smaller than the given one, most telling first. Not all of them are valid. */
function smallerQueries(query: string): string[] {
  return smallerExprs(parse(query)).map(printQuery);
}

function smallerExprs(expr: Expr): Expr[] {
  return expr.kind === 'log' ? smallerLogs(expr) : smallerMetrics(expr);
}

function smallerMetrics(expr: MetricExpr): MetricExpr[] {
  switch (expr.kind) {
    case 'range-aggregation':
      return smallerLeaves(expr);
    case 'vector-aggregation':
    case 'label-replace':
      return [expr.inner, ...smallerMetrics(expr.inner).map((inner) => ({ ...expr, inner }))];
    case 'binary':
      return [
        expr.left,
        expr.right,
        ...smallerMetrics(expr.left).map((left) => ({ ...expr, left })),
        ...smallerMetrics(expr.right).map((right) => ({ ...expr, right })),
      ];
    default:
      return [];
  }
}

function smallerLeaves(leaf: RangeAggregation): RangeAggregation[] {
  const { range, grouping } = leaf;
  const result: RangeAggregation[] = smallerLogs(range.log).map((log) => ({ ...leaf, range: { ...range, log } }));
  if (range.offsetMs !== 0) result.push({ ...leaf, range: { ...range, offsetMs: 0 } });
  if (grouping !== null) {
    result.push({ ...leaf, grouping: null });
    for (const labels of without(grouping.labels)) result.push({ ...leaf, grouping: { ...grouping, labels } });
  }
  if (range.unwrap !== null) {
    for (const filters of without(range.unwrap.filters)) {
      result.push({ ...leaf, range: { ...range, unwrap: { ...range.unwrap, filters } } });
    }
  }
  return result;
}

function smallerLogs(log: LogExpr): LogExpr[] {
  return [
    ...without(log.stages).map((stages) => ({ ...log, stages })),
    ...without(log.selector).map((selector) => ({ ...log, selector })),
    ...log.stages.flatMap((stage, i) =>
      smallerStages(stage).map((smaller) => ({ ...log, stages: log.stages.with(i, smaller) })),
    ),
  ];
}

function smallerStages(stage: Stage): Stage[] {
  if (stage.kind === 'label-filter') return smallerFilters(stage.filter).map((filter) => ({ ...stage, filter }));
  if (stage.kind === 'line-filter' && stage.args.length > 1)
    return without(stage.args).map((args) => ({ ...stage, args }));
  if (stage.kind === 'drop' || stage.kind === 'keep') {
    return stage.targets.length > 1 ? without(stage.targets).map((targets) => ({ ...stage, targets })) : [];
  }
  return [];
}

function smallerFilters(filter: LabelFilter): LabelFilter[] {
  if (filter.kind !== 'and' && filter.kind !== 'or') return [];
  return [
    filter.left,
    filter.right,
    ...smallerFilters(filter.left).map((left) => ({ ...filter, left })),
    ...smallerFilters(filter.right).map((right) => ({ ...filter, right })),
  ];
}

function without<Item>(items: readonly Item[]): Item[][] {
  return items.map((_, i) => items.filter((_, j) => j !== i));
}

/** The query as small as it gets while `fails` holds. */
export async function shrinkQuery(query: string, fails: (query: string) => Promise<boolean>): Promise<string> {
  for (const smaller of smallerQueries(query)) {
    if (await fails(smaller)) return shrinkQuery(smaller, fails);
  }
  return query;
}

/** As few items as it gets while `fails` holds, by taking away halves, quarters … and single ones. */
export async function shrinkList<Item>(
  items: readonly Item[],
  fails: (items: readonly Item[]) => Promise<boolean>,
): Promise<readonly Item[]> {
  let left = items;
  for (let size = Math.ceil(items.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < left.length; ) {
      const rest = [...left.slice(0, from), ...left.slice(from + size)];
      if (rest.length > 0 && (await fails(rest))) left = rest;
      else from += size;
    }
  }
  return left;
}
