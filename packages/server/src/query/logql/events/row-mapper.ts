import type { LogRow } from '../row.ts';
import {
  columnOfField,
  EVENT_FIELDS,
  type EventField,
  fieldText,
  GIVEN_FIELDS,
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

/**
 * Events as LogQL sees them. Structured metadata, the first of a name wins: attributes, then members of `labels` that
 * are no stream labels, then the event's own fields. What has a stream label's name gets `_extracted` behind it, but
 * for own fields: those say the same as the label, and are left out.
 */
export function rowMapper(settings: StreamSettings, needed: NeededParts = EVERYTHING): RowMapper {
  const streams = new StreamCache(settings);
  const attributeNames = new Map<string, string>();
  const isNeeded = (name: string) => needed.metadata === 'all' || needed.metadata.has(name);
  const fields = EVENT_FIELDS.filter((field) => (settings.eventFields || GIVEN_FIELDS.has(field)) && isNeeded(field));
  const needsMetadata = needed.metadata === 'all' || needed.metadata.size > 0;
  const nameOf = (attribute: string): string => {
    let name = attributeNames.get(attribute);
    if (name === undefined) {
      name = labelNameOf(attribute);
      attributeNames.set(attribute, name);
    }
    return name;
  };

  function map(row: StoredRow): LogRow {
    const { stream, metadata: ofStream } = streams.get(row.labels, row.service);
    const { labels } = stream;
    const metadata: (readonly [string, string])[] = [];
    const add = (name: string, value: string): void => {
      const free = labels.has(name) ? name + EXTRACTED : name;
      if (isNeeded(free) && !metadata.some(([taken]) => taken === free)) metadata.push([free, value]);
    };
    if (needsMetadata) {
      const { attributes } = row;
      for (const attribute in attributes) add(nameOf(attribute), attributes[attribute]!);
      for (const [name, value] of ofStream) add(name, value);
      for (const field of fields) addField(metadata, row, field);
    }
    const at = row.ts_ns.length - 6;
    return { ...timeOf(row.ts_ns, at), stream, metadata, line: row.message ?? '' };
  }

  function addField(metadata: (readonly [string, string])[], row: StoredRow, field: EventField): void {
    const value = fieldText(row, field);
    if (value === '') return;
    const { labels } = streams.get(row.labels, row.service).stream;
    if (labels.has(field) || metadata.some(([taken]) => taken === field)) return;
    if (!settings.eventFields && hasValue(labels, value)) return;
    metadata.push([field, value]);
  }

  const columns = new Set<string>(needed.line ? ['message'] : []);
  if (needsMetadata) columns.add('attributes');
  for (const field of fields) columns.add(columnOfField(field));
  return { columns: [...columns], map };
}

/** A label under another name of the field (`traceID`) has filled the column: that is no metadata that was sent. */
function hasValue(labels: ReadonlyMap<string, string>, value: string): boolean {
  for (const other of labels.values()) if (other === value) return true;
  return false;
}

function timeOf(ns: string, at: number): { timeMs: number; timeNs: number } {
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
