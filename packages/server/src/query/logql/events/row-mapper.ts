import type { LogRow } from '../row.ts';
import {
  columnOfField,
  EVENT_FIELDS,
  type EventField,
  fieldText,
  GIVEN_FIELDS,
  isEventField,
  labelNameOf,
  type StoredRow,
} from './fields.ts';
import { StreamCache, type StreamSettings } from './streams.ts';

/** What of an event a query looks at. */
export interface NeededParts {
  line: boolean;
  /** Names of structured metadata, or all of it. */
  metadata: 'all' | ReadonlySet<string>;
}

export const EVERYTHING: NeededParts = { line: true, metadata: 'all' };

export interface RowMapper {
  /** Columns of the table `events` that `map` reads beside the time, `labels` and `service`. */
  columns: readonly string[];
  map(row: StoredRow): LogRow;
}

const EXTRACTED = '_extracted';
/** What the pipeline itself says of a line: an attribute of that name would be taken for an error. */
const PSEUDO_LABELS: ReadonlySet<string> = new Set(['__error__', '__error_details__', '__preserve_error__']);

/**
 * Events as LogQL sees them. A stream's labels come first, then the event's own fields, then attributes, then members
 * of `labels` that are no stream labels. An own field whose name the stream has as a label is left out: they say the
 * same. Anything else whose name is taken by a stream label, or belongs to an own field that the event lacks, gets
 * `_extracted` behind it, as Loki does it; of equal names the first counts.
 */
export function rowMapper(settings: StreamSettings, needed: NeededParts = EVERYTHING): RowMapper {
  const streams = new StreamCache(settings);
  const attributeNames = new Map<string, string>();
  const isNeeded = (name: string) => needed.metadata === 'all' || needed.metadata.has(name);
  const isOffered = (field: EventField) => settings.eventFields || GIVEN_FIELDS.has(field);
  const fields = EVENT_FIELDS.filter((field) => isOffered(field) && isNeeded(field));
  const needsAttributes = needed.metadata === 'all' || [...needed.metadata].some((name) => !isReserved(name));

  function isReserved(name: string): boolean {
    return settings.eventFields && isEventField(name);
  }

  function nameOf(attribute: string): string {
    let name = attributeNames.get(attribute);
    if (name === undefined) {
      name = labelNameOf(attribute);
      attributeNames.set(attribute, name);
    }
    return name;
  }

  function map(row: StoredRow): LogRow {
    const { stream, metadata: ofStream } = streams.get(row.labels, row.service);
    const { labels } = stream;
    const metadata: (readonly [string, string])[] = [];
    const isTaken = (name: string) => metadata.some(([taken]) => taken === name);
    const addField = (field: EventField): void => {
      const value = fieldText(row, field);
      if (value === '' || labels.has(field) || isTaken(field)) return;
      if (settings.eventFields || !hasValue(labels, value)) metadata.push([field, value]);
    };
    const add = (name: string, value: string): void => {
      if (PSEUDO_LABELS.has(name)) return;
      const isClash = labels.has(name) || (isReserved(name) && fieldText(row, name as EventField) === '');
      const free = isClash ? name + EXTRACTED : name;
      if (isNeeded(free) && !isTaken(free) && !isReserved(free)) metadata.push([free, value]);
    };
    if (settings.eventFields) for (const field of fields) addField(field);
    const { attributes } = row;
    for (const attribute in attributes) add(nameOf(attribute), attributes[attribute]!);
    for (const [name, value] of ofStream) add(name, value);
    if (!settings.eventFields) for (const field of fields) addField(field);
    return { ...timeOf(row.ts_ns), stream, metadata, line: row.message ?? '' };
  }

  const columns = new Set<string>(needed.line ? ['message'] : []);
  if (needsAttributes) columns.add('attributes');
  for (const field of needsAttributes && settings.eventFields ? EVENT_FIELDS : fields)
    columns.add(columnOfField(field));
  return { columns: [...columns], map };
}

/** A label under another name of the field (`traceID`) has filled the column: that is no metadata that was sent. */
function hasValue(labels: ReadonlyMap<string, string>, value: string): boolean {
  for (const other of labels.values()) if (other === value) return true;
  return false;
}

function timeOf(ns: string): { timeMs: number; timeNs: number } {
  const at = ns.length - 6;
  if (at > 0 && ns.charCodeAt(0) !== 45) return { timeMs: Number(ns.slice(0, at)), timeNs: Number(ns.slice(at)) };
  const time = BigInt(ns);
  const timeNs = ((time % 1_000_000n) + 1_000_000n) % 1_000_000n;
  return { timeMs: Number((time - timeNs) / 1_000_000n), timeNs: Number(timeNs) };
}

/** Nanoseconds since the epoch as text, as the Loki API writes times. */
export function nsText({ timeMs, timeNs }: Pick<LogRow, 'timeMs' | 'timeNs'>): string {
  if (timeMs > 0) return `${timeMs}${String(timeNs).padStart(6, '0')}`;
  return (BigInt(timeMs) * 1_000_000n + BigInt(timeNs)).toString();
}
