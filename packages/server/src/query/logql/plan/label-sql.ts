import type { CompareOp, LabelFilter, Matcher } from '@tailwater/schema/logql';
import { ATTRIBUTE_PAIRS_EXPRESSION, PROMOTED_ATTRIBUTES } from '../../../stores/clickhouse/schema.ts';
import { attributeText, type SqlParams } from '../../sql.ts';
import { columnOfField, type EventField, isEventField } from '../events/fields.ts';
import type { StreamSettings } from '../events/streams.ts';
import { labelMatcher } from '../pipeline/label-filter.ts';
import type { AttributeName } from './attribute-names.ts';
import { type SelectedStream, type Selection, streamsCondition, streamsOf } from './selection.ts';

/** The text of a structured-metadata label in SQL. */
export interface MetadataSql {
  /** The label's text, '' where the event has no such label. */
  value: string;
  /** Whether the event has the label, be it empty. */
  has: string;
  /** A column that holds the label as Nullable(Float64). */
  number: string | null;
}

const LABEL_NAME_SQL = "'^[a-zA-Z_][a-zA-Z0-9_]*$'";

/**
 * The label as structured metadata of events whose stream has no such label. Null where SQL cannot say it: a label of
 * `labels` that is no stream label, a name that a clash made, an own field that the org does not offer.
 */
export function metadataSql(
  name: string,
  streams: readonly SelectedStream[],
  { attributes }: Pick<Selection, 'attributes'>,
  settings: StreamSettings,
  params: SqlParams,
): MetadataSql | null {
  if (name.endsWith('_extracted') || name.startsWith('__')) return null;
  if (streams.some(({ metadata }) => metadata.some(([other]) => other === name))) return null;
  if (isEventField(name) && !settings.eventFields) return null;
  if (!isEventField(name)) return { ...attributeSql(name, attributes.of(name), params), number: null };
  const value = fieldSql(name);
  const isNumber = name === 'duration_ms' || name === 'cost';
  return { value, has: isNumber ? `(${name} IS NOT NULL)` : `${value} != ''`, number: isNumber ? name : null };
}

/** The own field's text; '' where the event has none. Words are those of events/fields.ts. */
export function fieldSql(field: EventField): string {
  switch (field) {
    case 'severity':
      return 'toString(severity)';
    case 'detected_level':
      return "if(severity_number BETWEEN 1 AND 4, 'trace', toString(severity))";
    case 'duration_ms':
    case 'cost':
      return `ifNull(toString(${field}), '')`;
    default:
      return columnOfField(field);
  }
}

/** Attributes whose name is the label's, or becomes it (events/fields.ts, labelNameOf); `known`: which ones there are. */
function attributeSql(
  name: string,
  known: readonly AttributeName[] | null,
  params: SqlParams,
): { value: string; has: string } {
  if (known !== null && known.length === 0) return { value: "''", has: '0' };
  if (known?.length === 1) return namedAttributeSql(known[0]!, params);
  const pattern = rawNamePattern(name);
  if (pattern === null) return namedAttributeSql({ name, hasEmpty: true }, params);
  const exact = params.add('String', name);
  const raw = params.add('String', pattern);
  const isName = `k -> k = ${exact} OR (match(k, ${raw}) AND NOT match(k, ${LABEL_NAME_SQL}))`;
  return {
    value: `attributes[arrayFirst(${isName}, mapKeys(attributes))]`,
    has: `arrayExists(${isName}, mapKeys(attributes))`,
  };
}

function namedAttributeSql({ name, hasEmpty }: AttributeName, params: SqlParams): { value: string; has: string } {
  const value = attributeText(name, params);
  return { value, has: hasEmpty ? `mapContains(attributes, ${params.add('String', name)})` : `${value} != ''` };
}

/** What names that are no label names look like that become this one; null when there are none. */
function rawNamePattern(name: string): string | null {
  const isKeyed = /^key_[0-9]/.test(name);
  const rest = isKeyed ? name.slice(4) : name;
  if (!rest.includes('_') && !isKeyed) return null;
  if (rest.includes('__')) return null;
  return `^${rest.split('_').join('[^a-zA-Z0-9]+')}$`;
}

/** A filter on one label, in SQL. */
export interface FilterSql {
  sql: string;
  /** True of events for which only the pipeline knows the answer, errors included; null: there are none. */
  odd: string | null;
}

/**
 * A label filter that stands before anything that changes labels. Null where SQL cannot answer it.
 * https://grafana.com/docs/loki/latest/query/log_queries/#label-filter-expression
 */
export function labelFilterSql(
  filter: LabelFilter,
  selection: Selection,
  settings: StreamSettings,
  params: SqlParams,
): FilterSql | null {
  switch (filter.kind) {
    case 'and':
    case 'or': {
      const left = labelFilterSql(filter.left, selection, settings, params);
      const right = labelFilterSql(filter.right, selection, settings, params);
      if (left === null || right === null || left.odd !== null || right.odd !== null) return null;
      return { sql: `(${left.sql} ${filter.kind === 'and' ? 'AND' : 'OR'} ${right.sql})`, odd: null };
    }
    case 'matcher':
      return matcherSql(filter.matcher, selection, settings, params);
    case 'number':
      return numberSql(filter, selection, settings, params);
    default:
      return null;
  }
}

