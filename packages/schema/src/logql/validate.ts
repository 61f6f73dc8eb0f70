import type { Expr, Grouping, LogExpr, LogRange, Matcher, RangeOp } from './ast.ts';
import { type LogqlChecks, LogqlError } from './errors.ts';
import type { Drafts } from './parser/drafts.ts';
import { matchesEmpty } from './regexp-empty.ts';
import { checkStages, checkUnwrap } from './stage-checks.ts';

const NO_EMPTY_MATCHER =
  'queries require at least one regexp or equality matcher that does not have an empty-compatible value. ' +
  'For instance, app=~".*" does not meet this requirement, but app=~".+" will';

const GROUPED_OPS: ReadonlySet<RangeOp> = new Set([
  'avg_over_time',
  'stddev_over_time',
  'stdvar_over_time',
  'quantile_over_time',
  'max_over_time',
  'min_over_time',
  'first_over_time',
  'last_over_time',
]);
const UNWRAP_OPS: ReadonlySet<RangeOp> = new Set([
  ...GROUPED_OPS,
  'sum_over_time',
  'rate',
  'rate_counter',
  'absent_over_time',
]);
const LINE_OPS: ReadonlySet<RangeOp> = new Set([
  'bytes_over_time',
  'bytes_rate',
  'count_over_time',
  'rate',
  'absent_over_time',
]);

/** What is wrong with a range aggregation's grouping or unwrap, in Loki's words; null when all is well. */
export function rangeFault(op: RangeOp, range: LogRange, grouping: Grouping | null): string | null {
  if (grouping !== null && !GROUPED_OPS.has(op)) return `grouping not allowed for ${op} aggregation`;
  if (range.unwrap !== null) return UNWRAP_OPS.has(op) ? null : `invalid aggregation ${op} with unwrap`;
  return LINE_OPS.has(op) ? null : `invalid aggregation ${op} without unwrap`;
}

/** Throws the first fault of a parsed query, from the left: first those of expressions and selectors, then those of stages. */
export function validate(expr: Expr, drafts: Drafts, checks: LogqlChecks): void {
  const ranges: LogRange[] = [];
  if (expr.kind === 'log') validateSelector(expr);
  else validateExpr(expr, drafts, ranges);
  if (expr.kind === 'log') checkStages(expr.stages, checks);
  for (const range of ranges) {
    checkStages(range.log.stages, checks);
    if (range.unwrap !== null) checkUnwrap(range.unwrap);
  }
}

function validateExpr(expr: Exclude<Expr, LogExpr>, drafts: Drafts, ranges: LogRange[]): void {
  const fault = drafts.faultOf(expr);
  if (fault !== undefined) throw fault;
  switch (expr.kind) {
    case 'binary':
      validateExpr(expr.left, drafts, ranges);
      validateExpr(expr.right, drafts, ranges);
      return;
    case 'vector-aggregation':
      if ((expr.op === 'sort' || expr.op === 'sort_desc') && (expr.grouping?.labels.length ?? 0) > 0) {
        throw new LogqlError("sort and sort_desc doesn't allow grouping by ");
      }
      validateExpr(expr.inner, drafts, ranges);
      return;
    case 'label-replace':
      validateExpr(expr.inner, drafts, ranges);
      return;
    case 'range-aggregation':
      validateSelector(expr.range.log);
      ranges.push(expr.range);
      return;
    default:
  }
}

function validateSelector(log: LogExpr): void {
  if (!log.selector.some((matcher) => !acceptsEmpty(matcher))) throw new LogqlError(NO_EMPTY_MATCHER);
}

/** Whether streams without the label are matched too. */
function acceptsEmpty(matcher: Matcher): boolean {
  switch (matcher.op) {
    case '=':
      return matcher.value === '';
    case '!=':
      return matcher.value !== '';
    case '=~':
      return matchesEmpty(matcher.value);
    case '!~':
      return !matchesEmpty(matcher.value);
  }
}
