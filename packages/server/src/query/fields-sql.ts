import type { SqlQuery } from '../stores/store.ts';
import { EVENTS } from './events-sql.ts';
import { TEXT_COLUMNS } from './plan.ts';
import { attributeText, renderScope, SELECT_SETTINGS, SqlParams } from './sql.ts';
import type { Scope } from './stats-sql.ts';

/** Newest events that are looked through for names and values: as many take about half a second. */
export const FIELD_EVENTS_MAX = 1_000_000;
export const ATTRIBUTES_MAX = 1_000;
/** Different label sets that are looked through. */
const LABEL_SETS_MAX = 10_000;
/** Different shapes of events per attribute that are looked at for its types. */
const SHAPES_MAX = 50;

function newest(expression: string, scope: Scope, params: SqlParams): string {
  const limit = params.add('UInt64', FIELD_EVENTS_MAX);
  return `(SELECT ${expression} FROM ${EVENTS} WHERE ${renderScope(scope, params)} ORDER BY ts DESC LIMIT ${limit})`;
}

/** Rows `{name, events, shapes}`: attributes by how many events have them; `shapes` are values of attribute_types. */
export function attributeNamesQuery(scope: Scope): SqlQuery {
  const params = new SqlParams();
  const sql =
    `SELECT name, count() AS events, groupUniqArray(${SHAPES_MAX})(attribute_types) AS shapes` +
    ` FROM ${newest('mapKeys(attributes) AS names, attribute_types', scope, params)} ARRAY JOIN names AS name` +
    ` GROUP BY name ORDER BY events DESC, name LIMIT ${ATTRIBUTES_MAX} ${SELECT_SETTINGS}`;
  return { sql, params: params.values };
}

/** Rows `{labels, events}`: label sets as JSON text, by how many events have them. */
export function labelSetsQuery(scope: Scope): SqlQuery {
  const params = new SqlParams();
  const sql =
    `SELECT labels, count() AS events FROM ${newest('labels', scope, params)}` +
    ` GROUP BY labels ORDER BY events DESC LIMIT ${LABEL_SETS_MAX} ${SELECT_SETTINGS}`;
  return { sql, params: params.values };
}

/** One row `{events}`: how many events the other queries look through. */
export function eventsReadQuery(scope: Scope): SqlQuery {
  const params = new SqlParams();
  const limit = params.add('UInt64', FIELD_EVENTS_MAX);
  const where = renderScope(scope, params);
  const sql = `SELECT count() AS events FROM (SELECT 1 FROM ${EVENTS} WHERE ${where} LIMIT ${limit}) ${SELECT_SETTINGS}`;
  return { sql, params: params.values };
}

export type FieldKind = 'field' | 'attribute' | 'label';

/** What a field's name means: an event's own text field or severity, `attr.NAME`, `label.NAME`, or else an attribute. */
export function fieldKind(name: string): { kind: FieldKind; name: string } {
  if (name === 'severity' || (TEXT_COLUMNS as readonly string[]).includes(name)) return { kind: 'field', name };
  if (name.startsWith('label.')) return { kind: 'label', name: name.slice('label.'.length) };
  return { kind: 'attribute', name: name.startsWith('attr.') ? name.slice('attr.'.length) : name };
}

/** Rows `{value, events}`: values that are not empty and start with `prefix`, most frequent first. */
export function fieldValuesQuery(
  scope: Scope,
  field: { kind: FieldKind; name: string },
  { prefix, limit }: { prefix: string; limit: number },
): SqlQuery {
  const params = new SqlParams();
  const expression = valueExpression(field, params);
  const sql =
    `SELECT field_value AS value, count() AS events FROM ${newest(`${expression} AS field_value`, scope, params)}` +
    ` WHERE field_value != '' AND startsWith(field_value, ${params.add('String', prefix)})` +
    ` GROUP BY field_value ORDER BY events DESC, field_value LIMIT ${params.add('UInt64', limit)} ${SELECT_SETTINGS}`;
  return { sql, params: params.values };
}

function valueExpression({ kind, name }: { kind: FieldKind; name: string }, params: SqlParams): string {
  if (kind === 'label') return `JSONExtractString(labels, ${params.add('String', name)})`;
  if (kind === 'attribute') return attributeText(name, params);
  // `name` is one of our own column names, see fieldKind.
  return name === 'severity' ? 'toString(severity)' : name;
}