function matcherSql(
  matcher: Matcher,
  selection: Selection,
  settings: StreamSettings,
  params: SqlParams,
): FilterSql | null {
  const [having, lacking] = splitByLabel(streamsOf(selection), matcher.name);
  const test = labelMatcher(matcher);
  const passing = having.filter(({ stream }) => test(stream.labels.get(matcher.name)!));
  const passes = streamsCondition(passing, selection.universe, params);
  if (lacking.length === 0) return passes === null ? null : { sql: passes, odd: null };
  const metadata = metadataSql(matcher.name, lacking, selection, settings, params);
  if (metadata === null) return null;
  const matches = metadataMatches(metadata, matcher, selection, params);
  if (having.length === 0) return { sql: matches, odd: null };
  const lacks = streamsCondition(lacking, selection.universe, params);
  if (passes === null || lacks === null) return null;
  return { sql: `(${passes} OR (${lacks} AND ${matches}))`, odd: null };
}

function splitByLabel(streams: readonly SelectedStream[], name: string): [SelectedStream[], SelectedStream[]] {
  const having = streams.filter(({ stream }) => stream.labels.has(name));
  return [having, streams.filter(({ stream }) => !stream.labels.has(name))];
}

/** `value` is SQL for a label's text. Regular expressions of label filters are anchored; their `.` matches no line end. */
function valueMatches(value: string, matcher: Matcher, params: SqlParams): string {
  if (matcher.op === '=' || matcher.op === '!=') return `${value} ${matcher.op} ${params.add('String', matcher.value)}`;
  const matches = regexMatches(value, matcher.value, params);
  return matcher.op === '=~' ? matches : `NOT ${matches}`;
}

/** `.*` and `.+` are any text and any but the empty one, as in the pipeline. */
function regexMatches(value: string, pattern: string, params: SqlParams): string {
  if (pattern === '.*') return '1';
  if (pattern === '.+') return `${value} != ''`;
  return `match(${value}, ${params.add('String', `^(?-s:${pattern})$`)})`;
}

/** An equality names first what an index can answer. */
function metadataMatches(
  { value }: MetadataSql,
  matcher: Matcher,
  { attributes }: Selection,
  params: SqlParams,
): string {
  const matches = valueMatches(value, matcher, params);
  const { name, op, value: text } = matcher;
  if (op !== '=' || text === '' || isEventField(name)) return matches;
  const known = attributes.of(name) ?? (rawNamePattern(name) === null ? [{ name }] : []);
  if (known.length !== 1 || Object.hasOwn(PROMOTED_ATTRIBUTES, known[0]!.name)) return matches;
  return `(has(${ATTRIBUTE_PAIRS_EXPRESSION}, ${params.add('String', `${known[0]!.name}=${text}`)}) AND ${matches})`;
}

/** The own field's text against a selector's matcher: there `.` matches line ends too. */
export function selectorMatches(value: string, { op, value: text }: Matcher, params: SqlParams): string {
  if (op === '=' || op === '!=') return `${value} ${op} ${params.add('String', text)}`;
  const matches = `match(${value}, ${params.add('String', `^(?s:${text})$`)})`;
  return op === '=~' ? matches : `NOT ${matches}`;
}

/** Numbers that Go's ParseFloat and ClickHouse read alike; any other text that is not empty is odd. */
const PLAIN_NUMBER_SQL = "'^[+-]?([0-9]+\\\\.?[0-9]*|\\\\.[0-9]+)([eE][+-]?[0-9]{1,2})?$'";

/** Float64 of a label's text, NULL where the label is absent; and what is true where only Go's rules tell. */
export function numberOf({ value, has, number }: MetadataSql): { number: string; odd: string | null } {
  if (number !== null) return { number, odd: null };
  const isPlain = `(match(${value}, ${PLAIN_NUMBER_SQL}) AND length(${value}) <= 40)`;
  return { number: `if(${isPlain}, toFloat64OrNull(${value}), NULL)`, odd: `(${has} AND NOT ${isPlain})` };
}

const NUMBER_OPS: Record<CompareOp, string> = { '==': '=', '!=': '!=', '>': '>', '>=': '>=', '<': '<', '<=': '<=' };

function numberSql(
  { name, op, value }: Extract<LabelFilter, { kind: 'number' }>,
  selection: Selection,
  settings: StreamSettings,
  params: SqlParams,
): FilterSql | null {
  const [having, lacking] = splitByLabel(streamsOf(selection), name);
  if (having.length > 0) return null;
  const metadata = metadataSql(name, lacking, selection, settings, params);
  if (metadata === null) return null;
  const { number, odd } = numberOf(metadata);
  const compares = `ifNull(${number} ${NUMBER_OPS[op]} ${params.add('Float64', value)}, 0)`;
  return { sql: odd === null ? compares : `(${compares} OR ${odd})`, odd };
}
