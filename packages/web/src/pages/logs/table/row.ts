import type { components } from '../../../api/schema.gen.ts';
import { ExactNumber, prettyJson } from '../../../lib/exact-json.ts';
import { type FieldKind, termName } from '../../../lib/search-text.ts';

/** One event as `GET /api/logs` answers it. Attributes are any JSON, and numbers that would lose digits an ExactNumber. */
export type ApiEvent = Omit<components['schemas']['Event'], 'metadata'> & { metadata: Record<string, unknown> };

export type ValueType = 'text' | 'number' | 'boolean' | 'null' | 'JSON' | 'time';

/** One field, attribute or label of a row. */
export interface RowField {
  kind: FieldKind;
  name: string;
  /** As a search term and a column name it: `service`, `attr.status`, `label.app`. */
  term: string;
  /** As text; JSON for lists and objects. */
  value: string;
  type: ValueType;
}

/** What one row of the table shows. */
export interface LogRow {
  /** Unique among the rows: the event id, or one made up for what is none. */
  readonly id: string;
  /** `line`: of a LogQL answer. `gap`: no event, but a remark that some are missing here; `message` says it. */
  readonly kind: 'event' | 'line' | 'gap';
  /** ISO 8601 with up to nine digits of a second. */
  readonly timestamp: string;
  readonly severity: string;
  readonly message: string;
  /** The whole event; null for what is none. */
  readonly event: ApiEvent | null;
  /** The value of a column, empty where the row has none. */
  valueOf(column: string): string;
  /** Everything it has, fields first, then attributes, then labels. */
  fields(): RowField[];
}

/** Rows by their place. An array is one; live rows come without a copy of them all for each change. */
export interface RowList {
  readonly length: number;
  at(index: number): LogRow | undefined;
}

export function rowOfEvent(event: ApiEvent): LogRow {
  return {
    id: event.event_id,
    kind: 'event',
    timestamp: event.timestamp,
    severity: event.severity,
    message: event.message,
    event,
    valueOf: (column) => eventValue(event, column),
    fields: () => eventFields(event),
  };
}

/** A remark between the rows: what is missing there, in words. */
export function gapRow(id: string, timestamp: string, message: string): LogRow {
  const nothing = { event: null, valueOf: () => '', fields: () => [] };
  return { id, kind: 'gap', timestamp, severity: 'warn', message, ...nothing };
}

/** A line of a LogQL answer: its labels are all that is known of it. */
export function rowOfLine(id: string, timestamp: string, message: string, labels: Record<string, string>): LogRow {
  const severity = labels.detected_level ?? labels.severity ?? labels.level ?? '';
  return {
    id,
    kind: 'line',
    timestamp,
    severity: SEVERITY_WORDS[severity.toLowerCase()] ?? 'info',
    message,
    event: null,
    valueOf: (column) => lineValue(labels, column),
    fields: () =>
      Object.entries(labels).map(([name, value]) => ({ kind: 'label', name, term: name, value, type: 'text' })),
  };
}

/** How loggers and Loki call a severity. */
const SEVERITY_WORDS: Readonly<Record<string, string>> = {
  trace: 'debug',
  debug: 'debug',
  info: 'info',
  notice: 'info',
  warn: 'warn',
  warning: 'warn',
  error: 'error',
  err: 'error',
  fatal: 'critical',
  critical: 'critical',
};

/** Columns are named as search terms name them; a label of a line has its plain name, and `service` is `service_name`. */
function lineValue(labels: Record<string, string>, column: string): string {
  const name = column.replace(/^(?:attr|label)\./, '');
  return labels[name] ?? labels[name.replaceAll(/[^A-Za-z0-9_]/g, '_')] ?? labels[`${name}_name`] ?? '';
}

function eventValue(event: ApiEvent, column: string): string {
  if (column.startsWith('attr.')) return valueText(event.metadata[column.slice(5)]);
  if (column.startsWith('label.')) return event.labels[column.slice(6)] ?? '';
  const value = (event as unknown as Record<string, unknown>)[column];
  // A name that is no field is an attribute, as in a search text.
  return valueText(value === undefined || isObject(value) ? event.metadata[column] : value);
}

/** A value as text; nothing for null and what is not there. */
export function valueText(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  if (value instanceof ExactNumber) return value.source;
  return typeof value === 'object' ? prettyJson(value) : String(value);
}

const isObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !(value instanceof ExactNumber);

const TIMES = new Set(['timestamp', 'received_at']);
/** The message has a place of its own, and the maps are listed by their members. */
const NOT_LISTED = new Set(['message', 'metadata', 'labels']);

/** What Tailwater wrote on it comes last. */
const PLUMBING = new Set(['event_id', 'received_at', 'severity_number', 'receiver', 'client_event_id', 'org_id']);

function eventFields(event: ApiEvent): RowField[] {
  const given = Object.entries(event).filter(
    ([name, value]) => !NOT_LISTED.has(name) && value !== '' && value !== null,
  );
  const { plumbing = [], own = [] } = Object.groupBy(given, ([name]) => (PLUMBING.has(name) ? 'plumbing' : 'own'));
  const listed = [...own, ...plumbing].map(([name, value]) => fieldOf('field', name, value));
  for (const [name, value] of Object.entries(event.metadata)) listed.push(fieldOf('attribute', name, value));
  for (const [name, value] of Object.entries(event.labels)) listed.push(fieldOf('label', name, value));
  return listed;
}

function fieldOf(kind: FieldKind, name: string, value: unknown): RowField {
  const type = kind === 'field' && TIMES.has(name) ? 'time' : typeOf(value);
  return { kind, name, term: termName(kind, name), value: type === 'null' ? 'null' : valueText(value), type };
}

function typeOf(value: unknown): ValueType {
  if (value === null) return 'null';
  if (typeof value === 'number' || value instanceof ExactNumber) return 'number';
  if (typeof value === 'boolean') return 'boolean';
  return typeof value === 'object' ? 'JSON' : 'text';
}

/** The row and those before and after it, remarks left out; null at the ends and where it is not in the list. */
export function neighboursOf(rows: RowList, id: string): Record<'row' | 'previous' | 'next', LogRow | null> {
  for (let at = 0; id !== '' && at < rows.length; at++) {
    const row = rows.at(at);
    if (row?.id === id) return { row, previous: nearest(rows, at, -1), next: nearest(rows, at, 1) };
  }
  return { row: null, previous: null, next: null };
}

function nearest(rows: RowList, from: number, step: 1 | -1): LogRow | null {
  for (let at = from + step; at >= 0 && at < rows.length; at += step) {
    const row = rows.at(at);
    if (row !== undefined && row.kind !== 'gap') return row;
  }
  return null;
}
