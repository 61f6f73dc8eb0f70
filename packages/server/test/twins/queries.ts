import { logRange } from './log-queries.ts';
import { labelName, type Seen } from './seen.ts';

function labelNames(seen: Seen, most: number): string {
  return Array.from({ length: seen.random.between(1, most) }, () => labelName(seen)).join(', ');
}

function grouping(seen: Seen): string {
  const { random } = seen;
  return random.pick([
    '',
    ` by (${labelNames(seen, 2)})`,
    ` by (${labelNames(seen, 3)})`,
    ` without (${labelNames(seen, 3)})`,
    ' by ()',
  ]);
}

const RANGES_MS = [1_500, 15_000, 60_000, 60_000, 90_000, 300_000, 90_000, 300_000, 600_000, 3_600_000];

/** A range, sometimes equal to the step, a part or a multiple of it. */
function rangeText(seen: Seen, stepMs: number): string {
  const { random } = seen;
  const ms = random.chance(0.5) ? stepMs * random.pick([1, 1, 1, 2, 5, 0.5]) : random.pick(RANGES_MS);
  return `[${Math.max(1, Math.round(ms))}ms]`;
}

function offsetText(seen: Seen): string {
  const { random } = seen;
  return random.chance(0.8)
    ? ''
    : ` offset ${random.pick(['5s', '5s', '1m', '-15s', '-15s', '250ms', '250ms', '7s', '7s', '1h'])}`;
}

const LINE_OPS = [
  'count_over_time',
  'count_over_time',
  'count_over_time',
  'rate',
  'rate',
  'bytes_over_time',
  'bytes_rate',
  'absent_over_time',
];
/** Whose values do not hang on the order of additions. */
const EXACT_UNWRAP_OPS = [
  'sum_over_time',
  'min_over_time',
  'max_over_time',
  'first_over_time',
  'last_over_time',
  'rate',
];
const UNWRAP_OPS = [
  ...EXACT_UNWRAP_OPS,
  'avg_over_time',
  'stddev_over_time',
  'stdvar_over_time',
  'quantile_over_time',
  'rate_counter',
];

function unwrapLeaf(seen: Seen, stepMs: number, isExact: boolean): string {
  const { random } = seen;
  const op = random.pick(isExact ? EXACT_UNWRAP_OPS : UNWRAP_OPS);
  const parameter = op === 'quantile_over_time' ? `${random.pick(['0.5', '0.95', '0', '1', '1.5'])}, ` : '';
  const range = `${rangeText(seen, stepMs)}${offsetText(seen)}`;
  const isGrouped = !['sum_over_time', 'rate', 'rate_counter'].includes(op);
  return `${op}(${parameter}${logRange(seen, range, true)})${isGrouped ? grouping(seen) : ''}`;
}

function leaf(seen: Seen, stepMs: number, isExact: boolean): string {
  const { random } = seen;
  if (random.chance(0.45)) return unwrapLeaf(seen, stepMs, isExact);
  return `${random.pick(LINE_OPS)}(${logRange(seen, `${rangeText(seen, stepMs)}${offsetText(seen)}`, false)})`;
}

/** A metric query for steps of that length; an instant query is given any. */
export function metricQuery(seen: Seen, stepMs: number, depth = 2): string {
  const { random } = seen;
  const inner = () => metricQuery(seen, stepMs, depth - 1);
  switch (depth === 0 ? 'leaf' : random.weighted({ leaf: 8, sum: 6, other: 4, select: 2, binary: 3, replace: 1 })) {
    case 'leaf':
      return leaf(seen, stepMs, false);
    case 'sum':
      return `sum${grouping(seen)} (${leaf(seen, stepMs, false)})`;
    case 'other':
      return `${random.pick(['avg', 'min', 'max', 'count', 'stddev', 'stdvar', 'sum'])}${grouping(seen)} (${inner()})`;
    case 'select': {
      const op = random.pick(['topk(2, ', 'bottomk(1, ', 'topk(10, ', 'sort(', 'sort_desc(']);
      return `${op}sum by (${labelNames(seen, 2)}) (${leaf(seen, stepMs, true)}))`;
    }
    case 'binary':
      return binary(seen, stepMs, inner);
    default:
      return `label_replace(${inner()}, "made", "$1-x", "${labelName(seen)}", "(.*)")`;
  }
}

function binary(seen: Seen, stepMs: number, inner: () => string): string {
  const { random } = seen;
  const exact = () => `sum by (${labelName(seen)}) (${leaf(seen, stepMs, true)})`;
  switch (random.pick(['scalar', 'compare', 'same', 'set'])) {
    case 'scalar':
      return `${inner()} ${random.pick(['+', '-', '*', '/'])} ${random.pick(['2', '0.5', '100'])}`;
    case 'compare':
      return `${exact()} ${random.pick(['>', '>= bool', '==', '!=', '<', '<='])} ${random.pick(['0', '1', '3', '100'])}`;
    case 'set':
      return `${exact()} ${random.pick(['and', 'or', 'unless'])} ${exact()}`;
    default: {
      const name = labelName(seen);
      const side = () => `sum by (${name}) (${leaf(seen, stepMs, true)})`;
      return `${side()} ${random.pick(['+', '/', '*', '-', '> bool', '=='])} ${random.pick(['', `on (${name}) `])}${side()}`;
    }
  }
}
