/**
 * What a LogQL query says, as plain objects: what the parser makes, the printer writes, and the server executes.
 * Names follow Loki's documentation: https://grafana.com/docs/loki/latest/query/
 */

export type MatchOp = '=' | '!=' | '=~' | '!~';

export interface Matcher {
  name: string;
  op: MatchOp;
  value: string;
}

export type LineFilterOp = '|=' | '!=' | '|~' | '!~' | '|>' | '!>';

export interface LineFilterArg {
  kind: 'text' | 'ip';
  /** Text, regular expression or pattern by the operator; an address, range or network where `kind` is `ip`. */
  value: string;
}

/** `json a="x.y"`, `logfmt b`: `b` alone has its own name as expression. */
export interface Extraction {
  name: string;
  expression: string;
}

export type CompareOp = '==' | '!=' | '>' | '>=' | '<' | '<=';

export type LabelFilter =
  /** `,` and a blank are `and`. */
  | { kind: 'and' | 'or'; left: LabelFilter; right: LabelFilter }
  | { kind: 'matcher'; matcher: Matcher }
  | { kind: 'number'; name: string; op: CompareOp; value: number }
  /** `text` is the literal as written, `seconds` its value. */
  | { kind: 'duration'; name: string; op: CompareOp; seconds: number; text: string }
  | { kind: 'bytes'; name: string; op: CompareOp; bytes: number; text: string }
  | { kind: 'ip'; name: string; op: '=' | '!='; value: string };

export type LabelFormat =
  /** `dst=src` renames. */
  { kind: 'rename'; name: string; source: string } | { kind: 'template'; name: string; template: string };

/** `drop a`, `keep b="x"`. */
export interface LabelTarget {
  name: string;
  matcher: Matcher | null;
}

export type Stage =
  /** `args` are joined by `or`; of a negative operator none may match. */
  | { kind: 'line-filter'; op: LineFilterOp; args: readonly LineFilterArg[] }
  | { kind: 'json'; extractions: readonly Extraction[] }
  | { kind: 'logfmt'; strict: boolean; keepEmpty: boolean; extractions: readonly Extraction[] }
  | { kind: 'regexp'; pattern: string }
  | { kind: 'pattern'; pattern: string }
  | { kind: 'unpack' }
  | { kind: 'label-filter'; filter: LabelFilter }
  | { kind: 'line-format'; template: string }
  | { kind: 'label-format'; formats: readonly LabelFormat[] }
  | { kind: 'decolorize' }
  | { kind: 'drop' | 'keep'; targets: readonly LabelTarget[] };

export interface LogExpr {
  kind: 'log';
  selector: readonly Matcher[];
  stages: readonly Stage[];
}

export interface Unwrap {
  label: string;
  conversion: 'bytes' | 'duration' | 'duration_seconds' | null;
  /** Label filters behind the unwrap, in order; all must hold. */
  filters: readonly LabelFilter[];
}

/** `{…} | … [5m] offset 1h | unwrap x`, whatever order it was written in. */
export interface LogRange {
  log: LogExpr;
  rangeMs: number;
  /** Positive looks back. */
  offsetMs: number;
  unwrap: Unwrap | null;
}

export interface Grouping {
  kind: 'by' | 'without';
  /** In the order written; `by ()` has none. */
  labels: readonly string[];
}

export const RANGE_OPS = [
  'count_over_time',
  'rate',
  'rate_counter',
  'bytes_over_time',
  'bytes_rate',
  'avg_over_time',
  'sum_over_time',
  'min_over_time',
  'max_over_time',
  'stdvar_over_time',
  'stddev_over_time',
  'quantile_over_time',
  'first_over_time',
  'last_over_time',
  'absent_over_time',
] as const;
export type RangeOp = (typeof RANGE_OPS)[number];

export const VECTOR_OPS = [
  'sum',
  'avg',
  'min',
  'max',
  'count',
  'stddev',
  'stdvar',
  'topk',
  'bottomk',
  'sort',
  'sort_desc',
  'approx_topk',
] as const;
export type VectorOp = (typeof VECTOR_OPS)[number];

export type BinaryOp =
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | '^'
  | '=='
  | '!='
  | '>'
  | '>='
  | '<'
  | '<='
  | 'and'
  | 'or'
  | 'unless';

/** Which labels two sides are matched by, and whether one side may match many. */
export interface VectorMatching {
  kind: 'on' | 'ignoring';
  labels: readonly string[];
  /** `group_left`: the left side is the many side. */
  group: 'left' | 'right' | null;
  /** Labels that the many side takes from the one side. */
  include: readonly string[];
}

export interface RangeAggregation {
  kind: 'range-aggregation';
  op: RangeOp;
  /** The quantile of quantile_over_time. */
  parameter: number | null;
  range: LogRange;
  grouping: Grouping | null;
}

export interface VectorAggregation {
  kind: 'vector-aggregation';
  op: VectorOp;
  /** The k of topk, bottomk and approx_topk. */
  parameter: number | null;
  grouping: Grouping | null;
  inner: MetricExpr;
}

export interface BinaryExpr {
  kind: 'binary';
  op: BinaryOp;
  /** With `bool` a comparison answers 0 or 1. */
  bool: boolean;
  /** Null: all labels must be equal. */
  matching: VectorMatching | null;
  left: MetricExpr;
  right: MetricExpr;
}

export interface LabelReplace {
  kind: 'label-replace';
  inner: MetricExpr;
  destination: string;
  replacement: string;
  source: string;
  pattern: string;
}

export type MetricExpr =
  | RangeAggregation
  | VectorAggregation
  | BinaryExpr
  | LabelReplace
  | { kind: 'literal'; value: number }
  | { kind: 'vector'; value: number };

export type Expr = LogExpr | MetricExpr;
