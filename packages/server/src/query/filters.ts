import { PermanentError } from '../runtime/errors.ts';
import { type Comparison, type Condition, TEXT_COLUMNS, type TextColumn, type TimeRange } from './plan.ts';
import { parseNumber, parseSearchText } from './search-text.ts';
import { parseSeverity, SEVERITY_FORMATS, severityRanges } from './severity.ts';
import { parseTime, TIME_FORMATS, TIME_MAX_NS } from './time.ts';

/** A parameter that names what it compares: `attr.latency_ms>=100`, `label.app=shop`, `duration_ms<5`. */
export interface NamedComparison {
  /** `attr.latency_ms`, `label.app`, `duration_ms` or `cost`. */
  name: string;
  comparison: Comparison;
  value: string;
}

/** Filters as HTTP parameters give them. Those with several values match events with any of them. */
export type EventFilters = Partial<Record<TextColumn, readonly string[] | undefined>> & {
  severity?: readonly string[] | undefined;
  min_severity?: string | undefined;
  comparisons?: readonly NamedComparison[] | undefined;
  q?: string | undefined;
};

const COMPARED = /^(?:attr\..|label\..|(?:duration_ms|cost)(?![\w.]))/s;
/** A whole comparison that ended up in the key: `attr.ms<5`, `attr.ms>=5` percent-encoded as one. */
const WHOLE = /^(.+?)(>=|<=|!=|>|<)(.+)$/s;

/**
 * Reads a parameter that names what it compares; null when it is another parameter. `value` is null when the raw text
 * had no `=`. A query string splits at the first `=`, so `attr.a>=1` arrives as the key `attr.a>` and the value `1`;
 * `attr.a<1` arrives as a key without a value, or with an empty one.
 * @throws PermanentError `invalid_parameter`
 */
export function parseNamedComparison(key: string, value: string | null): NamedComparison | null {
  if (!COMPARED.test(key)) return null;
  const whole = value === null || value === '' ? WHOLE.exec(key) : null;
  if (whole !== null) return { name: whole[1]!, comparison: whole[2] as Comparison, value: whole[3]! };
  if (value === null) refuse(key, 'expected a comparison (=, !=, >, >=, < or <=) and a value');
  const split = /^(.+?)([<>!]?)$/s.exec(key)!;
  return { name: split[1]!, comparison: `${split[2]}=` as Comparison, value };
}

/**
 * One condition for all filters, null when there are none.
 * @throws PermanentError `invalid_parameter` or `invalid_query` naming the parameter.
 */
export function compileFilters(filters: EventFilters): Condition | null {
  const conditions: Condition[] = [];
  for (const column of TEXT_COLUMNS) {
    const values = filters[column];
    if (values !== undefined && values.length > 0) {
      conditions.push({ kind: 'field', column, values: values.map((value) => value.toWellFormed()) });
    }
  }
  if (filters.severity !== undefined && filters.severity.length > 0) {
    conditions.push({ kind: 'severity', ranges: filters.severity.map((text) => severity(text, 'severity')) });
  }
  if (filters.min_severity !== undefined) {
    const ranges = severityRanges(severity(filters.min_severity, 'min_severity'), '>=');
    conditions.push({ kind: 'severity', ranges });
  }
  conditions.push(...compileComparisons(filters.comparisons ?? []));
  const text = filters.q === undefined ? null : parseSearchText(filters.q);
  if (text !== null) conditions.push(text);
  if (conditions.length === 0) return null;
  return conditions.length === 1 ? conditions[0]! : { kind: 'and', conditions };
}

/** Equalities of one name are alternatives, as with every repeated parameter; everything else must hold. */
function compileComparisons(comparisons: readonly NamedComparison[]): Condition[] {
  const alternatives = new Map<string, Condition[]>();
  const conditions: Condition[] = [];
  for (const item of comparisons) {
    const condition = compileComparison(item);
    if (item.comparison !== '=') {
      conditions.push(condition);
      continue;
    }
    const others = alternatives.get(item.name);
    if (others) others.push(condition);
    else alternatives.set(item.name, [condition]);
  }
  for (const group of alternatives.values()) {
    conditions.push(group.length === 1 ? group[0]! : { kind: 'or', conditions: group });
  }
  return conditions;
}

function compileComparison({ name, comparison, value }: NamedComparison): Condition {
  const text = value.toWellFormed();
  const isEquality = comparison === '=' || comparison === '!=';
  if (name === 'duration_ms' || name === 'cost') {
    return { kind: 'number', column: name, comparison, value: number(name, value) };
  }
  if (name.startsWith('label.')) {
    if (!isEquality) refuse(name, 'a label is text: it can be compared with = and != only');
    return { kind: 'label', name: name.slice('label.'.length).toWellFormed(), comparison, value: text };
  }
  if (!isEquality) number(name, value);
  return { kind: 'attribute', name: name.slice('attr.'.length).toWellFormed(), comparison, value: text };
}

function severity(text: string, parameter: string) {
  return parseSeverity(text) ?? refuse(parameter, `expected ${SEVERITY_FORMATS}`);
}

function number(name: string, text: string): number {
  return parseNumber(text) ?? refuse(name, 'expected a number');
}

/** How far back a question looks that does not say. */
export const DEFAULT_FROM = '-24h';

/**
 * The range of `from` (default DEFAULT_FROM) and `to` (default: no end, so that events of clocks that are ahead show).
 * @throws PermanentError `invalid_parameter`
 */
export function compileRange(
  { from = DEFAULT_FROM, to }: { from?: string | undefined; to?: string | undefined },
  nowMs: number,
): TimeRange {
  const fromNs = parseTime(from, nowMs) ?? refuse('from', `expected ${TIME_FORMATS}`);
  const toNs = to === undefined ? TIME_MAX_NS : (parseTime(to, nowMs) ?? refuse('to', `expected ${TIME_FORMATS}`));
  if (fromNs >= toNs) refuse('from', '`from` must lie before `to`');
  return { fromNs, toNs };
}

function refuse(parameter: string, message: string): never {
  throw new PermanentError('invalid_parameter', message, parameter);
}
